"""The field board: who interviewed whom how often, how long, and what stands out."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from backend.accounts.permissions import logged_in
from backend.problems import Problem
from surveys.datasets.tables import find_form, published_forms
from surveys.interviews.figures import board_of
from surveys.interviews.reading import interviews_of, last_day
from surveys.privacy.access import reviewer

SPANS = (7, 14, 28)  # days


@require_GET
@login_required
@never_cache
def board(request: HttpRequest) -> HttpResponse:
    """Enumerators by the last days with interviews; of one form or of all. Loads itself anew."""
    user = reviewer(logged_in(request))
    span, form_id = _span(request.GET.get("days", "")), request.GET.get("form", "")
    form = find_form(form_id) if form_id else None
    now, zone = timezone.now(), timezone.get_current_timezone()
    last = last_day(user, form, now)
    days = [last - timedelta(days=back) for back in reversed(range(span))]
    context = {
        "board": board_of(interviews_of(user, days, form), days, zone),
        "forms": published_forms(),
        "form_id": form_id,
        "span": span,
        "spans": SPANS,
        "now": now,
    }
    return render(request, "interviews/board.html", context)


def _span(text: str) -> int:
    if not text:
        return SPANS[0]
    if text not in map(str, SPANS):
        reason = f"one of {', '.join(map(str, SPANS))}"
        raise Problem("value_invalid", field="days", reason=reason)
    return int(text)
