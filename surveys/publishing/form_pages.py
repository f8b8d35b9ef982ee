"""Pages of one published form: its versions, files, classes, and which tablets fetch it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backend.accounts.permissions import logged_in, may_manage_devices, may_publish_forms
from backend.problems import Problem
from surveys.datasets.files.to_xlsx import XLSX
from surveys.datasets.seen import records_seen
from surveys.places.models import Place
from surveys.privacy.access import reader
from surveys.publishing.publisher import publisher
from surveys.publishing.reading import (
    classes_of,
    district_groups,
    find_places,
    forms_with_current,
    languages_of,
    round_choices,
    untranslated_of,
    versions_of,
)
from surveys.publishing.uploads import read_media
from surveys.rounds.communities import set_communities
from surveys.rounds.models import Round
from surveys.xforms.assign import assign_form, find_round
from surveys.xforms.media import attach_media, missing_files
from surveys.xforms.media_checks import SLOW_MEDIA_BYTES
from surveys.xforms.models import Form, FormVersion
from surveys.xforms.retire import reinstate_version, relist_form, retire_form, retire_version


@require_GET
@login_required
def form(request: HttpRequest, form_pk: int) -> HttpResponse:
    """All about one form."""
    reader(logged_in(request))
    return _form_page(request, form_pk)


def _form_page(request: HttpRequest, form_pk: int, problem: Problem | None = None) -> HttpResponse:
    user = logged_in(request)
    form = get_object_or_404(forms_with_current(), pk=form_pk)
    records, last_at = records_seen(user, form).get(form.pk, (0, None))
    schema = form.current.schema if form.current else None
    context: dict[str, Any] = {
        "form": form,
        "records": records,
        "last_at": last_at,
        "schema": schema,
        "versions": versions_of(form),
        "media": form.media.defer("content").order_by("name"),
        "places": _places_of(form.round),
        "rounds": round_choices(form.round),
        "publishes": may_publish_forms(user),
        "manages_tablets": may_manage_devices(user),
        "problem": problem,
    }
    if schema and form.current_id:
        context["classes"] = classes_of(schema)
        context["languages"] = languages_of(schema, untranslated_of(form.current_id))
        context["missing"] = missing_files(schema)
    status = problem.status if problem else 200
    return render(request, "publishing/form.html", context, status=status)


def _places_of(round_: Round | None) -> list[Place]:
    return list(round_.places.defer("boundary").order_by("path")) if round_ else []


@require_POST
@login_required
def assign(request: HttpRequest, form_pk: int) -> HttpResponse:
    """Gives the form to a round, or to every tablet."""
    user = publisher(request.user)
    form = get_object_or_404(Form, pk=form_pk)
    try:
        round_ = find_round(request.POST.get("round", ""))
    except Problem as problem:
        return _form_page(request, form_pk, problem)
    assign_form(form=form, round_=round_, by=user)
    messages.success(request, _("Saved. Tablets follow at their next check."))
    return redirect("form", form_pk)


@require_POST
@login_required
def retire(request: HttpRequest, form_pk: int) -> HttpResponse:
    """Takes the form off the tablets' list, or puts it back."""
    user = publisher(request.user)
    form = get_object_or_404(Form, pk=form_pk)
    if request.POST.get("listed"):
        relist_form(form=form, by=user)
        messages.success(request, _("The form is on the tablets' list again."))
    else:
        retire_form(form=form, by=user)
        messages.success(request, _("The form is off the tablets' list."))
    return redirect("form", form_pk)


@require_POST
@login_required
def attach(request: HttpRequest, form_pk: int) -> HttpResponse:
    """Adds a file that tablets fetch with the form."""
    user = publisher(request.user)
    form = get_object_or_404(Form, pk=form_pk)
    try:
        name, content = read_media(request.FILES.get("file"))
        attach_media(form=form, name=name, content=content, by=user)
    except Problem as problem:
        return _form_page(request, form_pk, problem)
    words = _("%(name)s is attached; tablets fetch it at their next check.")
    messages.success(request, words % {"name": name})
    if len(content) > SLOW_MEDIA_BYTES:
        words = _("%(name)s has %(size)d MB: on a slow link it may never arrive.")
        messages.warning(request, words % {"name": name, "size": len(content) // 1024**2})
    return redirect("form", form_pk)


@require_POST
@login_required
def retire_edition(request: HttpRequest, version_pk: int) -> HttpResponse:
    """Marks a version as faulty with a reason, or takes that back where the reason is empty."""
    user = publisher(request.user)
    version = _find_version(version_pk)
    reason = request.POST.get("reason", "").strip()
    try:
        if reason:
            retire_version(version=version, reason=reason, by=user)
        else:
            reinstate_version(version=version, by=user)
    except Problem as problem:
        return _form_page(request, version.form_id, problem)
    messages.success(request, _("Saved."))
    return redirect("form", version.form_id)


@require_http_methods(["GET", "POST"])
@login_required
def communities(request: HttpRequest, round_pk: int) -> HttpResponse:
    """The places of a round: ticked by district, smaller ones found by name."""
    user = publisher(request.user)
    rounds = Round.objects.select_related("survey").prefetch_related(
        Prefetch("places", Place.objects.defer("boundary").order_by("path")), "forms"
    )
    round_ = get_object_or_404(rounds, pk=round_pk)
    problem = None
    if request.method == "POST":
        try:
            set_communities(round_=round_, codes=request.POST.getlist("place"), by=user)
        except Problem as refused:
            problem = refused
        else:
            messages.success(request, _("Saved. Records from elsewhere are accepted and flagged."))
            return redirect(request.path)
    query = request.GET.get("q", "")
    chosen = {place.pk for place in round_.places.all()}
    groups = district_groups()
    offered = {p.pk for oblast, districts in groups for p in (oblast, *districts)}
    context = {
        "round": round_,
        "groups": groups,
        "chosen": chosen,
        "others": [p for p in round_.places.all() if p.pk not in offered],
        "query": query,
        "found": [p for p in find_places(query) if p.pk not in chosen | offered],
        "problem": problem,
    }
    status = problem.status if problem else 200
    return render(request, "publishing/communities.html", context, status=status)


@require_GET
@login_required
def workbook(request: HttpRequest, version_pk: int) -> HttpResponse:
    """The workbook as it was uploaded."""
    reader(logged_in(request))
    version = _find_version(version_pk)
    old = bytes(version.xlsform[:1]) != b"P"
    kind = ("application/vnd.ms-excel", "xls") if old else (XLSX, "xlsx")
    return _download(version, bytes(version.xlsform), *kind)


@require_GET
@login_required
def xform(request: HttpRequest, version_pk: int) -> HttpResponse:
    """The bytes that tablets fetch."""
    reader(logged_in(request))
    version = _find_version(version_pk)
    return _download(version, bytes(version.xform), "text/xml", "xml")


def _find_version(version_pk: int) -> FormVersion:
    return get_object_or_404(FormVersion.objects.select_related("form"), pk=version_pk)


def _download(version: FormVersion, content: bytes, kind: str, ending: str) -> HttpResponse:
    name = f"{version.form.form_id}-{version.version}.{ending}"
    disposition = content_disposition_header(as_attachment=True, filename=name) or ""
    return HttpResponse(content, kind, headers={"Content-Disposition": disposition})
