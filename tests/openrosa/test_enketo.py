"""Section 9: Enketo as a client (N1 to N5). The other side is a small server that plays Enketo."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, unquote

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.accounts.tokens import make_personal_token
from backend.audit.models import AuditEvent
from surveys.cleaning.models import CleanRow
from surveys.places.models import Place
from surveys.privacy.models import Unmasking
from surveys.submissions.models import Submission
from surveys.xforms.models import Form, FormMedia
from sync.enrol import Enrolled
from tests.conftest import PASSWORD
from tests.device import Tablet, client_door
from tests.openrosa.conftest import ORIGIN, make_record
from tests.surveys.publishing.sample import draft_of

pytestmark = pytest.mark.django_db
REASON = "Answer to a phone call"
ENKETO_AGENT = "Enketo/7.6.4 Mozilla/5.0"


class Enketo:
    """What was asked of it, and what it answers next."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.status = 200
        self.answer: object = {
            "offline_url": "https://enketo.example/x/abc",
            "edit_url": "https://enketo.example/edit/abc?instance_id=1",
        }


@pytest.fixture
def enketo(settings: object) -> Iterator[Enketo]:
    played = Enketo()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = {name: values[0] for name, values in parse_qs(body).items()}
            played.asked.append((self.path, self.headers["Authorization"], fields))
            self.send_response(played.status)
            self.end_headers()
            self.wfile.write(json.dumps(played.answer).encode())

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    settings.ENKETO_URL = f"http://127.0.0.1:{server.server_port}"
    settings.ENKETO_API_KEY = "the-key"
    yield played
    server.shutdown()
    server.server_close()


@pytest.fixture
def record(tablet: Tablet, form: Form, drain: Callable[[], int]) -> CleanRow:
    assert tablet.send(make_record("uuid:1"), [("a b.jpg", b"photo", "image/jpeg")]).status == 201
    drain()
    return CleanRow.objects.get(repeat="")


def ask(client: Client, record: CleanRow, reason: str = REASON) -> tuple[int, str]:
    answer = client.post(f"/web-forms/edit/{record.pk}/", {"reason": reason})
    return answer.status_code, answer.content.decode()


def test_N1_a_person_is_led_to_the_form_in_the_browser(
    enketo: Enketo, form: Form, as_charlie: Client
) -> None:
    answer = as_charlie.get("/web-forms/fill/visit/")

    assert (answer.status_code, answer["Location"]) == (302, "https://enketo.example/x/abc")
    ((path, authorization, fields),) = enketo.asked
    assert path == "/api/v2/survey/offline"
    assert base64.b64decode(authorization.removeprefix("Basic ")) == b"the-key:"
    assert fields == {"server_url": f"{ORIGIN}/openrosa", "form_id": "visit"}


def test_N1_a_draft_opens_in_the_browser_at_its_own_address(
    enketo: Enketo, as_alice: Client
) -> None:
    """So that what is sent from there is a test, as from a tablet."""
    draft = draft_of()

    assert "In the browser" in as_alice.get(f"/forms/drafts/{draft.pk}/").content.decode()
    answer = as_alice.get(f"/forms/drafts/{draft.pk}/web-form/")

    assert (answer.status_code, answer["Location"]) == (302, "https://enketo.example/x/abc")
    ((_, _, fields),) = enketo.asked
    assert fields == {"server_url": f"{ORIGIN}/try/{draft.token}", "form_id": "visit"}


def test_N1_the_first_page_offers_web_forms_only_where_there_is_an_enketo(
    form: Form, as_charlie: Client, settings: object
) -> None:
    assert "/web-forms/" not in as_charlie.get("/").content.decode()
    settings.ENKETO_URL, settings.ENKETO_API_KEY = "https://enketo.example", "key"
    assert "/web-forms/fill/visit/" in as_charlie.get("/").content.decode()


def test_N1_an_analyst_fills_no_form(enketo: Enketo, form: Form, as_bob: Client) -> None:
    assert as_bob.get("/web-forms/fill/visit/").status_code == 403
    assert enketo.asked == []


def test_N1_a_form_that_is_not_listed_is_not_asked_for(enketo: Enketo, as_charlie: Client) -> None:
    assert as_charlie.get("/web-forms/fill/nothing/").status_code == 404
    assert enketo.asked == []


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (401, {"message": "no"}, 502),
        (200, {}, 502),
        (200, {"offline_url": "javascript:alert(1)"}, 502),
        (200, ["a list"], 503),
    ],
)
def test_N1_an_enketo_that_refuses_is_told_as_such(
    enketo: Enketo, form: Form, as_charlie: Client, status: int, answer: object, told: int
) -> None:
    enketo.status, enketo.answer = status, answer
    assert as_charlie.get("/web-forms/fill/visit/").status_code == told


def test_N1_an_enketo_that_is_away_is_503(form: Form, as_charlie: Client, settings: object) -> None:
    settings.ENKETO_URL, settings.ENKETO_API_KEY = "http://127.0.0.1:9", "key"
    assert as_charlie.get("/web-forms/fill/visit/").status_code == 503


def test_without_an_enketo_there_are_no_web_forms(form: Form, as_charlie: Client) -> None:
    assert as_charlie.get("/web-forms/fill/visit/").status_code == 404


def test_N2_a_record_is_handed_over_with_all_its_files(
    enketo: Enketo, record: CleanRow, as_alice: Client
) -> None:
    status, page = ask(as_alice, record)

    assert status == 200
    assert 'href="https://enketo.example/edit/abc?instance_id=1"' in page
    ((path, _, fields),) = enketo.asked
    assert path == "/api/v2/instance"
    assert fields["instance"].encode() == make_record("uuid:1")
    assert (fields["form_id"], fields["instance_id"]) == ("visit", "uuid:1")
    assert fields["server_url"] == f"{ORIGIN}/openrosa"
    assert list(fields) == [
        *("server_url", "form_id", "instance_id", "instance", "return_url"),
        "instance_attachments[a b.jpg]",
    ]


def test_N2_the_files_can_be_fetched_with_the_editors_credentials(
    enketo: Enketo, record: CleanRow, as_alice: Client, alice: User
) -> None:
    ask(as_alice, record)
    address = enketo.asked[0][2]["instance_attachments[a b.jpg]"]
    assert unquote(address).endswith("/a b.jpg")

    def fetch(user: str, password: str) -> tuple[int, bytes]:
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        answer = Client().get(
            address.removeprefix(ORIGIN), secure=True, HTTP_AUTHORIZATION=f"Basic {credentials}"
        )
        return answer.status_code, answer.content

    assert fetch("alice", PASSWORD) == (200, b"photo")
    assert fetch("alice", "wrong")[0] == 401
    assert AuditEvent.objects.filter(action="attachment.downloaded", by=alice).count() == 1


def test_N2_a_tablet_and_a_stranger_fetch_no_files(
    record: CleanRow, tablet: Tablet, charlie: User
) -> None:
    path = f"/submissions/{record.submission_id}/attachments/a%20b.jpg"
    assert tablet.get(tablet.server_url + path).status == 404
    token = make_personal_token(user=charlie, name="enketo")
    answer = Client().get(f"/openrosa{path}", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert answer.status_code == 404


def test_N2_an_edit_brings_what_was_carried_over(
    enketo: Enketo, record: CleanRow, tablet: Tablet, as_alice: Client, drain: Callable[[], int]
) -> None:
    edited = make_record("uuid:2", name="Vali", deprecated_id="uuid:1")
    assert tablet.send(edited, [("b.jpg", b"new", "image/jpeg")]).status == 201
    drain()

    ask(as_alice, record)

    fields = enketo.asked[0][2]
    original, edition = Submission.objects.order_by("pk").values_list("pk", flat=True)
    base = f"{ORIGIN}/openrosa/submissions"
    assert fields["instance"].encode() == edited
    assert fields["instance_attachments[a b.jpg]"] == f"{base}/{original}/attachments/a%20b.jpg"
    assert fields["instance_attachments[b.jpg]"] == f"{base}/{edition}/attachments/b.jpg"


def test_N2_why_a_record_is_edited_is_asked_and_kept(
    enketo: Enketo, record: CleanRow, as_alice: Client, alice: User
) -> None:
    status, page = ask(as_alice, record, reason="short")

    assert status == 400
    assert "at least 10 characters" in page
    assert enketo.asked == []

    assert ask(as_alice, record)[0] == 200
    assert Unmasking.objects.get().reason == REASON
    assert AuditEvent.objects.filter(action="record.edit_opened", by=alice).exists()


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_N2_who_may_not_see_or_send_edits_nothing(
    enketo: Enketo, record: CleanRow, who: str, request: pytest.FixtureRequest
) -> None:
    assert ask(request.getfixturevalue(f"as_{who}"), record)[0] == 403
    assert enketo.asked == []


def test_N2_a_supervisor_edits_only_in_her_places(
    enketo: Enketo, record: CleanRow, as_dilnoza: Client
) -> None:
    Place.objects.create(
        code="KG06000000000", level=1, path="KG/KG06000000000", name_en="Her oblast"
    )
    assert ask(as_dilnoza, record)[0] == 404
    CleanRow.objects.update(place=Place.objects.get())
    assert ask(as_dilnoza, record)[0] == 200


def logins(enrolled: Enrolled, charlie: User) -> dict[str, tuple[str, str]]:
    """Base address and Authorization of each way to log in that Enketo knows (A6)."""
    password = base64.b64encode(f"charlie:{PASSWORD}".encode()).decode()
    token = make_personal_token(user=charlie, name="enketo")
    return {
        "path": (enrolled.server_url(ORIGIN), ""),
        "basic": ("https://testserver/openrosa", f"Basic {password}"),
        "token": (f"{ORIGIN}/openrosa", f"Bearer {token}"),
    }


@pytest.mark.parametrize("way", ["path", "basic", "token"])
def test_N3_a_form_is_loaded_by_each_way_to_log_in(
    enrolled: Enrolled, charlie: User, form: Form, way: str
) -> None:
    FormMedia.objects.create(form=form, name="a.png", content=b"x", md5="0" * 32)
    base, authorization = logins(enrolled, charlie)[way]
    tablet = Tablet(base, client_door(Client(enforce_csrf_checks=True)))
    tablet.user_agent = ENKETO_AGENT

    def walk() -> list[int]:
        listing = f"{base}/formList?formID=visit"
        found = [tablet.head(listing).status]
        answer = tablet.get(listing)
        found.append(answer.status)
        if answer.status == 200:
            (entry,) = answer.xml
            wanted = {child.tag.rpartition("}")[2]: child.text or "" for child in entry}
            (file,) = tablet.manifest(wanted)
            found.append(tablet.get(wanted["downloadUrl"]).status)
            found.append(tablet.get(file["downloadUrl"]).status)
        return [*found, tablet.head(f"{base}/submission").status]

    if authorization:
        assert walk() == [401, 401, 401]  # each request is challenged anew (A4)
        tablet.headers["Authorization"] = authorization
    assert walk() == [200, 200, 200, 200, 204]


def test_N4_a_form_that_is_gone_leaves_the_list_and_is_no_error(tablet: Tablet, form: Form) -> None:
    tablet.user_agent = ENKETO_AGENT
    assert len(tablet.get(f"{tablet.server_url}/formList?formID=visit").xml) == 1
    Form.objects.update(retired_at="2026-01-01T00:00Z")
    answer = tablet.get(f"{tablet.server_url}/formList?formID=visit")
    assert (answer.status, len(answer.xml)) == (200, 0)


def test_N5_the_address_is_one_for_all_people(
    enketo: Enketo, form: Form, as_charlie: Client, as_alice: Client
) -> None:
    for client in (as_charlie, as_alice):
        client.get("/web-forms/fill/visit/")
    assert {fields["server_url"] for _, _, fields in enketo.asked} == {f"{ORIGIN}/openrosa"}
