"""The pages of who decides on households: the queue, one case, what was said before."""

import secrets
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backend.accounts.models import User
from backend.accounts.permissions import logged_in, may_lift_brakes
from backend.problems import Problem
from surveys.datasets.files.to_xlsx import XLSX
from surveys.links.adjudicate import decide_case, take_back, undo
from surveys.links.casefile import closed_case, open_case
from surveys.links.claim import claim_case, release_claim, renew_claim
from surveys.links.display import LAST, board_of, last_said
from surveys.links.models import Adjudication
from surveys.links.photos import open_photo
from surveys.links.queue import (
    ORDERS,
    STATES,
    CaseQueue,
    Waiting,
    lines_of,
    queue_of,
    queue_page,
    waiting_cases,
)
from surveys.links.visible import decider
from surveys.links.words import REASONS, VETOES
from surveys.links.workbook import cases_xlsx
from surveys.places.naming import place_choices
from surveys.privacy.access import places_for, reader
from surveys.privacy.reason import reason_given


@require_GET
@login_required
@never_cache
def queue(request: HttpRequest) -> HttpResponse:
    """The cases that wait, 25 a page."""
    user = decider(logged_in(request))
    asked = queue_of(user, request.GET)
    waiting = waiting_cases(asked)
    page = queue_page(waiting, request.GET.get("page"))
    context = {
        "queue": asked,
        "waiting": waiting,
        "page": page,
        "lines": lines_of(page),
        "orders": ORDERS,
        "states": STATES,
        "vetoes": VETOES,
        "places": place_choices(places_for(user)),
        "chosen": [*asked.places, ""],
        "may_lift_brakes": may_lift_brakes(user),
        "last": last_said(request, user),
    }
    return render(request, "links/queue.html", context)


@require_GET
@login_required
@never_cache
def workbook(request: HttpRequest) -> HttpResponse:
    """The cases asked for as XLSX, in whatever state, with what was said of their records."""
    content = cases_xlsx(queue_of(decider(logged_in(request)), request.GET))
    answer = HttpResponse(content, content_type=XLSX)
    name = f"households-{timezone.localdate().isoformat()}.xlsx"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def case(request: HttpRequest, candidate_id: int) -> HttpResponse:
    """One case; what is said leads to the next. What is refused shows the case as it is now."""
    user = decider(logged_in(request))
    if request.method == "GET":
        return _case_page(request, user, candidate_id)
    asked = queue_of(user, request.GET)
    _, after = waiting_cases(asked).around(candidate_id)
    try:
        made = _decide(request.POST, user, candidate_id)
    except Problem as problem:
        return _case_page(request, user, candidate_id, problem)
    request.session[LAST] = made.pk
    following = after or next(iter(waiting_cases(asked).cases), None)
    return redirect(_address(following.pk, asked) if following else _list(asked))


@require_POST
@login_required
def claim(request: HttpRequest) -> HttpResponse:
    """The page says that it is still open, or that it was left."""
    user, visit = decider(logged_in(request)), request.POST.get("visit", "")[:32]
    if request.POST.get("leave"):
        release_claim(by=user, visit=visit)
        return HttpResponse(status=204)
    return HttpResponse(status=204 if renew_claim(by=user, visit=visit) else 410)


@require_POST
@login_required
def take_it_back(request: HttpRequest) -> HttpResponse:
    """Undoes what was decided together, or one decision, and shows the case again."""
    user = decider(logged_in(request))
    back = request.POST.get("back", "")
    try:
        back = _take_back(request, user) or back
        messages.success(request, gettext("Undone: it is as it was before."))
    except Problem as problem:
        messages.error(request, f"{problem.title}. {problem.words}")
    here = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    return redirect(back if here else "links")


@require_GET
@login_required
@never_cache
def photo(request: HttpRequest, attachment_id: int) -> FileResponse:
    """A picture of a record, for who has said why personal data is shown."""
    user = reader(logged_in(request))
    if not reason_given(request.session):
        raise Problem("not_found")
    file = open_photo(attachment_id, user)
    return FileResponse(file.content, content_type=file.content_type)


def _take_back(request: HttpRequest, user: User) -> str:
    """The address of the case, where a case was undone."""
    kind, _, number = request.POST.get("what", "").partition(":")
    reason = request.POST.get("reason", "")
    if not number.isdecimal() or len(number) > 18:
        raise Problem("request_malformed", reason=gettext("The page did not say what to undo."))
    if kind != "case":
        take_back(decision_id=int(number), by=user, reason=reason)
        return ""
    made = undo(adjudication_id=int(number), by=user, reason=reason)
    return "" if request.POST.get("back") else reverse("case", args=[min(made.candidates)])


def _decide(typed: QueryDict, user: User, candidate_id: int) -> Adjudication:
    verdict, _, ready = typed.get("say", "").partition(":")
    reason = typed.get(f"reason_{verdict}", "")
    if ready.isdecimal() and int(ready[:3]) < len(REASONS.get(verdict, ())):
        reason = REASONS[verdict][int(ready[:3])]
    return decide_case(
        candidate_id=candidate_id,
        verdict=verdict,
        ticked=[node for text in typed.getlist("together") if (node := _uuid(text))],
        reason=reason,
        looked=typed.get("looked", ""),
        by=user,
        visit=typed.get("visit", ""),
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _case_page(
    request: HttpRequest, user: User, candidate_id: int, problem: Problem | None = None
) -> HttpResponse:
    file = open_case(user, candidate_id)
    if file is None:
        return _closed_page(request, user, candidate_id, problem)
    asked = queue_of(user, request.GET)
    visit = secrets.token_hex(8)
    taken = claim_case(keys=file.case.keys, by=user, visit=visit) if file.decidable else None
    context = {
        **board_of(request, user, file.sides, [link.pk for link in file.links]),
        "file": file,
        "case": file.case,
        "taken": taken,
        "decidable": file.decidable and taken is None,
        "visit": visit,
        "reasons": {name: list(enumerate(words)) for name, words in REASONS.items()},
        "typed": {name: request.POST.get(f"reason_{name}", "") for name in REASONS},
        "ticked": request.POST.getlist("together"),
        "problem": problem,
        "queue": asked,
        "around": _around(waiting_cases(asked), candidate_id, asked),
    }
    return render(request, "links/case.html", context, status=problem.status if problem else 200)


def _closed_page(
    request: HttpRequest, user: User, candidate_id: int, problem: Problem | None
) -> HttpResponse:
    closed = closed_case(user, candidate_id)
    if closed is None:
        raise Problem("not_found")
    asked = queue_of(user, request.GET)
    context = {
        **board_of(request, user, closed.sides, closed.keys),
        "problem": problem,
        "queue": asked,
        "around": _around(waiting_cases(asked), candidate_id, asked),
    }
    return render(request, "links/case.html", context, status=problem.status if problem else 200)


def _around(waiting: Waiting, candidate_id: int, asked: CaseQueue) -> dict[str, str]:
    before, after = waiting.around(candidate_id)
    found = {"before": before, "after": after}
    addresses = {name: _address(each.pk, asked) for name, each in found.items() if each}
    return {**addresses, "queue": _list(asked)}


def _address(pk: int, asked: CaseQueue) -> str:
    return f"{reverse('case', args=[pk])}?{asked.query}"


def _list(asked: CaseQueue) -> str:
    return f"{reverse('links')}?{asked.query}"
