"""Places in the console: found by code or by any name, in any script, of any time."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from surveys.places.models import Place, PlaceAlias


class AliasInline(admin.TabularInline):
    model = PlaceAlias
    extra = 0


@admin.register(Place)
class PlaceAdmin(admin.ModelAdmin):
    """Codes, parents and paths come from the file that is loaded; names may be corrected here."""

    list_display = ("code", "name_en", "name_ru", "name_local", "level", "parent")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_fields = ("code", "name_en", "name_ru", "name_local", "aliases__name")
    fields = (
        *("code", "parent", "level", "kind", "name_en", "name_ru", "name_local"),
        *("iso_3166_2", "note"),
    )
    readonly_fields = ("code", "parent", "level")
    inlines = (AliasInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Place]:
        return super().get_queryset(request).defer("boundary")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
