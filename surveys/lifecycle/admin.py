"""Records in the console: to delete, and deleted ones to restore; places, whose records follow
when they are merged.
"""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backend.accounts.permissions import logged_in, may_delete_records
from backend.console import ReadOnlyAdmin
from backend.problems import Problem
from surveys.cleaning.models import CleanRow, DeletedRecord
from surveys.lifecycle.delete import delete_record, restore_record
from surveys.lifecycle.places import merge_place, undo_merge
from surveys.places.admin import NamesForm, PlaceAdmin
from surveys.places.models import Place
from surveys.places.tree import check_joining
from surveys.privacy.access import rows_for


class RecordAdmin(ReadOnlyAdmin):
    """What both lists share: nothing is typed here, the verbs do the work."""

    def has_administer_permission(self, request: HttpRequest) -> bool:
        return may_delete_records(request.user)


@admin.register(CleanRow)
class CleanRowAdmin(RecordAdmin):
    list_display = ("id", "form", "version", "place", "received_at", "updated_at")
    list_filter = ("form",)
    search_fields = ("id", "instance_id")
    list_select_related = ("form", "place")
    fields = (*list_display, "submitted_at", "instance_id", "household_id")
    actions = ("delete_records",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CleanRow]:
        return super().get_queryset(request).filter(rows_for(logged_in(request)), repeat="")

    @admin.action(description=_("Delete these records"), permissions=["administer"])
    def delete_records(self, request: HttpRequest, rows: QuerySet[CleanRow]) -> None:
        for record_id in rows.values_list("record_id", flat=True):
            delete_record(record_id=record_id, by=logged_in(request))


@admin.register(DeletedRecord)
class DeletedRecordAdmin(RecordAdmin):
    list_display = ("record_id", "form", "deleted_at")
    list_filter = ("form",)
    list_select_related = ("form",)
    actions = ("restore_records",)

    @admin.action(description=_("Restore these records"), permissions=["administer"])
    def restore_records(self, request: HttpRequest, deleted: QuerySet[DeletedRecord]) -> None:
        for record_id in deleted.values_list("record_id", flat=True):
            restore_record(record_id=record_id, by=logged_in(request))


class MergingForm(NamesForm):
    """Both fields, or neither: emptied, the place stands for itself again."""

    class Meta:
        help_texts: ClassVar = {
            "merged_into": _(
                "The place of which this one is a part now; its records follow. "
                "Empty both fields to take that back."
            )
        }

    merged_on = forms.DateField(
        required=False,
        help_text=_(
            "Records that arrive from this day on and still name the old place are flagged."
        ),
        widget=AdminDateWidget,
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        into = cleaned.get("merged_into")
        if (into is None) != (cleaned.get("merged_on") is None):
            raise ValidationError(_("Say both: the place it became a part of, and on which day."))
        if into is not None and {"merged_into", "merged_on"} & set(self.changed_data):
            try:
                check_joining(Place.objects.get(pk=self.instance.pk), into)
            except Problem as problem:
                raise ValidationError(problem.words) from problem
        return cleaned


@admin.register(Place)
class MergingPlaceAdmin(PlaceAdmin):
    form = MergingForm

    def save_model(self, request: HttpRequest, obj: Place, form: Any, change: bool) -> None:
        into, on = obj.merged_into, obj.merged_on
        before = Place.objects.get(pk=obj.pk)
        obj.merged_into, obj.merged_on = before.merged_into, before.merged_on
        super().save_model(request, obj, form, change)
        if before.merged_into is None and into is not None and on is not None:
            merge_place(place=before, into=into, on=on, by=logged_in(request))
        elif before.merged_into is not None and into is None:
            undo_merge(place=before, by=logged_in(request))
