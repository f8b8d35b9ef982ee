"""The pages of a reviewer: the queue, and one record with its answers, its log and what to say."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from backend.accounts.models import User
from backend.accounts.permissions import logged_in, may_review, may_unmask
from backend.problems import Problem
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.corrections.listing import lines_of
from surveys.corrections.models import Correction
from surveys.datasets.columns import Dataset
from surveys.datasets.labels import language_among
from surveys.datasets.tables import dataset_of_form, published_forms
from surveys.places.naming import place_choices
from surveys.privacy.access import places_for, reader, reviewer, rows_for
from surveys.privacy.flags import flags_for
from surveys.privacy.reason import end_reason, give_reason, reason_given, unmasking_for
from surveys.reviewing.answers import RecordReader
from surveys.reviewing.beside import pictures_of, spot_of
from surveys.reviewing.history import find_record, steps_of
from surveys.reviewing.queue import Queue, queue_of, queue_page
from surveys.submissions.models import ReviewStep, Submission
from surveys.submissions.review import VERBS, Looked, Remark, approve_record

ON = "on:"  # before the path of a question, in the names of the page's fields
DONE = {
    "approve": _("Approved."),
    "reject": _("Rejected."),
    "send_back": _("Sent back."),
    "comment": _("Your comment is noted."),
}


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def record(request: HttpRequest, form_id: str, record_id: UUID) -> HttpResponse:
    """One record for who may read it; who may review decides here, and goes on to the next.

    A refused step shows the record as it is now and keeps what was typed.
    """
    user = reader(logged_in(request))
    found = find_record(form_id, record_id, user)
    if request.method == "GET":
        return _record_page(request, user, found)
    try:
        _decide(reviewer(user), found, request.POST)
    except Problem as problem:
        return _record_page(request, user, find_record(form_id, record_id, user), problem)
    messages.success(request, DONE[request.POST["step"]])
    return redirect(_where_next(request, user, found))


@require_http_methods(["GET", "POST"])
@login_required
def queue(request: HttpRequest) -> HttpResponse:
    """The records that wait; several may be approved at once, each for itself."""
    user = reviewer(logged_in(request))
    if request.method == "POST":
        _approve_all(request, user)
        return redirect(request.get_full_path())
    asked = queue_of(user, request.GET)
    context = {
        "queue": asked,
        "page": queue_page(asked, request),
        "states": {"waiting": _("New or edited"), **dict(Submission.ReviewState.choices)},
        "forms": published_forms(),
        "places": place_choices(places_for(user)),
        "codes": _codes(user),
        "chosen": bool(asked.form or asked.place or asked.flag or asked.state != "waiting"),
    }
    return render(request, "reviewing/queue.html", context)


@require_POST
@login_required
def say_why(request: HttpRequest) -> HttpResponse:
    """Why personal data is shown on the records opened next; or, empty, that it no longer is."""
    user = reviewer(logged_in(request))
    words = request.POST.get("reason", "")
    try:
        if words:
            give_reason(request.session, user, words)
        else:
            end_reason(request.session)
    except Problem as problem:
        messages.error(request, problem.words)
    return redirect(_safe(request, request.POST.get("next", "")) or "review")


def _record_page(
    request: HttpRequest, user: User, found: CleanRow, problem: Problem | None = None
) -> HttpResponse:
    dataset = dataset_of_form(found.form)
    granted = unmasking_for(request.session, user, f"{found.form.form_id} {found.pk}")
    steps, reviews = steps_of(found), may_review(user)
    answers = RecordReader(
        record=found,
        dataset=dataset,
        user=user,
        language=_labels(request, dataset),
        granted=granted,
        steps=steps if reviews else (),
    )
    typed = {k.removeprefix(ON): v for k, v in request.POST.items() if k.startswith(ON)}
    context = {
        "record": found,
        "dataset": dataset,
        "answers": answers,
        "sections": answers.sections(),
        "flags": [(flag, answers.label(flag.path)) for flag in answers.flags],
        "history": [_step(step, answers, reviews) for step in reversed(steps)],
        "last_step": steps[-1].pk if steps else 0,
        "reason": reason_given(request.session) if granted else "",
        "may_unmask": may_unmask(user),
        "corrections": lines_of(_corrections(found), user, granted, language=answers.language),
        "photos": pictures_of(found),
        "spot": spot_of(found, answers),
        "web_form": bool(settings.ENKETO_URL) and reviews and not found.submission.encrypted,
        "around": _around(request, user, found) if reviews else {},
        "problem": problem,
        "typed": typed,
        "comment": request.POST.get("comment", ""),
    }
    status = problem.status if problem else 200
    return render(request, "reviewing/record.html", context, status=status)


def _labels(request: HttpRequest, dataset: Dataset) -> str:
    """The language asked for, or the page's, or the form's first."""
    return language_among(dataset, (request.GET.get("labels", ""), get_language() or ""))


def _corrections(found: CleanRow) -> list[Correction]:
    """The newest first."""
    made = Correction.objects.filter(record_id=found.pk).select_related("form", "proposed_by")
    return list(made.order_by("-proposed_at", "pk"))


def _step(step: ReviewStep, answers: RecordReader, reviews: bool) -> dict[str, Any]:
    """A step as the page shows it; comments, which may name people, are for reviewers."""
    comments = step.comments if reviews else []
    return {
        "step": step,
        "comment": step.comment if reviews else "",
        "comments": [(answers.label(c["path"]), c["text"]) for c in comments],
    }


def _decide(user: User, found: CleanRow, typed: QueryDict) -> None:
    verb = VERBS.get(typed.get("step", ""))
    last_step = typed.get("last_step", "")
    if verb is None or not last_step.isdecimal():
        raise Problem("request_malformed", reason=str(_("The page sent no step.")))
    verb(
        record_id=found.pk,
        looked=Looked(typed.get("edition", ""), int(last_step)),
        by=user,
        comment=typed.get("comment", ""),
        remarks=[
            Remark(name.removeprefix(ON), text)
            for name, text in typed.items()
            if name.startswith(ON) and isinstance(text, str) and text.strip()
        ],
    )


def _where_next(request: HttpRequest, user: User, found: CleanRow) -> str:
    """The next record of the queue one came from; its list when that was the last."""
    if "queue" not in request.GET:
        return request.get_full_path()
    waiting = queue_of(user, request.GET)
    following = waiting.after(found)
    if following is None:
        return f"{reverse('review')}?{waiting.query}"
    return _address(following, waiting)


def _around(request: HttpRequest, user: User, found: CleanRow) -> dict[str, str]:
    """Addresses of the queue one came from, of the record before and the one after."""
    if "queue" not in request.GET:
        return {}
    waiting = queue_of(user, request.GET)
    neighbours = {"before": waiting.after(found, back=True), "after": waiting.after(found)}
    addresses = {name: _address(row, waiting) for name, row in neighbours.items() if row}
    return {**addresses, "queue": f"{reverse('review')}?{waiting.query}"}


def _address(record: CleanRow, waiting: Queue) -> str:
    return f"{reverse('record', args=[record.form.form_id, record.pk])}?{waiting.query}"


def _approve_all(request: HttpRequest, user: User) -> None:
    """Each as its own step; what someone else was faster with is left as it is."""
    chosen = dict(pair.split(" ", 1) for pair in request.POST.getlist("record") if " " in pair)
    done = sum(_approve(record_id, edition, user) for record_id, edition in chosen.items())
    if done:
        messages.success(
            request,
            ngettext("%(n)d approved.", "%(n)d approved.", done) % {"n": done},
        )
    if done < len(chosen):
        left = len(chosen) - done
        words = ngettext(
            "%(n)d not approved: changed meanwhile, or decided on already.",
            "%(n)d not approved: changed meanwhile, or decided on already.",
            left,
        )
        messages.warning(request, words % {"n": left})
    if not chosen:
        messages.warning(request, _("Choose records first."))


def _approve(record_id: str, edition: str, user: User) -> bool:
    try:
        mine = CleanRow.objects.filter(rows_for(user), repeat="", pk=UUID(record_id))
        approve_record(record_id=mine.get().pk, looked=Looked(edition), by=user)
    except (Problem, ValueError, CleanRow.DoesNotExist):
        return False
    return True


def _codes(user: User) -> list[str]:
    """Codes of flags that the user may be told of."""
    told = QualityFlag.objects.filter(flags_for(user)).order_by("code")
    return list(told.values_list("code", flat=True).distinct())


def _safe(request: HttpRequest, address: str) -> str:
    here = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
    return address if here else ""
