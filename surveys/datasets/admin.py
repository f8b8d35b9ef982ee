"""Exports in the console: who asked for what, and how it went. Nothing to change here."""

from django.contrib import admin

from backend.console import ReadOnlyAdmin
from surveys.datasets.models import Export


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    list_display = ("asked_at", "form", "kind", "asked_by", "state", "progress", "size")
    list_filter = ("state", "kind", "form")
    list_select_related = ("form", "asked_by")
