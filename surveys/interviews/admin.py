"""The plan of the fieldwork in the console, where a row at a time is changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backend.accounts.permissions import logged_in
from backend.audit.log import log_event
from surveys.interviews.models import RoundTarget


@admin.register(RoundTarget)
class RoundTargetAdmin(admin.ModelAdmin):
    list_display = ("round", "place", "households")
    list_filter = ("round",)
    list_select_related = ("round__survey", "place")
    search_fields = ("place__code", "place__name_en", "place__name_ru", "place__name_local")
    autocomplete_fields = ("round", "place")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        log_event("field.target_set", by=logged_in(request), target=obj, households=obj.households)
