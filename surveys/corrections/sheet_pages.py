"""The log as a file, and the page that takes one in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from backend.accounts.permissions import logged_in
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.corrections.listing import wanted
from surveys.corrections.sheet import Imported, import_log, write_log
from surveys.corrections.visible import proposer
from surveys.privacy.access import reader
from surveys.privacy.reason import unmasking_for

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
@login_required
@never_cache
def log_sheet(request: HttpRequest) -> HttpResponse:
    """The corrections that the list shows, all of them, as a workbook."""
    user = reader(logged_in(request))
    rows = wanted(user, request.GET)
    content = write_log(rows, user, unmasking_for(request.session, user, "corrections"))
    log_event("corrections.exported", by=user)
    headers = {"Content-Disposition": 'attachment; filename="corrections.xlsx"'}
    return HttpResponse(content, content_type=XLSX, headers=headers)


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
            _tell(request, import_log(content=content, by=user, granted=granted))
            return redirect("corrections")
        except Problem as refused:
            problem = refused
    errors = problem.details.get("errors", ()) if problem else ()
    context = {"problem": problem, "errors": errors}
    status = problem.status if problem else 200
    return render(request, "corrections/import.html", context, status=status)


def _tell(request: HttpRequest, done: Imported) -> None:
    count = len(done.proposed)
    if count:
        words = ngettext(
            "%(count)s correction is proposed.", "%(count)s corrections are proposed.", count
        )
        messages.success(request, words % {"count": count})
    else:
        messages.info(request, _("Everything in the sheet is in the log already: nothing changed."))
