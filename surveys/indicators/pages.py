"""The pages of indicators: the list, one of them, the households behind, and the tables."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backend.accounts.models import User
from backend.accounts.permissions import logged_in, may_keep_indicators
from backend.problems import Problem
from surveys.indicators.answers import sides_json, targets_json
from surveys.indicators.compute import current_parameters
from surveys.indicators.definitions import DEFINITIONS
from surveys.indicators.display import (
    blocks,
    parameter_words,
    reasons,
    side_tables,
    tiles,
)
from surveys.indicators.freeze import freeze_period
from surveys.indicators.grouping import DISTRICT
from surveys.indicators.headlines import listed
from surveys.indicators.listing import households_page
from surveys.indicators.maps import district_maps, pivot_of, whole_districts
from surveys.indicators.models import FxRate, ParameterChange, PriceIndex, Target
from surveys.indicators.names import place_names
from surveys.indicators.past import frozen_lines, history_lines
from surveys.indicators.periods import TO_DATE
from surveys.indicators.read import (
    Asked,
    Told,
    ask,
    codes_of,
    may_see_exact,
    newest_run,
    result_of,
    tell,
)
from surveys.indicators.tables import TABLES, load_table
from surveys.indicators.views import (
    indicator_file,
    keeper,
    report_file,
    ring_indicators_bell,
)
from surveys.indicators.words import GROUPS, MEANINGS, REASONS, TITLES, word
from surveys.privacy.access import reader

ROWS_SHOWN = 36
QUARTERS = ("2014Q1", "2014Q2", "2014Q3", "2014Q4", "2015Q1")


@require_GET
@login_required
@never_cache
def indicators(request: HttpRequest) -> HttpResponse:
    """Every indicator with its headline; one query for all figures."""
    user, run = reader(logged_in(request)), newest_run()
    codes = codes_of(user)
    found = tiles(listed(run, codes), place_names())
    context = {
        "run": run,
        "logframe": found[:3],
        "profile": found[3:17],
        "food": found[17:],
        "limited": codes is not None,
        "keeps": may_keep_indicators(user),
        "periods": (TO_DATE, *QUARTERS),
        "languages": settings.LANGUAGES,
        "language": get_language(),
    }
    return render(request, "indicators/indicators.html", context)


@require_GET
@login_required
@never_cache
def indicator(request: HttpRequest, code: str) -> HttpResponse:
    """One indicator: number, tables, chart, definition, drop-outs, history."""
    user = reader(logged_in(request))
    query = request.GET.dict()
    asked = ask(user, code, query)
    context = _about(asked, query)
    try:
        context |= _figures(tell(asked), query)
    except Problem as problem:
        if problem.code not in {"indicator_no_data", "rates_missing"}:
            raise
        context["problem"] = problem
    return render(request, "indicators/indicator.html", context)


@require_GET
@login_required
@never_cache
def behind(request: HttpRequest, code: str) -> HttpResponse:
    """The households counted, or those left out and why."""
    user = reader(logged_in(request))
    query = request.GET.dict()
    asked = ask(user, code, query)
    page = households_page(asked, query)
    names = place_names()
    rows = [
        {
            **row,
            "place_name": names.get(row["place"] or "", ""),
            "why": word(REASONS, row["reason"] or ""),
        }
        for row in page.rows
    ]
    context = {"code": code, "title": word(TITLES, code), "page": page, "rows": rows}
    context["keeps"] = may_keep_indicators(user)
    context["is_dropped"] = query.get("status") == "dropped"
    return render(request, "indicators/households.html", context)


@require_GET
@login_required
@never_cache
def file(request: HttpRequest, code: str) -> HttpResponse:
    """The figures as XLSX or CSV."""
    return indicator_file(reader(logged_in(request)), code, request.GET.dict())


@require_GET
@login_required
@never_cache
def report(request: HttpRequest) -> HttpResponse:
    """The logframe's outputs on one page as PDF."""
    query = {"language": get_language() or "", **request.GET.dict()}
    return report_file(reader(logged_in(request)), query)


@require_POST
@login_required
def freeze(request: HttpRequest, code: str) -> HttpResponse:
    """Keeps a period's figures as they are reported now."""
    user = keeper(logged_in(request))
    asked = ask(user, code, {})
    try:
        freeze_period(
            result=result_of(asked),
            period=request.POST.get("period", ""),
            reason=request.POST.get("reason", ""),
            by=user,
        )
    except Problem as problem:
        messages.error(request, problem.words)
    else:
        messages.success(request, _("Frozen. What changes from now on stands in the history."))
    return redirect("indicator", code)


@require_POST
@login_required
def compute(request: HttpRequest) -> HttpResponse:
    """Asks for all of them to be computed now."""
    keeper(logged_in(request))
    ring_indicators_bell()
    messages.success(request, _("They are being computed. Look again in a moment."))
    return redirect("indicators")


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def tables(request: HttpRequest) -> HttpResponse:
    """Rates, prices, targets and parameters; a refusal says row and column."""
    user = keeper(logged_in(request))
    problem = None
    if request.method == "POST":
        try:
            _keep(request, user)
        except Problem as error:
            problem = error
        else:
            ring_indicators_bell()
            return redirect("indicator-tables")
    context = {
        "tables": TABLES.values(),
        "rates": FxRate.objects.order_by("-month", "currency")[:ROWS_SHOWN],
        "prices": PriceIndex.objects.order_by("-month", "country")[:ROWS_SHOWN],
        "targets": Target.objects.all()[:ROWS_SHOWN],
        "parameters": current_parameters(),
        "changes": ParameterChange.objects.select_related("by")[:10],
        "problem": problem,
    }
    status = problem.status if problem else 200
    return render(request, "indicators/tables.html", context, status=status)


def _keep(request: HttpRequest, user: User) -> None:
    sent = request.FILES.get("file")
    if sent is None:
        raise Problem("request_malformed", reason=_("Choose a file."))
    rows = load_table(name=request.POST.get("table", ""), content=sent.read(), by=user)
    messages.success(request, _("%(rows)d rows are loaded.") % {"rows": rows})


def _about(asked: Asked, query: dict[str, str]) -> dict[str, Any]:
    definition = asked.definition
    groups = [(name, word(GROUPS, name)) for name in definition.groups]
    return {
        "code": definition.code,
        "title": word(TITLES, definition.code),
        "meaning": word(MEANINGS, definition.code),
        "groups": groups,
        "by": asked.by,
        "query": query,
        "quarters": QUARTERS,
        "periods": (*QUARTERS, TO_DATE),
        "keeps": may_keep_indicators(asked.user),
        "may_see_exact": may_see_exact(asked.user, definition),
        "codes": list(DEFINITIONS),
    }


def _figures(told: Told, query: dict[str, str]) -> dict[str, Any]:
    asked, run, definition = told.asked, told.run, told.asked.definition
    names = place_names()
    lists = asked.user.sees_legal_aid or not definition.restricted
    kept = {n: v for n, v in query.items() if n in {"period", "from", "until", "states"} and v}
    address = f"{reverse('indicator-households', args=[definition.code])}?{urlencode(kept)}"
    address += "&" if kept else ""
    target = targets_json(definition.code).get(query.get("period", ""))
    first = next((f for f in told.figures if f.measure == definition.headline.key), None)
    return {
        **_by_district(told, names),
        "told": told,
        "run": run,
        "blocks": blocks(told, names, address if lists else ""),
        "sides": side_tables(sides_json(told), names),
        "dropped": reasons(told.dropped),
        "left_out": reasons(run.left_out),
        "address": address if lists else "",
        "adds_up": not definition.overlapping.intersection(asked.by),
        "target": target if not asked.by else None,
        "progress": first.number / target
        if target and first and first.number and not asked.by
        else None,
        "parameters": parameter_words({**run.parameters, **told.result.notes}),
        "history": history_lines(asked) if asked.codes is None else [],
        "frozen": frozen_lines(asked) if asked.codes is None else [],
        "downloads": urlencode(query),
    }


def _by_district(told: Told, names: dict[str, str]) -> dict[str, Any]:
    if DISTRICT not in told.asked.by:
        return {}
    whole = whole_districts(told)
    return {"maps": district_maps(whole), "pivot": pivot_of(told, whole, names)}
