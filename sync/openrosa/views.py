"""The OpenRosa endpoints. The form's own links lead to all but two: `formList` and `submission`."""

from django.http import HttpRequest, HttpResponse

from backend.problems import Problem
from surveys.entities.publish import entity_csv, entity_list_token, entity_states
from surveys.xforms.models import FormMedia, FormVersion
from sync.auth import Caller
from sync.intake import accept_submission
from sync.openrosa import documents
from sync.openrosa.answers import XML, answer, finish, how_much, openrosa, refused, xml_answer
from sync.openrosa.attachments import demand_attachment, read_attachment
from sync.openrosa.listing import base_url, demand_entity_list, listed_files, listed_forms
from sync.openrosa.requests import drain, read_arrival

# Collect shows exactly these words in the enumerator's own language (S8).
SUCCESS = "full submission upload was successful!"


@openrosa("GET", "HEAD")
def form_list(request: HttpRequest, caller: Caller, base: str) -> HttpResponse:
    forms = listed_forms(caller, base_url(request, base), form_id=request.GET.get("formID"))
    return xml_answer(request, documents.form_list(forms))


@openrosa("GET", "HEAD")
def manifest(request: HttpRequest, caller: Caller, base: str, form: str) -> HttpResponse:
    files = listed_files(caller, base_url(request, base), form_pk=int(form))
    return xml_answer(request, documents.manifest(files))


@openrosa("GET", "HEAD")
def xform(request: HttpRequest, caller: Caller, base: str, version: str) -> HttpResponse:
    """The bytes as published; the form list gave their hash (L3, F1)."""
    versions = FormVersion.objects.filter(pk=int(version))
    md5 = versions.values_list("md5", flat=True).first()
    if md5 is None:
        raise Problem("not_found")
    return answer(
        request,
        etag=md5,
        content_type=XML,
        body=lambda: bytes(versions.values_list("xform", flat=True).get()),
    )


@openrosa("GET", "HEAD")
def form_media(
    request: HttpRequest, caller: Caller, base: str, form: str, name: str
) -> HttpResponse:
    media = FormMedia.objects.filter(form_id=int(form), name=name)
    found = media.values_list("md5", "content_type").first()
    if found is None:
        raise Problem("not_found")
    md5, content_type = found
    return answer(
        request,
        etag=md5,
        content_type=content_type,
        body=lambda: bytes(media.values_list("content", flat=True).get()),
    )


@openrosa("GET", "HEAD")
def entity_list(request: HttpRequest, caller: Caller, base: str, name: str) -> HttpResponse:
    """The rows of the caller's places that follow-up forms choose from (E3)."""
    demand_entity_list(caller, name)
    return answer(
        request,
        etag=entity_list_token(name, caller.places),
        content_type="text/csv; charset=utf-8",
        body=lambda: entity_csv(name, caller.places),
    )


@openrosa("GET", "HEAD")
def integrity(request: HttpRequest, caller: Caller, base: str, name: str) -> HttpResponse:
    """Which of the entities a tablet holds are gone from its places; of one we never had we say
    nothing (E5)."""
    demand_entity_list(caller, name)
    asked = request.GET.get("id", "").split(",")
    return xml_answer(request, documents.integrity(entity_states(name, asked, caller.places)))


@openrosa("GET", "HEAD")
def attachment(
    request: HttpRequest, caller: Caller, base: str, submission: str, name: str
) -> HttpResponse:
    """A file of a stored record, for the web form that edits it (N2)."""
    file = demand_attachment(caller, submission_pk=int(submission), name=name)
    response = answer(
        request,
        etag=file.sha256,
        content_type=file.content_type or "application/octet-stream",
        body=lambda: read_attachment(file),
    )
    response.headers["Content-Disposition"] = "attachment"  # never a page of ours
    return response


@openrosa("HEAD", "GET", "POST", pushes=True)
def submission(request: HttpRequest, caller: Caller, base: str) -> HttpResponse:
    """HEAD: how much one POST should hold (S1). POST: 201 or 202 once all is stored (S8)."""
    if request.method != "POST":
        return how_much(request)
    try:
        receipt = accept_submission(read_arrival(request, caller))
    except Problem:
        drain(request)
        raise
    return HttpResponse(
        documents.receipt(SUCCESS), status=201 if receipt.is_new else 202, content_type=XML
    )


def nothing_here(request: HttpRequest, token: str = "") -> HttpResponse:
    """Any other address below a tablet's: in its own language, and never a redirect (S13)."""
    return finish(request, refused(request, Problem("not_found")))
