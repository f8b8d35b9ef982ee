"""The pages of back-checks: draws, and one draw with what was compared."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from backend.accounts.models import User
from backend.accounts.permissions import logged_in, may_keep_quality
from backend.problems import Problem
from backend.said import Said
from surveys.datasets.tables import published_forms
from surveys.privacy.access import reviewer
from surveys.quality.back_check_choices import choices_of
from surveys.quality.back_checks import (
    Checked,
    Wanted,
    checked,
    draw_back_checks,
    link_back_check,
)
from surveys.quality.comparing import TYPES, VARIABLES, rates
from surveys.quality.models import BackCheck, BackCheckDraw
from surveys.quality.reading import masked_names
from surveys.quality.repeated import LEAST_PAIRS, repeats_of


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def draws(request: HttpRequest) -> HttpResponse:
    """What was drawn; a manager draws anew."""
    user = reviewer(logged_in(request))
    if request.method == "GET":
        return _draws_page(request, user)
    if not may_keep_quality(user):
        raise Problem("not_allowed")
    try:
        made = draw_back_checks(_wanted(request.POST), by=user)
    except Problem as problem:
        return _draws_page(request, user, problem)
    messages.success(request, _("Drawn."))
    return redirect("back-check-draw", made.pk)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def one_draw(request: HttpRequest, draw_id: int) -> HttpResponse:
    """The interviews of one draw that the user sees; links a second interview to its first."""
    user = reviewer(logged_in(request))
    found = BackCheckDraw.objects.select_related("form", "by").filter(pk=draw_id).first()
    if found is None:
        raise Problem("not_found")
    if request.method == "GET":
        return _draw_page(request, user, found)
    try:
        _link(request.POST, user)
    except Problem as problem:
        return _draw_page(request, user, found, problem)
    messages.success(request, _("Kept."))
    return redirect("back-check-draw", draw_id)


@require_GET
@login_required
@never_cache
def choices(request: HttpRequest, draw_id: int, check_id: int) -> HttpResponse:
    """Records that may be the second interview of a drawn one, to choose from."""
    user = reviewer(logged_in(request))
    check = BackCheck.objects.select_related("draw__form").filter(pk=check_id, draw=draw_id).first()
    if check is None:
        raise Problem("not_found")
    enumerator = request.GET.get("enumerator", "").replace("\0", "").strip()[:100]
    context = {
        "draw": check.draw,
        "check": check,
        "enumerator": enumerator,
        "choices": choices_of(check, user, enumerator=enumerator),
    }
    return render(request, "quality/choices.html", context)


def _draws_page(request: HttpRequest, user: User, problem: Problem | None = None) -> HttpResponse:
    counts = BackCheckDraw.objects.annotate(
        drawn=Count("checks", distinct=True), done=Count("checks__again_id", distinct=True)
    )
    context = {
        "draws": counts.select_related("form", "by")[:100],
        "forms": published_forms().filter(form_id__in=VARIABLES),
        "may_draw": may_keep_quality(user),
        "typed": request.POST,
        "problem": problem,
    }
    status = problem.status if problem else 200
    return render(request, "quality/draws.html", context, status=status)


def _draw_page(
    request: HttpRequest, user: User, found: BackCheckDraw, problem: Problem | None = None
) -> HttpResponse:
    lines = checked(found, user)
    compared = [each for line in lines for each in line.compared]
    masked = masked_names(user, found.form.form_id)
    context = {
        "draw": found,
        "lines": lines,
        "done": sum(line.check.again_id is not None for line in lines),
        "types": TYPES,
        "rates": rates(compared),
        "by_enumerator": _by_enumerator(lines),
        "repeats": [each for each in repeats_of(compared) if each.name not in masked],
        "least": LEAST_PAIRS,
        "masked": masked,
        "problem": problem,
    }
    status = problem.status if problem else 200
    return render(request, "quality/draw.html", context, status=status)


def _by_enumerator(lines: list[Checked]) -> list[tuple[str, dict[int, object]]]:
    found: dict[str, list[Checked]] = {}
    for line in lines:
        if line.compared:
            found.setdefault(line.check.enumerator, []).append(line)
    return [
        (name, dict(rates(each for line in theirs for each in line.compared)))
        for name, theirs in sorted(found.items())
    ]


def _wanted(typed: QueryDict) -> Wanted:
    percent, seed = typed.get("percent", ""), typed.get("seed", "")
    if seed and not (seed.isdecimal() and int(seed[:11]) < 2**31):
        raise Problem("value_invalid", field="seed", reason=Said("a number from 0 to 2147483647"))
    return Wanted(
        form_id=typed.get("form", ""),
        percent=int(percent[:4]) if percent.isdecimal() else 0,
        since=_day(typed, "since"),
        until=_day(typed, "until"),
        seed=int(seed) if seed else None,
    )


def _day(typed: QueryDict, name: str) -> date | None:
    text = typed.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Problem("value_invalid", field=name, reason=Said("a day as 2014-06-03")) from None


def _link(typed: QueryDict, user: User) -> None:
    number, again = typed.get("check", ""), typed.get("again", "").strip()
    if not number.isdecimal() or len(number) > 18:
        raise Problem("request_malformed", reason=Said("The page did not say which interview."))
    try:
        record = UUID(again) if again else None
    except ValueError:
        raise Problem("value_invalid", field="again", reason=Said("the id of a record")) from None
    link_back_check(check_id=int(number), again=record, by=user)
