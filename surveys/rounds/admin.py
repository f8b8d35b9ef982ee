"""Surveys and their rounds in the console, with the communities a round is for."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backend.accounts.permissions import logged_in
from surveys.rounds.close import close_round, reopen_round
from surveys.rounds.models import Round, Survey


@admin.register(Survey)
class SurveyAdmin(admin.ModelAdmin):
    list_display = ("code", "name")
    search_fields = ("code", "name")


@admin.register(Round)
class RoundAdmin(admin.ModelAdmin):
    """A record from elsewhere, or that comes late, is accepted and flagged, never refused."""

    list_display = ("code", "survey", "name", "opens_on", "closes_on", "is_open")
    list_filter = ("survey",)
    list_select_related = ("survey",)
    search_fields = ("code", "name")
    autocomplete_fields = ("places",)
    actions = ("close", "reopen")

    @admin.display(boolean=True, description=_("open"))
    def is_open(self, round_: Round) -> bool:
        return not round_.is_closed

    @admin.action(description=_("Close: today is the last day"), permissions=["change"])
    def close(self, request: HttpRequest, rounds: QuerySet[Round]) -> None:
        for round_ in rounds:
            close_round(round_=round_, on=timezone.localdate(), by=logged_in(request))

    @admin.action(description=_("Open again, without a last day"), permissions=["change"])
    def reopen(self, request: HttpRequest, rounds: QuerySet[Round]) -> None:
        for round_ in rounds:
            reopen_round(round_=round_, by=logged_in(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
