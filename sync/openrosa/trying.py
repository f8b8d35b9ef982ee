"""A draft as an OpenRosa server of its own: one form, and a door that takes test records only.

Its token stands in the path, as a tablet's does; what comes in goes nowhere near the records.
"""

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse

from backend.problems import Problem
from surveys.publishing.made_up import made_up_list
from surveys.publishing.models import DraftFile, FormDraft
from surveys.xforms.models import FormMedia
from sync.auth import Caller
from sync.intake import accept_trial
from sync.openrosa import documents
from sync.openrosa.answers import XML, answer, answering, how_much, xml_answer
from sync.openrosa.documents import ListedFile, ListedForm
from sync.openrosa.listing import base_url
from sync.openrosa.requests import drain, read_arrival

KEPT = "This was a test: it is kept as one and counts nowhere."
NOBODY = Caller()  # whoever tries a draft is no tablet and no person


def find_draft(request: HttpRequest, token: str) -> FormDraft:
    """The draft of this token. Raises Problem("token_unknown")."""
    draft = FormDraft.objects.light().filter(token=token).first() if "\0" not in token else None
    if draft is None:
        raise Problem("token_unknown")
    return draft


@answering("GET", "HEAD", identify=find_draft)
def form_list(request: HttpRequest, draft: FormDraft, base: str) -> HttpResponse:
    """The draft alone; nothing once it is published or dropped."""
    url = base_url(request, base)
    listed = ListedForm(
        form_id=draft.form_id,
        name=f"TEST · {draft.title}",
        version=draft.version,
        md5=draft.md5,
        download_url=f"{url}/form.xml",
        manifest_url=f"{url}/manifest",
    )
    return xml_answer(request, documents.form_list([listed] if draft.is_open else []))


@answering("GET", "HEAD", identify=find_draft)
def xform(request: HttpRequest, draft: FormDraft, base: str) -> HttpResponse:
    return answer(request, etag=draft.md5, content_type=XML, body=lambda: bytes(draft.xform))


@answering("GET", "HEAD", identify=find_draft)
def manifest(request: HttpRequest, draft: FormDraft, base: str) -> HttpResponse:
    """The draft's files, those the form has already, and made-up rows for each entity list."""
    url = f"{base_url(request, base)}/files"
    hashes = {name: md5 for name, md5, _ in _files(draft)}
    schema = draft.schema
    for name in schema.entity_lists:
        hashes.setdefault(f"{name}.csv", made_up_list(name, schema).md5)
    files = [
        ListedFile(name, f"md5:{md5}", f"{url}/{quote(name, safe='')}")
        for name, md5 in sorted(hashes.items())
    ]
    return xml_answer(request, documents.manifest(files))


@answering("GET", "HEAD", identify=find_draft)
def file(request: HttpRequest, draft: FormDraft, base: str, name: str) -> HttpResponse:
    """One of the manifest's files."""
    for known, md5, kind in _files(draft):
        if known == name:
            return answer(request, etag=md5, content_type=kind, body=lambda: _content(draft, name))
    listed, schema = name.removesuffix(".csv"), draft.schema
    if name.endswith(".csv") and listed in schema.entity_lists:
        made_up = made_up_list(listed, schema)
        kind = "text/csv; charset=utf-8"
        return answer(request, etag=made_up.md5, content_type=kind, body=lambda: made_up.content)
    raise Problem("not_found")


@answering("HEAD", "GET", "POST", identify=find_draft)
def submission(request: HttpRequest, draft: FormDraft, base: str) -> HttpResponse:
    """As the real door answers (S1, S8); a draft that is closed still takes what was filled in."""
    if request.method != "POST":
        return how_much(request)
    try:
        is_new = accept_trial(read_arrival(request, NOBODY), draft=draft)
    except Problem:
        drain(request)
        raise
    body = documents.receipt(KEPT)
    return HttpResponse(body, status=201 if is_new else 202, content_type=XML)


def _files(draft: FormDraft) -> list[tuple[str, str, str]]:
    """Name, MD5 and type: the form's files, and the draft's where both have one of a name."""
    columns = ("name", "md5", "content_type")
    theirs = FormMedia.objects.filter(form__form_id=draft.form_id).values_list(*columns)
    ours = DraftFile.objects.filter(draft=draft).values_list(*columns)
    return list({name: (name, md5, kind) for name, md5, kind in (*theirs, *ours)}.values())


def _content(draft: FormDraft, name: str) -> bytes:
    ours = DraftFile.objects.filter(draft=draft, name=name)
    theirs = FormMedia.objects.filter(form__form_id=draft.form_id, name=name)
    found = ours.values_list("content", flat=True).first()
    return bytes(found if found is not None else theirs.values_list("content", flat=True).get())
