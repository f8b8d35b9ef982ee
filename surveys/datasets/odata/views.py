"""`/v1/`: the addresses of ODK Central that analysts' tools read. Each asks one verb."""

import json
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from backend.accounts.callers import log_in
from backend.accounts.models import User
from backend.problems import Problem
from surveys.datasets.layers import CORRECTED
from surveys.datasets.odata import listing
from surveys.datasets.odata.answer import (
    HEADERS,
    for_tools,
    json_answer,
    service_of,
    streamed,
    telling_problems,
)
from surveys.datasets.odata.document import metadata, service_document
from surveys.datasets.odata.feed import Feed
from surveys.datasets.odata.model import model_of
from surveys.datasets.odata.options import OF_A_PAGE, is_flat, of_the_feed, parsed, read_options
from surveys.datasets.odata.reader import Reader, pages
from surveys.datasets.odata.resource import resource_at
from surveys.datasets.sort_indexes import note_order
from surveys.datasets.tables import dataset_of_form
from surveys.privacy.access import dataset_reader, reader, unmask
from surveys.submissions.models import Submission


@telling_problems
def sessions(request: HttpRequest) -> HttpResponse:
    """Takes a name and a password, gives a token for a day."""
    if request.method != "POST":
        raise Problem("method_not_allowed", method=request.method or "", allow="POST")
    try:
        said = json.loads(request.body)
        name, password = said.get("email", said.get("username")), said["password"]
    except (ValueError, KeyError, AttributeError):
        name = password = None
    if not isinstance(name, str) or not isinstance(password, str):
        raise Problem("request_malformed", reason='Send {"email": …, "password": …} as JSON.')
    opened = log_in(request, name, password)
    answer = {"token": opened.token, "csrf": "", "createdAt": opened.created_at}
    return json_answer({**answer, "expiresAt": opened.expires_at})


@for_tools
def current_user(request: HttpRequest, user: User) -> HttpResponse:
    return json_answer(listing.user_json(user))


@for_tools
def projects(request: HttpRequest, user: User) -> HttpResponse:
    return json_answer(listing.projects(dataset_reader(user)))


@for_tools
def project(request: HttpRequest, user: User, project_id: int) -> HttpResponse:
    return json_answer(listing.project(dataset_reader(user), project_id))


@for_tools
def forms(request: HttpRequest, user: User, project_id: int) -> HttpResponse:
    found = listing.forms_of(dataset_reader(user), project_id)
    return json_answer([listing.form_json(form, project_id) for form in found])


@for_tools
def form(request: HttpRequest, user: User, project_id: int, form_id: str) -> HttpResponse:
    dataset_reader(user, form_id)
    return json_answer(listing.form_json(listing.form_of(project_id, form_id), project_id))


@for_tools
def form_fields(request: HttpRequest, user: User, project_id: int, form_id: str) -> HttpResponse:
    dataset_reader(user, form_id)
    dataset = dataset_of_form(listing.form_of(project_id, form_id))
    clean = request.GET.get("odata", "").lower() == "true"
    return json_answer(listing.fields_json(dataset, clean=clean))


@for_tools
def form_xml(request: HttpRequest, user: User, project_id: int, form_id: str) -> HttpResponse:
    dataset_reader(user, form_id)
    edition = listing.edition_of(listing.form_of(project_id, form_id))
    return HttpResponse(bytes(edition.xform), content_type="application/xml", headers=HEADERS)


@for_tools
def submissions(request: HttpRequest, user: User, project_id: int, form_id: str) -> HttpResponse:
    found = listing.form_of(project_id, form_id)
    return json_answer(listing.submissions(found, dataset_reader(user, form_id)))


@for_tools
def submission(
    request: HttpRequest, user: User, project_id: int, form_id: str, key: str
) -> HttpResponse:
    found = listing.form_of(project_id, form_id)
    return json_answer(listing.submission(found, dataset_reader(user, form_id), key))


@for_tools
def submission_xml(
    request: HttpRequest, user: User, project_id: int, form_id: str, key: str
) -> HttpResponse:
    """The record as the tablet sent it, unmasked: with the right, a reason, and a note of both."""
    found = listing.form_of(project_id, form_id)
    row = listing.find_row(found, reader(user), key)
    unmask(user=user, reason=request.GET.get("unmask", ""), target=f"{form_id} {row['id']}")
    raw = Submission.objects.values_list("raw_xml", flat=True).get(pk=row["submission_id"])
    return HttpResponse(bytes(raw), content_type="application/xml", headers=HEADERS)


@for_tools
def attachments(
    request: HttpRequest, user: User, project_id: int, form_id: str, key: str
) -> HttpResponse:
    found = listing.form_of(project_id, form_id)
    return json_answer(listing.attachments(found, dataset_reader(user, form_id), key))


@for_tools
def service(
    request: HttpRequest, user: User, project_id: int, form_id: str, path: str = ""
) -> HttpResponseBase:
    """A form's feed: its documents, or the rows at a path."""
    dataset_reader(user, form_id)
    found = listing.form_of(project_id, form_id)
    address = service_of(request, project_id, form_id)
    dataset = dataset_of_form(found)
    if path in {"", "$metadata"}:
        model = model_of(dataset, flat=is_flat(request.GET))
        if not path:
            return json_answer(service_document(model, address))
        return HttpResponse(metadata(model), content_type="application/xml", headers=HEADERS)
    options = read_options(request.GET, request.headers)
    model = model_of(dataset, flat=options.flat)
    resource = parsed("the address", lambda text: resource_at(model, text), path)
    if resource is None:
        raise Problem("not_found")
    feed = Feed(found, dataset, user, resource, options, f"{path}?{of_the_feed(request.GET)}")
    rows = Reader(feed)
    for column in feed.sorted_by:
        note_order(found, dataset, resource.entity.table, column)
    return _rows(request, rows, f"{address}/{quote(path, safe='/')}", address)


@telling_problems
def batch(request: HttpRequest, **parts: Any) -> HttpResponse:
    """Several questions in one, which no client known to us asks."""
    raise Problem("query_unsupported", what="$batch")


def _rows(request: HttpRequest, reader: Reader, here: str, address: str) -> HttpResponseBase:
    resource, told = reader.feed.resource, _about(reader.feed)
    if resource.count:
        headers = {**HEADERS, **told}
        return HttpResponse(str(reader.count()), content_type="text/plain", headers=headers)
    if resource.key is not None and not reader.count():
        raise Problem("not_found")
    kept = request.GET.copy()
    for name in OF_A_PAGE - {"$top", "$format", "$count"}:
        kept.pop(name, None)

    def next_link(token: str) -> str:
        kept["$skiptoken"] = token
        return f"{here}?{kept.urlencode()}"

    flat = "?flat=true" if reader.feed.options.flat else ""
    context = f"{address}/$metadata{flat}#{resource.entity.name}"
    answer = streamed(pages(reader, context, next_link))
    for name, words in told.items():
        answer[name] = words
    if reader.feed.options.is_page_sized:
        answer["Preference-Applied"] = f"odata.maxpagesize={reader.feed.options.page}"
    return answer


def _about(feed: Feed) -> dict[str, str]:
    """What other answers say of themselves in `about`; a feed's JSON has no place for it."""
    return {
        "Oila-Layer": CORRECTED,
        "Oila-As-Of": timezone.now().isoformat(timespec="seconds"),
        "Oila-Schema-Version": feed.dataset.schema_version,
    }


@for_tools
def nowhere(request: HttpRequest, user: User, **parts: Any) -> HttpResponse:
    """Told only to those who may read here at all."""
    raise Problem("not_found")
