"""Forms for people: the list, a workbook on its way to tablets, and what was tried with it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backend.accounts.permissions import logged_in, may_publish_forms
from backend.problems import Problem
from surveys.privacy.access import reader
from surveys.publishing.drafts import (
    attach_to_draft,
    compared,
    drop_draft,
    keep_draft,
    publish_kept,
)
from surveys.publishing.models import FormDraft
from surveys.publishing.publisher import publisher
from surveys.publishing.reading import (
    change_lines,
    classes_of,
    form_lines,
    languages_of,
    round_choices,
)
from surveys.publishing.trial_answers import answers_of
from surveys.publishing.uploads import read_media, read_workbook
from surveys.xforms.excerpt import excerpts
from surveys.xforms.findings import Finding
from surveys.xforms.models import Form
from surveys.xforms.translations import Untranslated
from surveys.xforms.xlsform import read_sheets

FINDINGS_SHOWN = 60
TRIALS_SHOWN = 50


@require_GET
@login_required
def forms(request: HttpRequest) -> HttpResponse:
    """Every form; who may publish also sees the drafts."""
    user = reader(logged_in(request))
    publishes = may_publish_forms(user)
    drafts = FormDraft.objects.open().light().select_related("created_by") if publishes else []
    context = {"lines": form_lines(user), "drafts": drafts, "publishes": publishes}
    return render(request, "publishing/forms.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def upload(request: HttpRequest) -> HttpResponse:
    """Takes a workbook: errors at their cells, or a draft."""
    user = publisher(request.user)
    context: dict[str, Any] = {"title": ""}
    if request.method == "POST":
        file, content = request.FILES.get("workbook"), b""
        try:
            content = read_workbook(file)
            draft = keep_draft(content=content, by=user, file_name=file.name or "" if file else "")
        except Problem as problem:
            context |= _errors(problem, content)
        else:
            return redirect("form-draft", draft.pk)
    status = context["problem"].status if "problem" in context else 200
    return render(request, "publishing/upload.html", context, status=status)


def _errors(problem: Problem, content: bytes) -> dict[str, Any]:
    findings = [Finding(**each) for each in problem.details.get("findings", [])]
    shown = findings[:FINDINGS_SHOWN]
    marked = excerpts(read_sheets(content) if shown else None, shown)
    return {"problem": problem, "excerpts": marked, "more": len(findings) - len(shown)}


@require_GET
@login_required
def draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """What the workbook holds, what it changes, how to try it, and the way to publish it."""
    publisher(request.user)
    return _draft_page(request, _find_draft(draft_id))


@require_POST
@login_required
def publish(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Publishes the draft as it was compared, and gives it its round."""
    user, draft = publisher(request.user), _find_draft(draft_id)
    looked_at = request.POST.get("looked_at", "")
    pairs = (each.partition("=") for each in request.POST.getlist("renamed"))
    try:
        version = publish_kept(
            draft=draft,
            looked_at=int(looked_at) if looked_at.isdecimal() else None,
            breaks_confirmed="breaks_confirmed" in request.POST,
            round_code=request.POST.get("round", ""),
            renamed=[(old, new) for old, _sign, new in pairs],
            by=user,
        )
    except Problem as problem:
        return _draft_page(request, draft, problem)
    words = _("Published: %(title)s, version %(version)s. Tablets fetch it at their next check.")
    messages.success(request, words % {"title": version.title, "version": version.version})
    return redirect("form", version.form_id)


@require_POST
@login_required
def attach(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Adds a file to the draft."""
    user, draft = publisher(request.user), _find_draft(draft_id)
    try:
        name, content = read_media(request.FILES.get("file"))
        attach_to_draft(draft=draft, name=name, content=content, by=user)
    except Problem as problem:
        return _draft_page(request, draft, problem)
    messages.success(request, _("%(name)s is attached.") % {"name": name})
    return redirect("form-draft", draft.pk)


@require_POST
@login_required
def drop(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Closes the draft; it and what was tried stay to be looked at."""
    user, draft = publisher(request.user), _find_draft(draft_id)
    try:
        drop_draft(draft=draft, by=user)
    except Problem as problem:
        return _draft_page(request, draft, problem)
    messages.success(request, _("The draft is dropped. Tablets that tried it lose it."))
    return redirect("forms")


@require_GET
@login_required
def trial(request: HttpRequest, draft_id: int, trial_id: int) -> HttpResponse:
    """One test record beside the questions of its draft."""
    publisher(request.user)
    draft = _find_draft(draft_id)
    found = get_object_or_404(draft.trials, pk=trial_id)
    context = {"draft": draft, "trial": found, "tables": answers_of(found, draft.schema)}
    return render(request, "publishing/trial.html", context)


def _find_draft(draft_id: int) -> FormDraft:
    drafts = FormDraft.objects.select_related("created_by", "published__form")
    return get_object_or_404(drafts, pk=draft_id)


def _draft_page(
    request: HttpRequest, draft: FormDraft, problem: Problem | None = None
) -> HttpResponse:
    schema = draft.schema
    known = Form.objects.filter(form_id=draft.form_id).select_related("round").first()
    missing = [Untranslated(**each) for each in draft.untranslated]
    context = {
        "draft": draft,
        "schema": schema,
        "form": known,
        "round": known.round if known else None,
        "rounds": round_choices(known.round if known else None),
        "classes": classes_of(schema),
        "languages": languages_of(schema, missing),
        "excerpts": draft.marked[:FINDINGS_SHOWN],
        "more": max(len(draft.excerpts) - FINDINGS_SHOWN, 0),
        "files": draft.files.defer("content").order_by("name"),
        "trials": draft.trials.defer("raw_xml")[:TRIALS_SHOWN],
        "web_forms": bool(settings.ENKETO_URL),
        "problem": problem,
        **_comparison(draft),
    }
    return render(
        request, "publishing/draft.html", context, status=problem.status if problem else 200
    )


def _comparison(draft: FormDraft) -> dict[str, Any]:
    """What publishing would change now; where it cannot be done, why."""
    if not draft.is_open:
        return {}
    try:
        now = compared(draft)
    except Problem as refused:
        return {"refused": refused, "refusals": refused.details.get("findings", [])}
    breaks = ngettext(
        "%(count)d change keeps old answers from being compared with new ones. I have read it.",
        "%(count)d changes keep old answers from being compared with new ones. I have read them.",
        now.breaks,
    )
    return {
        "now": now,
        "changes": change_lines(now.changes),
        "breaks_words": breaks % {"count": now.breaks},
        "missing": now.missing,
    }
