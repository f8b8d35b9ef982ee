"""Who looked at personal data, and why: to read, never to change."""

from django.contrib import admin

from backend.console import ReadOnlyAdmin
from surveys.privacy.models import Unmasking


@admin.register(Unmasking)
class UnmaskingAdmin(ReadOnlyAdmin):
    list_display = ("at", "user", "target", "reason")
    list_select_related = ("user",)
    date_hierarchy = "at"
    search_fields = ("user__username", "target")
