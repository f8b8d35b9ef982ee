"""Two pages of the console: publish a workbook (look first, then confirm), and a form's files."""

import hashlib
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backend.accounts.permissions import logged_in, may_publish_forms
from backend.problems import Problem
from surveys.rounds.models import Round
from surveys.xforms.media_checks import MAX_MEDIA_MB, SLOW_MEDIA_BYTES
from surveys.xforms.models import Form, FormVersion
from surveys.xforms.privacy_classes import CLASSES
from surveys.xforms.publish import Draft, attach_media, draft_form, missing_files, publish_form
from surveys.xforms.workbook import MAX_PACKED_MB, MAX_RATIO

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DRAFT_SECONDS = 3600  # between looking and confirming


class WorkbookForm(forms.Form):
    workbook = forms.FileField(
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls"}),
        help_text=_("An XLSForm. Nothing is published before you have seen what it holds."),
    )
    round = forms.ModelChoiceField(Round.objects.all(), required=False, empty_label=_("none"))


class FileForm(forms.Form):
    file = forms.FileField(help_text=_("It keeps its name: forms refer to files by name."))


def publish(request: HttpRequest) -> HttpResponse:
    """Looks at a workbook, shows what publishing it would do, and publishes it when confirmed."""
    _demand_publisher(request)
    context: dict[str, Any] = {"title": _("Publish a form"), "form": WorkbookForm()}
    if "confirm" in request.POST:
        return _confirm(request, context)
    if request.method == "POST":
        form = context["form"] = WorkbookForm(request.POST, request.FILES)
        if form.is_valid():
            context |= _look_at(request, form.cleaned_data["workbook"], form.cleaned_data["round"])
    return _page(request, "admin/xforms/publish.html", context)


def _look_at(
    request: HttpRequest, file: "UploadedFile[Any]", round_: Round | None
) -> dict[str, Any]:
    try:
        content = _read(file, MAX_PACKED_MB, "workbook_too_large")
        draft = draft_form(content=content)
    except Problem as problem:
        return {"problem": problem}
    key = hashlib.sha256(content).hexdigest()
    cache.set(_draft_key(request, key), content, _DRAFT_SECONDS)
    return {"draft": draft, "key": key, "round": round_, "classes": _by_class(draft)}


def _confirm(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    content = cache.get(_draft_key(request, request.POST["confirm"]))
    if content is None:
        messages.error(request, _("That was too long ago; choose the workbook again."))
        return redirect(request.path)
    pairs = (each.partition("=") for each in request.POST.getlist("renamed"))
    try:
        published = publish_form(
            content=content,
            by=logged_in(request),
            round_code=request.POST.get("round", ""),
            renamed=[(old, new) for old, _, new in pairs],
        )
    except Problem as problem:
        return _page(request, "admin/xforms/publish.html", {**context, "problem": problem})
    version = published.version
    words = (
        gettext("%(title)s, version %(version)s: published.")
        if published.created
        else gettext("%(title)s, version %(version)s: already published; nothing changed.")
    )
    messages.success(request, words % {"title": version.title, "version": version.version})
    return redirect("admin:xforms_form_change", version.form_id)


def files(request: HttpRequest, pk: int) -> HttpResponse:
    """The files of a form: those attached, those missing, and one more."""
    _demand_publisher(request)
    form = get_object_or_404(Form, pk=pk)
    context: dict[str, Any] = {
        "title": gettext("Files of %(form)s") % {"form": form},
        "form": FileForm(),
        "original": form,
    }
    if request.method == "POST":
        upload = context["form"] = FileForm(request.POST, request.FILES)
        if upload.is_valid():
            try:
                _attach(request, form, upload.cleaned_data["file"])
                return redirect(request.path)
            except Problem as problem:
                context["problem"] = problem
    context["media"] = form.media.order_by("name").defer("content")
    context["missing"] = missing_files(form.current.schema) if form.current else []
    return _page(request, "admin/xforms/files.html", context)


def _attach(request: HttpRequest, form: Form, file: "UploadedFile[Any]") -> None:
    content = _read(file, MAX_MEDIA_MB, "media_unreadable")
    media = attach_media(form=form, name=file.name or "", content=content, by=logged_in(request))
    words = gettext("%(file)s is attached; tablets fetch it at their next check.")
    messages.success(request, words % {"file": media.name})
    if len(content) > SLOW_MEDIA_BYTES:
        size = len(content) // (1024 * 1024)
        words = gettext("%(file)s has %(mb)d MB: on a slow link it may never arrive.")
        messages.warning(request, words % {"file": media.name, "mb": size})


def download_workbook(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(FormVersion.objects.select_related("form"), pk=pk)
    old = bytes(version.xlsform[:1]) != b"P"
    kind = ("application/vnd.ms-excel", "xls") if old else (XLSX, "xlsx")
    return _download(version, bytes(version.xlsform), *kind)


def download_xform(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(FormVersion.objects.select_related("form"), pk=pk)
    return _download(version, bytes(version.xform), "text/xml", "xml")


def _download(version: FormVersion, content: bytes, kind: str, ending: str) -> HttpResponse:
    name = f"{version.form.form_id}-{version.version}.{ending}"
    disposition = content_disposition_header(as_attachment=True, filename=name) or ""
    return HttpResponse(content, kind, headers={"Content-Disposition": disposition})


def _read(file: "UploadedFile[Any]", limit_mb: int, code: str) -> bytes:
    if (file.size or 0) > limit_mb * 1024 * 1024:
        raise Problem(
            code, limit_mb=limit_mb, ratio=MAX_RATIO, name=file.name, reason="it is too large."
        )
    return bytes(file.read())


def _draft_key(request: HttpRequest, key: str) -> str:
    return f"form-draft:{logged_in(request).pk}:{key[:64]}"


def _by_class(draft: Draft) -> list[tuple[str, list[str]]]:
    fields = draft.schema.fields
    classes = [(c, [f.key for f in fields if f.privacy == c and not f.restricted]) for c in CLASSES]
    return [("restricted", [f.key for f in fields if f.restricted]), *classes]


def _demand_publisher(request: HttpRequest) -> None:
    if not may_publish_forms(logged_in(request)):
        raise PermissionDenied


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    problem = context.get("problem")
    status = problem.status if isinstance(problem, Problem) else 200
    around = {**admin.site.each_context(request), "opts": Form._meta}
    return render(request, template, {**around, **context}, status=status)
