"""How a person tries a draft: a QR code for Collect, or the web form where there is an Enketo.
And which tablets fetch a form that is published.
"""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from backend.accounts.permissions import logged_in, may_manage_devices, may_publish_forms
from backend.problems import Problem
from surveys.publishing.models import FormDraft
from surveys.xforms.models import Form
from sync.drafts.getting import tablets_of
from sync.enketo.ask import web_form_url
from sync.openrosa.listing import base_url
from sync.qr import TRIAL_COLOR, collect_settings, qr_png, qr_text


@require_GET
@login_required
@never_cache
def qr_code(request: HttpRequest, draft_id: int) -> HttpResponse:
    """PNG: a project of its own in Collect, red, and called a test."""
    draft = _open_draft(request, draft_id)
    collect = collect_settings(
        server_url=_address(request, draft), name=f"TEST · {draft.title}", color=TRIAL_COLOR
    )
    return HttpResponse(qr_png(qr_text(collect)), content_type="image/png")


@require_GET
@login_required
@never_cache
def address(request: HttpRequest, draft_id: int) -> HttpResponse:
    """The same as text, for apps without a camera."""
    draft = _open_draft(request, draft_id)
    return HttpResponse(_address(request, draft), content_type="text/plain; charset=utf-8")


@require_GET
@login_required
@never_cache
def web_form(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Leads on to the draft in the browser; what is sent from there is a test too."""
    draft = _open_draft(request, draft_id)
    return HttpResponseRedirect(web_form_url(_address(request, draft), draft.form_id))


@require_GET
@login_required
def tablets(request: HttpRequest, form_pk: int) -> HttpResponse:
    """The tablets a form is offered to, with the version each holds."""
    user = logged_in(request)
    if not may_manage_devices(user):
        raise Problem("not_allowed")
    forms = Form.objects.select_related("round", "current__form").defer(
        "current__xlsform", "current__xform", "current__schema_json"
    )
    form = get_object_or_404(forms, pk=form_pk)
    context = {"form": form, "tablets": list(tablets_of(form, user))}
    return render(request, "drafts/tablets.html", context)


def _open_draft(request: HttpRequest, draft_id: int) -> FormDraft:
    if not may_publish_forms(request.user):
        raise Problem("not_allowed")
    draft = get_object_or_404(FormDraft.objects.light(), pk=draft_id)
    if not draft.is_open:
        raise Problem("draft_closed", form_id=draft.form_id, version=draft.version)
    return draft


def _address(request: HttpRequest, draft: FormDraft) -> str:
    return base_url(request, f"try/{draft.token}")
