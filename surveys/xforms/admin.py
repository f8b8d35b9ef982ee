"""Forms in the console: their editions, to look at. Publishing has pages of its own, `/forms/`."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from backend.accounts.permissions import logged_in, may_publish_forms
from backend.console import ReadOnlyAdmin
from backend.problems import spoken
from backend.said import Said
from surveys.xforms.models import Form, FormVersion
from surveys.xforms.retire import reinstate_version, relist_form, retire_form, retire_version


class VersionInline(admin.TabularInline):
    model = FormVersion
    fk_name = "form"
    fields = readonly_fields = ("version", "published_at", "published_by", "breaking", "downloads")
    extra = 0
    can_delete = False
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[FormVersion]:
        return super().get_queryset(request).defer("xlsform", "xform", "schema_json")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("breaks comparability"))
    def breaking(self, version: FormVersion) -> str:
        n = sum(bool(change["breaks"]) for change in version.changes)
        return ngettext("%(n)d change", "%(n)d changes", n) % {"n": n}

    @admin.display(description=_("download"))
    def downloads(self, version: FormVersion) -> SafeString:
        return _downloads(version)


@admin.register(Form)
class FormAdmin(admin.ModelAdmin):
    """Add leads to the publish page: a form exists only by what was published."""

    list_display = ("form_id", "title", "round", "current", "editions", "listed")
    list_filter = ("round", "retired_at")
    list_select_related = ("round", "current__form")
    search_fields = ("form_id", "title")
    fields = ("form_id", "title", "round", "current", "retired_at", "files")
    readonly_fields = ("form_id", "title", "current", "retired_at", "files")
    inlines = (VersionInline,)
    actions = ("retire", "relist")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Form]:
        large = ("current__xlsform", "current__xform", "current__schema_json")
        forms: QuerySet[Form] = super().get_queryset(request).annotate(editions=Count("versions"))
        return forms.select_related("current__form").defer(*large)

    @admin.display(ordering="editions")
    def editions(self, form: Any) -> int:
        return int(form.editions)

    @admin.display(boolean=True, description=_("on tablets"))
    def listed(self, form: Form) -> bool:
        return form.current_id is not None and form.retired_at is None

    @admin.display(description=_("files"))
    def files(self, form: Form) -> SafeString:
        address = reverse("form", args=[form.pk])
        return format_html(
            '<a href="{}">{}</a>', address, _("Files that tablets fetch with the form")
        )

    @admin.action(description=_("Take off the tablets' list"), permissions=["change"])
    def retire(self, request: HttpRequest, forms: QuerySet[Form]) -> None:
        for form in forms:
            retire_form(form=form, by=logged_in(request))

    @admin.action(description=_("Put back on the tablets' list"), permissions=["change"])
    def relist(self, request: HttpRequest, forms: QuerySet[Form]) -> None:
        for form in forms:
            relist_form(form=form, by=logged_in(request))

    def add_view(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        return redirect("form-upload")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was filled in with a form still needs it; it is retired instead."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """The address that publishing had in the console leads on."""
        publish = path("publish/", self.admin_site.admin_view(self.add_view), name="xforms_publish")
        return [publish, *super().get_urls()]


class VersionForm(forms.ModelForm):
    class Meta:
        model = FormVersion
        fields = ("retired_because",)
        labels: ClassVar = {"retired_because": _("Retired because")}
        help_texts: ClassVar = {
            "retired_because": _(
                "Why records of this version need a second look; those that still "
                "come are accepted and flagged. Empty: the version is as good as any."
            )
        }

    def clean_retired_because(self) -> str:
        reason: str = self.cleaned_data["retired_because"].strip()
        if reason and self.instance.form.current_id == self.instance.pk:
            raise ValidationError(_("Tablets fetch this version. Publish another first."))
        return reason


@admin.register(FormVersion)
class FormVersionAdmin(ReadOnlyAdmin):
    """One edition, as published: its bytes, warnings, what changed, and why it was retired."""

    form = VersionForm
    list_display = (
        *("form", "version", "title", "published_at", "published_by", "retired_at", "downloads"),
    )
    list_filter = ("form", ("retired_at", admin.EmptyFieldListFilter))
    list_select_related = ("form", "published_by")
    readonly_fields = (
        *("form", "version", "title", "md5", "published_at", "published_by"),
        *("oddities", "differences", "downloads", "retired_at"),
    )
    fields = (*readonly_fields, "retired_because")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_publish_forms(request.user)

    def save_model(self, request: HttpRequest, obj: FormVersion, form: Any, change: bool) -> None:
        if obj.retired_because:
            retire_version(version=obj, reason=obj.retired_because, by=logged_in(request))
        else:
            reinstate_version(version=obj, by=logged_in(request))

    def get_queryset(self, request: HttpRequest) -> QuerySet[FormVersion]:
        return super().get_queryset(request).defer("xlsform", "xform", "schema_json")

    @admin.display(description=_("Warnings"))
    def oddities(self, version: FormVersion) -> SafeString:
        return _lines((each.place, each.words) for each in version.what_was_odd)

    @admin.display(description=_("What changes"))
    def differences(self, version: FormVersion) -> SafeString:
        return _lines((each.path, each.words) for each in version.what_changed)

    @admin.display(description=_("download"))
    def downloads(self, version: FormVersion) -> SafeString:
        return _downloads(version)


def _lines(said: Iterable[tuple[str, Said]]) -> SafeString:
    pairs = ((place, spoken(words)) for place, words in said)
    return format_html_join("", "<div><code>{}</code> {}</div>", pairs)


def _downloads(version: FormVersion) -> SafeString:
    return format_html(
        '<a href="{}">workbook</a> · <a href="{}">XForm</a>',
        reverse("form-workbook", args=[version.pk]),
        reverse("form-xform", args=[version.pk]),
    )
