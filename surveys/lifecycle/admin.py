"""Records in the console: to delete, and deleted ones to restore."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.accounts.permissions import logged_in, may_delete_records
from backend.console import ReadOnlyAdmin
from surveys.cleaning.models import CleanRow, DeletedRecord
from surveys.lifecycle.delete import delete_record, restore_record
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

    @admin.action(description="Delete these records", permissions=["administer"])
    def delete_records(self, request: HttpRequest, rows: QuerySet[CleanRow]) -> None:
        for record_id in rows.values_list("record_id", flat=True):
            delete_record(record_id=record_id, by=logged_in(request))


@admin.register(DeletedRecord)
class DeletedRecordAdmin(RecordAdmin):
    list_display = ("record_id", "form", "deleted_at")
    list_filter = ("form",)
    list_select_related = ("form",)
    actions = ("restore_records",)

    @admin.action(description="Restore these records", permissions=["administer"])
    def restore_records(self, request: HttpRequest, deleted: QuerySet[DeletedRecord]) -> None:
        for record_id in deleted.values_list("record_id", flat=True):
            restore_record(record_id=record_id, by=logged_in(request))
