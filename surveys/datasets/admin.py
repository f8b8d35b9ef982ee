"""Exports in the console: who asked for what, and how it went. Nothing to change here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from surveys.datasets.models import Export


@admin.register(Export)
class ExportAdmin(admin.ModelAdmin):
    list_display = ["asked_at", "form", "kind", "asked_by", "state", "progress", "size"]
    list_filter = ["state", "kind", "form"]
    list_select_related = ["form", "asked_by"]
    readonly_fields = [f.name for f in Export._meta.fields]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
