"""Audit events in the console: to read, never to change.

Not a `ReadOnlyAdmin`: the console knows the accounts, and the accounts write to this log.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backend.audit.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(admin.ModelAdmin):
    list_display = ("at", "action", "by", "device_id", "target_type", "target_id")
    search_fields = ("action", "target_id")
    date_hierarchy = "at"
    list_select_related = ("by",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
