"""The field board: who interviewed whom, how far each place is, which tablet needs a call."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from backend.accounts.models import User
from backend.accounts.permissions import logged_in, may_plan_fieldwork
from backend.problems import Problem
from surveys.datasets.tables import published_forms
from surveys.interviews.answers import SPANS, Field, field_of
from surveys.interviews.models import RoundTarget
from surveys.interviews.targets import COLUMNS, load_targets, planner, targets_of
from surveys.places.maps import Map, Value, draw_map
from surveys.places.naming import in_tree, name_of
from surveys.places.outlines import district_outlines
from surveys.privacy.access import reviewer
from surveys.rounds.models import Round


@require_GET
@login_required
@never_cache
def board(request: HttpRequest) -> HttpResponse:
    """The last days with interviews, of one form or of all; a script keeps it new."""
    field = field_of(reviewer(logged_in(request)), request.GET.dict())
    context = {
        **_shown(field),
        "forms": published_forms(),
        "form_id": field.form.form_id if field.form else "",
        "spans": SPANS,
        "query": request.GET.urlencode(),
        "plans": may_plan_fieldwork(request.user),
    }
    return render(request, "interviews/board.html", context)


@require_GET
@login_required
@never_cache
def now(request: HttpRequest) -> HttpResponse:
    """The part of the page that changes."""
    field = field_of(reviewer(logged_in(request)), request.GET.dict())
    context = {**_shown(field), "plans": may_plan_fieldwork(request.user)}
    return render(request, "interviews/now.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def targets(request: HttpRequest) -> HttpResponse:
    """The plan: households by round and place; a refused file says row and column."""
    user = planner(logged_in(request))
    problem = None
    if request.method == "POST":
        try:
            _load(request, user)
        except Problem as error:
            problem = error
        else:
            return redirect("field-targets")
    context = {
        "targets": _by_name(targets_of(user)),
        "rounds": Round.objects.order_by("code"),
        "columns": COLUMNS,
        "problem": problem,
    }
    status = problem.status if problem else 200
    return render(request, "interviews/targets.html", context, status=status)


def _by_name(targets: Iterable[RoundTarget]) -> list[tuple[RoundTarget, str]]:
    """By round, then as names of places are sorted."""
    told = list(targets)
    order = {place.pk: at for at, place in enumerate(in_tree({t.place for t in told}))}
    told.sort(key=lambda target: (target.round.code, order[target.place_id]))
    return [(target, name_of(target.place)) for target in told]


def _load(request: HttpRequest, user: User) -> None:
    sent = request.FILES.get("file")
    if sent is None:
        raise Problem("request_malformed", reason=_("Choose a file."))
    rows = load_targets(content=sent.read(), by=user)
    words = ngettext("%(n)d row is loaded.", "%(n)d rows are loaded.", rows) % {"n": rows}
    messages.success(request, words)


def _shown(field: Field) -> dict[str, Any]:
    return {"field": field, "board": field.board, "map": _map(field), "span": field.span}


def _map(field: Field) -> Map:
    values = {d.code: Value(d.interviews, str(d.interviews)) for d in field.districts if d.code}
    areas = district_outlines() if values else []
    return draw_map("field", _("Interviews by district"), areas, values)
