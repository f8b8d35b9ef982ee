"""Places in the console: found by code or by any name, in any script, of any time."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backend.accounts.permissions import logged_in
from surveys.places.models import Place, PlaceAlias
from surveys.places.rename import NAMES, rename_place


class NamesForm(forms.ModelForm):
    renamed_on = forms.DateField(
        required=False,
        label=_("Renamed on"),
        help_text=_(
            "The day from which the names above are in use: the old ones are kept as older "
            "names. Leave it empty to correct a mistake."
        ),
        widget=AdminDateWidget,
    )


class AliasInline(admin.TabularInline):
    model = PlaceAlias
    verbose_name, verbose_name_plural = _("other name"), _("other and older names")
    extra = 0


class PlaceAdmin(admin.ModelAdmin):
    """Codes, parents and paths come from the file that is loaded; names may be changed here.

    `surveys/lifecycle/admin.py` registers it: when places are merged, their records follow.
    """

    form = NamesForm
    list_display = ("code", "name_en", "name_ru", "name_local", "level", "parent", "merged_into")
    list_filter = ("level", ("merged_into", admin.EmptyFieldListFilter))
    list_select_related = ("parent", "merged_into")
    search_fields = ("code", "name_en", "name_ru", "name_local", "aliases__name")
    fields = (
        *("code", "parent", "level", "kind", "name_en", "name_ru", "name_local", "renamed_on"),
        *("iso_3166_2", "note", "merged_into", "merged_on"),
    )
    readonly_fields = ("code", "parent", "level")
    autocomplete_fields = ("merged_into",)
    inlines = (AliasInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Place]:
        return super().get_queryset(request).defer("boundary")

    def save_model(self, request: HttpRequest, obj: Place, form: Any, change: bool) -> None:
        on = form.cleaned_data["renamed_on"]
        if on:
            names = {name: form.cleaned_data[name] for name in NAMES}
            before = Place.objects.get(pk=obj.pk)
            rename_place(place=before, on=on, by=logged_in(request), **names)
        super().save_model(request, obj, form, change)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
