"""The pages of indicators: the list, one of them, the households behind, and the tables."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backend.accounts.models import User
from backend.accounts.permissions import logged_in, may_decide_links, may_keep_indicators
from backend.problems import Problem
from surveys.households.models import Membership
from surveys.indicators.compute import current_parameters
from surveys.indicators.display import tiles
from surveys.indicators.freeze import freeze_period
from surveys.indicators.headlines import listed
from surveys.indicators.listing import households_page
from surveys.indicators.models import FxRate, ParameterChange, PriceIndex, Target
from surveys.indicators.names import place_names
from surveys.indicators.one_page import QUARTERS, about, figures
from surveys.indicators.periods import TO_DATE
from surveys.indicators.read import (
    ask,
    codes_of,
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
from surveys.indicators.words import REASONS, TITLES, word
from surveys.privacy.access import reader

ROWS_SHOWN = 36
FOOD_INDICATORS = 4


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
        "profile": [each for each in found if each.code.startswith("P")],
        "food": found[-FOOD_INDICATORS:],
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
    query["by"] = ",".join(filter(None, request.GET.getlist("by")))  # two lists on the page
    asked = ask(user, code, query)
    context = about(asked, query)
    try:
        context |= figures(tell(asked), query)
    except Problem as problem:
        if problem.code not in {"indicator_no_data", "rates_missing"}:
            raise
        context["problem"], context["never"] = problem, newest_run() is None
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
    ids = [UUID(row["household"]) for row in page.rows if row["household"]]
    cards = Membership.objects.cards(ids) if may_decide_links(user) else {}
    rows = [
        {
            **row,
            "place_name": names.get(row["place"] or "", ""),
            "why": word(REASONS, row["reason"] or ""),
            "cards": cards.get(UUID(row["household"]), []) if row["household"] else [],
        }
        for row in page.rows
    ]
    context = {"code": code, "title": word(TITLES, code), "page": page, "rows": rows}
    context["keeps"] = may_keep_indicators(user)
    context["is_dropped"] = query.get("status") == "dropped"
    context["has_baselines"] = any(row["on"] for row in rows) or "days" in query
    context["query"] = query
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
