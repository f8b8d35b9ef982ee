"""The page that proposes that a whole record counts nowhere."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.accounts.permissions import logged_in
from backend.problems import Problem
from surveys.corrections.models import Correction
from surveys.corrections.propose import Because, Wish, propose_corrections
from surveys.corrections.visible import find_root, proposer


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def drop(request: HttpRequest, record_id: UUID) -> HttpResponse:
    user = proposer(logged_in(request))
    record = find_root(record_id, user)
    typed, problem = request.POST, None
    if request.method == "POST":
        because = Because(typed.get("reason", ""), typed.get("source", ""))
        wish = Wish(record.pk, "", action=Correction.Action.DROP)
        try:
            propose_corrections(record_id=record.pk, wishes=[wish], because=because, by=user)
        except Problem as refused:
            problem = refused
        else:
            messages.success(request, _("Proposed. Somebody else approves it."))
            return redirect("record", record.form.form_id, record.pk)
    context = {
        "record": record,
        "sources": Correction.Source.choices,
        "source": typed.get("source", Correction.Source.FIELD_CALL),
        "reason": typed.get("reason", ""),
        "problem": problem,
    }
    status = problem.status if problem else 200
    return render(request, "corrections/drop.html", context, status=status)
