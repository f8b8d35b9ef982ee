"""The log as a file, and the page that takes one in: both ask a worker."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backend.accounts.permissions import logged_in
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.corrections.bell import ring_errands_bell
from surveys.corrections.errands import find_errand
from surveys.corrections.sheet_errands import ask_import, ask_log
from surveys.corrections.visible import proposer
from surveys.datasets.files.to_xlsx import XLSX
from surveys.privacy.access import reader
from surveys.privacy.reason import unmasking_for


@require_POST
@login_required
def ask_log_sheet(request: HttpRequest) -> HttpResponse:
    """The corrections that the list shows, all of them, as a workbook."""
    user = reader(logged_in(request))
    granted = unmasking_for(request.session, user, "corrections")
    query = QueryDict(request.POST.get("query", ""))
    errand = ask_log(query=query, by=user, granted=granted)
    ring_errands_bell()
    return redirect("errand", errand.pk)


@require_GET
@login_required
@never_cache
def log_sheet(request: HttpRequest, errand_id: UUID) -> HttpResponse:
    """The workbook that a worker made. Raises `Problem("not_found")`, also when it is forgotten."""
    user = reader(logged_in(request))
    errand = find_errand(errand_id, user)
    if errand.move != errand.Move.EXPORT or errand.content is None:
        raise Problem("not_found")
    log_event("corrections.downloaded", by=user, target=errand)
    headers = {"Content-Disposition": 'attachment; filename="corrections.xlsx"'}
    return HttpResponse(bytes(errand.content), content_type=XLSX, headers=headers)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def import_log_page(request: HttpRequest) -> HttpResponse:
    user = proposer(logged_in(request))
    problem = None
    if request.method == "POST":
        granted = unmasking_for(request.session, user, "corrections")
        sent = request.FILES.get("file")
        try:
            content = sent.read() if sent else b""
            errand = ask_import(content=content, by=user, granted=granted)
        except Problem as refused:
            problem = refused
        else:
            ring_errands_bell()
            return redirect("errand", errand.pk)
    status = problem.status if problem else 200
    return render(request, "corrections/import.html", {"problem": problem}, status=status)
