"""Surveys and their rounds in the console, with the communities a round is for."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from surveys.rounds.models import Round, Survey


@admin.register(Survey)
class SurveyAdmin(admin.ModelAdmin):
    list_display = ("code", "name")
    search_fields = ("code", "name")


@admin.register(Round)
class RoundAdmin(admin.ModelAdmin):
    """A record from outside the communities is accepted and flagged, never refused."""

    list_display = ("code", "survey", "name", "opens_on", "closes_on")
    list_filter = ("survey",)
    list_select_related = ("survey",)
    search_fields = ("code", "name")
    autocomplete_fields = ("places",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
