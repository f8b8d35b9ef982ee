"""Pages that lead to Enketo: fill a form in the browser, edit a stored record there."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from backend.accounts.permissions import logged_in, may_send_submissions
from backend.problems import Problem
from surveys.xforms.models import Form
from sync.enketo.ask import server_url, web_form_url
from sync.enketo.edit import open_for_edit


@require_GET
@login_required
def web_form(request: HttpRequest, form_id: str) -> HttpResponse:
    """Leads on to the form in the browser."""
    if not may_send_submissions(request.user):
        raise Problem("not_allowed")
    if not Form.objects.listed().filter(form_id=form_id).exists():
        raise Problem("not_found")
    return HttpResponseRedirect(web_form_url(server_url(request), form_id))


@require_http_methods(["GET", "POST"])
@login_required
def edit(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Asks why, for the whole record is shown unmasked, then offers the way to the web form."""
    url, refused = "", None
    if request.method == "POST":
        try:
            url = open_for_edit(
                record_id,
                by=logged_in(request),
                reason=request.POST.get("reason", ""),
                base=server_url(request),
                return_url=request.build_absolute_uri("/"),
            )
        except Problem as problem:
            refused = problem
    context = {"url": url, "problem": refused}
    return render(request, "enketo/edit.html", context, status=refused.status if refused else 200)
