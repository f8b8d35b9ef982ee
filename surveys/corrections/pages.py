"""The pages of corrections: those that wait and those that hold, and one to be proposed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backend.accounts.models import User
from backend.accounts.permissions import (
    logged_in,
    may_approve_corrections,
    may_propose_corrections,
    may_unmask,
)
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.corrections.asked import Asked, Place, asked_at, read_places
from surveys.corrections.bell import ring_errands_bell
from surveys.corrections.decide import decide_corrections
from surveys.corrections.errands import ask_decision, errands_shown
from surveys.corrections.listing import (
    Line,
    first_of_bundles,
    lines_of,
    one_of_each_bundle,
    read_uuid,
    wanted,
)
from surveys.corrections.models import Correction
from surveys.corrections.propose import Because, Wish, propose_corrections
from surveys.corrections.visible import find_root, proposer
from surveys.corrections.words import DONE, GROUPS, fault_words
from surveys.datasets.tables import dataset_of_form, published_forms
from surveys.privacy.access import reader
from surveys.privacy.models import Unmasking
from surveys.privacy.reason import reason_given, unmasking_for

BUNDLES_A_PAGE = 20
MOST_SHOWN = 5  # of one bundle
Action = Correction.Action


@require_GET
@login_required
@never_cache
def corrections(request: HttpRequest) -> HttpResponse:
    """What was proposed together is one card, with what may be done with it."""
    user = reader(logged_in(request))
    query = request.GET.copy()
    query["state"] = query.get("state", "") or "waiting"
    rows = wanted(user, query)
    newest_first = one_of_each_bundle(rows).order_by("-proposed_at", "pk")
    page = Paginator(newest_first, BUNDLES_A_PAGE).get_page(request.GET.get("page"))
    granted = unmasking_for(request.session, user, "corrections")
    query.pop("page", None)
    context = {
        "page": page,
        "cards": _cards(rows, page, user, granted),
        "query": query,
        "address": query.urlencode(),
        "groups": GROUPS,
        "forms": published_forms(),
        "errands": errands_shown(user),
        "may_propose": may_propose_corrections(user),
        "may_approve": may_approve_corrections(user),
        "may_unmask": may_unmask(user),
        "unmasked_because": reason_given(request.session) if granted else "",
    }
    return render(request, "corrections/list.html", context)


def _cards(
    rows: Any, page: Page[Correction], user: User, granted: Unmasking | None
) -> list[dict[str, Any]]:
    bundles = [correction.bundle for correction in page.object_list]
    sizes = dict.fromkeys(bundles, 0)
    for bundle in rows.filter(bundle__in=bundles).values_list("bundle", flat=True):
        sizes[bundle] += 1
    shown = lines_of(first_of_bundles(rows, bundles, MOST_SHOWN), user, granted)
    lines: dict[UUID, list[Line]] = {bundle: [] for bundle in bundles}
    for line in shown:
        lines[line.correction.bundle].append(line)
    return [
        {
            "lines": lines[bundle],
            "first": lines[bundle][0],
            "more": sizes[bundle] - len(lines[bundle]),
            "size": sizes[bundle],
            "whole": len({line.correction.record_id for line in lines[bundle]}) > 1,
            "own": lines[bundle][0].correction.proposed_by_id == user.pk,
        }
        for bundle in bundles
        if lines[bundle]
    ]


@require_POST
@login_required
def decide(request: HttpRequest) -> HttpResponse:
    """One move, on what was proposed together for a record, or on a whole bundle."""
    user, typed = proposer(logged_in(request)), request.POST
    granted = unmasking_for(request.session, user, "corrections")
    move, why = typed.get("move", ""), typed.get("why", "")
    try:
        pk = read_uuid("correction", typed.get("correction", ""))
        if typed.get("whole"):
            errand = ask_decision(correction_id=pk, move=move, by=user, why=why, granted=granted)
            ring_errands_bell()
            return redirect("errand", errand.pk)
        decide_corrections(correction_id=pk, move=move, by=user, why=why, granted=granted)
        messages.success(request, str(DONE[move]))
    except Problem as problem:
        messages.error(request, f"{problem.kind.title}. {problem.words}")
    back = typed.get("back", "")
    here = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    return redirect(back if here else "corrections")


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def propose(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Answers of one record, each asked as the form asks it; what is refused is shown with why."""
    user = proposer(logged_in(request))
    record = find_root(record_id, user)
    granted = unmasking_for(request.session, user, f"correct {record.pk}")
    typed = request.POST if request.method == "POST" else request.GET
    places = read_places(typed.getlist("at"), record.pk)
    if not places:
        raise Problem("request_malformed", reason=_("The page names no answer."))
    asked = asked_at(places, record, user, granted)
    if request.method == "GET":
        return _propose_page(request, record, asked)
    try:
        propose_corrections(
            record_id=record.pk,
            wishes=[_wish(number, each, request.POST) for number, each in enumerate(asked)],
            because=Because(request.POST.get("reason", ""), request.POST.get("source", "")),
            by=user,
            granted=granted,
        )
    except Problem as problem:
        fresh = _also_asked(places, problem, record, user, granted)
        return _propose_page(request, record, fresh, problem)
    messages.success(request, _("Proposed. Somebody else approves it."))
    return redirect("record", record.form.form_id, record.pk)


def _wish(number: int, asked: Asked, typed: QueryDict) -> Wish:
    name = f"new:{number}"
    new: Any = typed.getlist(name) if asked.several else typed.get(name, "")
    return Wish(
        row_id=asked.place.row_id,
        path=asked.place.path,
        new=new,
        old=typed.get(f"old:{number}", ""),
        action=typed.get(f"action:{number}", Action.REPLACE),
    )


def _also_asked(
    places: Sequence[Place],
    problem: Problem,
    record: CleanRow,
    user: User,
    granted: Unmasking | None,
) -> list[Asked]:
    """With the questions that the form then demands an answer to."""
    more = [
        Place(row_id := UUID(error["row"]), error["field"], is_root=row_id == record.pk)
        for error in problem.details.get("errors", ())
        if error["code"] == "required_missing" and "row" in error
    ]
    for each in more:
        try:
            if each not in places:
                asked_at([each], record, user, granted)
                places = [*places, each]
        except Problem:
            continue  # one may not see it: the words of the fault must do
    return asked_at(places, record, user, granted)


def _propose_page(
    request: HttpRequest, record: CleanRow, asked: Sequence[Asked], problem: Problem | None = None
) -> HttpResponse:
    typed = request.POST
    faults = [
        {"path": error["path"], "words": fault_words(error["code"]), **error}
        for error in (problem.details.get("errors", ()) if problem else ())
        if "path" in error
    ]
    items = []
    for number, each in enumerate(asked):
        name, sent = f"new:{number}", f"new:{number}" in typed
        items.append(
            {
                "asked": each,
                "number": number,
                "new": typed.get(name, "") if sent else ("" if each.choices else each.now),
                "chosen": typed.getlist(name) if sent else each.chosen,
                "action": typed.get(f"action:{number}", Action.REPLACE),
            }
        )
    context = {
        "record": record,
        "dataset": dataset_of_form(record.form),
        "items": items,
        "actions": [(a.value, a.label) for a in (Action.REPLACE, Action.DROP, Action.OKAY)],
        "sources": Correction.Source.choices,
        "problem": problem,
        "faults": faults,
        "reason": typed.get("reason", ""),
        "source": typed.get("source", Correction.Source.FIELD_CALL),
    }
    status = problem.status if problem else 200
    return render(request, "corrections/propose.html", context, status=status)
