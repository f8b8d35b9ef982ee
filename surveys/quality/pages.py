"""The pages of quality: the daily report, the flags, one flag, enumerators, the checks."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backend.accounts.models import User
from backend.accounts.permissions import logged_in, may_keep_quality, may_review, may_unmask
from backend.pagination import column_key, page_of
from backend.problems import Problem
from surveys.cleaning.models import QualityFlag
from surveys.datasets.files.to_xlsx import XLSX
from surveys.datasets.tables import published_forms
from surveys.privacy.access import reader
from surveys.quality.answer import answer_of
from surveys.quality.asked import in_words
from surveys.quality.catalog import SEVERITIES
from surveys.quality.code_lines import code_lines
from surveys.quality.dashboard import dashboard
from surveys.quality.reading import (
    FILTERS,
    STATES,
    flag_rows,
    flags_asked_for,
    last_run,
    seen_among,
    sees_everywhere,
    table,
    visible_flags,
    visible_records,
)
from surveys.quality.report import report_xlsx
from surveys.quality.send import Said, say_of_flag
from surveys.quality.tables import VARIABLES
from surveys.quality.tasks import check_quality_task
from surveys.quality.words import FLAGS
from surveys.quality.workbook import kept_workbook
from surveys.submissions.review import Looked, last_step

FLAGS_A_PAGE = 50


@require_GET
@login_required
@never_cache
def report(request: HttpRequest) -> HttpResponse:
    """What the checks have found, by code, and when they last ran."""
    user = reader(logged_in(request))
    now = timezone.now()
    lines = code_lines(user, now=now)
    context = {
        "lines": lines,
        "live": sum(line.live for line in lines),
        "serious": sum(line.live for line in lines if line.severity == "serious"),
        "sent": sum(line.counts.get("sent", 0) for line in lines),
        "new": sum(line.new for line in lines),
        "run": last_run(),
        "may_run": may_keep_quality(user),
        "may_unmask": may_unmask(user),
    }
    return render(request, "quality/report.html", context)


@require_POST
@login_required
def run_now(request: HttpRequest) -> HttpResponse:
    """Rings the worker: the run takes a while, and the page need not wait."""
    if not may_keep_quality(logged_in(request)):
        raise Problem("not_allowed")
    check_quality_task.delay()
    messages.success(request, _("The checks are running; the report will be new in a minute."))
    return redirect("quality")


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def workbook(request: HttpRequest) -> HttpResponse:
    """The report of the last run as a workbook; posted with a reason, made anew with the texts
    that are masked.
    """
    user = reader(logged_in(request))
    day = timezone.localdate().isoformat()
    reason = request.POST.get("reason", "")
    content = report_xlsx(user, reason=reason) if reason else kept_workbook(user)
    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="quality-{day}.xlsx"'
    return answer


@require_GET
@login_required
@never_cache
def flags(request: HttpRequest) -> HttpResponse:
    """Flags, the newest first, 50 a page."""
    user = reader(logged_in(request))
    asked = {name: request.GET.get(name, "") for name in FILTERS}
    query = urlencode({name: value for name, value in asked.items() if value})
    page = page_of(
        flags_asked_for(user, request.GET),
        [column_key("id", "id", descending=True)],
        lambda keys: flag_rows(user, keys),
        request=request,
        list_name=f"quality {query}",
        size=FLAGS_A_PAGE,
    )
    context = {
        "page": page,
        "rows": in_words(page.rows),
        "asked": asked,
        "query": query,
        "states": STATES,
        "codes": list(FLAGS),
        "severities": SEVERITIES,
        "forms": published_forms(),
    }
    return render(request, "quality/flags.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def flag(request: HttpRequest, flag_id: int) -> HttpResponse:
    """One flag and its history; what is refused shows it as it is now."""
    user = reader(logged_in(request))
    found = _find_flag(user, flag_id)
    if request.method == "GET":
        return _flag_page(request, user, found)
    if not may_review(user):
        raise Problem("not_allowed")
    try:
        say_of_flag(found, _said(request), by=user)
    except Problem as problem:
        return _flag_page(request, user, _find_flag(user, flag_id), problem)
    messages.success(request, _("Kept."))
    return redirect(request.get_full_path())


@require_GET
@login_required
@never_cache
def enumerators(request: HttpRequest) -> HttpResponse:
    """What each enumerator's interviews say beside those of the others, who stands out first.

    By one measure where the address says so: `?sort=minutes`.
    """
    user = reader(logged_in(request))
    sort = request.GET.get("sort", "")
    context = {**dashboard(user, sort), "sort": sort, "run": last_run()}
    return render(request, "quality/enumerators.html", context)


@require_GET
@login_required
@never_cache
def variables(request: HttpRequest) -> HttpResponse:
    """How each question was answered, over the whole programme: for who sees all of it."""
    user = reader(logged_in(request))
    everywhere = sees_everywhere(user)
    rows = table(VARIABLES) if everywhere else []
    form = request.GET.get("form", "")
    chosen = [row for row in rows if not form or row["form"] == form]
    context = {
        "rows": in_words(chosen),
        "everywhere": everywhere,
        "form": form,
        "forms": published_forms(),
        "run": last_run(),
    }
    return render(request, "quality/variables.html", context)


def _find_flag(user: User, flag_id: int) -> QualityFlag:
    found = visible_flags(user).select_related("submission__form").filter(pk=flag_id).first()
    if found is None:
        raise Problem("not_found")
    return found


def _said(request: HttpRequest) -> Said:
    typed = request.POST
    step = typed.get("last_step", "")
    edition = typed.get("edition", "")
    looked = Looked(edition, int(step[:18])) if edition and step.isdecimal() else None
    to, reason, state = (typed.get(name, "") for name in ("state", "reason", "looked"))
    return Said(to, reason, state, record=looked)


def _flag_page(
    request: HttpRequest, user: User, found: QualityFlag, problem: Problem | None = None
) -> HttpResponse:
    (row,) = flag_rows(user, [found.pk])
    bounds = dict(row["bounds"])
    others, elsewhere = bounds.pop("others", []), bounds.pop("elsewhere", 0)
    (row,) = in_words([{**row, "bounds": bounds}])
    shown = visible_records(user).select_related("form", "place")
    record = shown.get(submission=found.submission_id)
    context = {
        "flag": row,
        "record": record,
        "form": record.form,
        "asked": answer_of(found, record, user),
        "steps": found.steps.select_related("by"),
        "others": seen_among(user, others),
        "elsewhere": elsewhere,
        "last_step": last_step(found.submission),
        "problem": problem,
        "typed": request.POST.get("reason", ""),
        "may_decide": may_review(user),
    }
    status = problem.status if problem else 200
    return render(request, "quality/flag.html", context, status=status)
