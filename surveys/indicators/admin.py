"""Parameters of indicators in the console, and what was computed and frozen, to look at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backend.accounts.permissions import logged_in
from backend.audit.log import log_event
from backend.console import ReadOnlyAdmin
from surveys.indicators.models import (
    FrozenResult,
    FxRate,
    IndicatorRun,
    ParameterChange,
    PriceIndex,
    Restatement,
    Target,
)


@admin.register(ParameterChange)
class ParameterChangeAdmin(admin.ModelAdmin):
    """A new row each time: what a report was computed with stays known."""

    list_display = ("at", "threshold", "floor", "endline_is_census", "reason", "by")
    fields = ("threshold", "floor", "endline_is_census", "wfp_missing_as_zero", "reason")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.by = logged_in(request)
        super().save_model(request, obj, form, change)
        log_event("indicators.parameters_changed", by=obj.by, target=obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(IndicatorRun)
class IndicatorRunAdmin(ReadOnlyAdmin):
    list_display = ("as_of", "states", "households", "records", "open_links", "seconds")
    list_filter = ("states",)


@admin.register(FrozenResult)
class FrozenResultAdmin(ReadOnlyAdmin):
    list_display = ("code", "period", "states", "as_of", "by", "reason")
    list_filter = ("code",)


@admin.register(Restatement)
class RestatementAdmin(ReadOnlyAdmin):
    list_display = ("at", "frozen", "measure", "group", "was", "now")
    list_select_related = ("frozen",)


@admin.register(FxRate)
class FxRateAdmin(ReadOnlyAdmin):
    list_display = ("month", "currency", "per_kgs", "per_tjs")
    list_filter = ("currency",)


@admin.register(PriceIndex)
class PriceIndexAdmin(ReadOnlyAdmin):
    list_display = ("month", "country", "index")
    list_filter = ("country",)


@admin.register(Target)
class TargetAdmin(ReadOnlyAdmin):
    list_display = ("indicator", "period", "value")
