"""A draft as a tablet meets it: a server of its own, whose records are tests for ever."""

import csv
import io
import zlib
from base64 import b64decode
from collections.abc import Callable
from json import loads
from pathlib import Path

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from backend.accounts.tokens import make_personal_token
from surveys.cleaning.models import CleanRow
from surveys.entities.models import Entity, EntityList
from surveys.households.models import Household
from surveys.publishing.drafts import attach_to_draft, drop_draft, keep_draft, publish_kept
from surveys.publishing.models import FormDraft, TrialRecord
from surveys.submissions.models import Quarantined, Submission
from sync.enrol import enrol_device
from sync.qr import TRIAL_COLOR, collect_settings, qr_text
from tests.device import Tablet, client_door
from tests.openrosa.conftest import ORIGIN, make_record
from tests.surveys.publishing.sample import VISIT, draft_of
from tests.xlsforms import publish

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parents[2] / "data" / "forms"


def trying(draft: FormDraft) -> Tablet:
    return Tablet(f"{ORIGIN}/try/{draft.token}", client_door(Client(enforce_csrf_checks=True)))


def record(rooms: str = "3", **named: str) -> bytes:
    xml = make_record("uuid:1", version="2", **named).decode()
    return xml.replace("<name>Ali</name>", f"<rooms>{rooms}</rooms>").encode()


def test_tablet_that_tries_is_offered_the_draft_and_nothing_else() -> None:
    publish(VISIT, version="1", form_id="other")
    draft = draft_of()
    tablet = trying(draft)

    (listed,) = tablet.form_list()

    assert (listed["formID"], listed["version"]) == ("visit", "2")
    assert listed["name"] == "TEST · Visit"
    assert tablet.fetch_form(listed) == bytes(draft.xform)
    assert tablet.manifest(listed) == []


def test_tablets_of_the_programme_see_no_draft() -> None:
    draft = draft_of()
    token = enrol_device(name="Tablet 1").token

    tablet = Tablet(f"{ORIGIN}/key/{token}", client_door(Client()))

    assert tablet.form_list() == []
    assert trying(draft).form_list() != []


def test_what_is_sent_to_a_draft_is_kept_as_a_test_and_counts_nowhere(
    as_alice: Client, alice: User, drain: Callable[[], int]
) -> None:
    """Though the form is published too, writes entities, and founds households."""
    content = (DATA / "registration.xlsx").read_bytes()
    published = publish_kept(draft=keep_draft(content=content), looked_at=None)
    draft = keep_draft(content=_another_version(content))
    xml = make_record("uuid:1", form_id=published.form.form_id, version="99")

    answer = trying(draft).send(xml, [("photo.jpg", b"\xff\xd8", "image/jpeg")])

    assert (answer.status, drain()) == (201, 0)
    assert "counts nowhere" in answer.message
    trial = draft.trials.get()
    assert (bytes(trial.raw_xml), [f["name"] for f in trial.files]) == (xml, ["photo.jpg"])
    counted = (Submission, CleanRow, Household, Entity, EntityList, Quarantined)
    assert [each.objects.count() for each in counted] == [0] * len(counted)
    form_id = published.form.form_id
    records = as_alice.get(f"/api/v1/forms/{form_id}/records/?count=true").json()
    assert records["results"] == []
    bearer = {"Authorization": f"Bearer {make_personal_token(user=alice, name='feed')}"}
    address = f"/v1/projects/1/forms/{form_id}.svc/Submissions?$count=true"
    feed = Client().get(address, headers=bearer)
    assert feed.json()["@odata.count"] == 0
    assert as_alice.get("/api/v1/households/").json()["results"] == []
    (line,) = as_alice.get("/forms/").context["lines"]
    assert line.records == 0


def _another_version(content: bytes) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    settings = book["settings"]
    headers = [cell.value for cell in settings[1]]
    settings.cell(2, headers.index("version") + 1).value = "99"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_test_record_is_shown_beside_its_questions(as_alice: Client) -> None:
    draft = draft_of()
    trying(draft).send(record("three"))

    page = as_alice.get(f"/forms/drafts/{draft.pk}/tests/{draft.trials.get().pk}/")

    words = page.content.decode()
    assert "How many rooms?" in words
    assert "does not fit the question" in words
    assert "It is no record" in words


def test_second_delivery_brings_nothing_new_and_late_files_are_added() -> None:
    draft = draft_of()
    tablet = trying(draft)

    statuses = [
        tablet.send(record()).status,
        tablet.send(record()).status,
        tablet.send(record(), [("a.jpg", b"\xff\xd8", "image/jpeg")]).status,
        tablet.send(record(), [("a.jpg", b"\xff\xd8", "image/jpeg")]).status,
    ]

    assert statuses == [201, 202, 201, 202]
    assert [f["name"] for f in TrialRecord.objects.get().files] == ["a.jpg"]


@pytest.mark.parametrize(
    ("xml", "status", "code"),
    [
        (b"<data", 400, "xml_malformed"),
        (make_record("uuid:1", form_id="other"), 404, "form_unknown"),
    ],
)
def test_what_is_no_record_of_the_draft_is_refused_and_kept(
    as_alice: Client, xml: bytes, status: int, code: str
) -> None:
    draft = draft_of()

    answer = trying(draft).send(xml)

    trial = TrialRecord.objects.get()
    assert (answer.status, trial.problem, bytes(trial.raw_xml)) == (status, code, xml)
    assert not Quarantined.objects.exists()
    assert code in as_alice.get(f"/forms/drafts/{draft.pk}/tests/{trial.pk}/").content.decode()


def test_closed_draft_is_listed_no_more_but_takes_what_was_filled_in() -> None:
    published, dropped = draft_of(version="1"), draft_of(version="9")
    publish_kept(draft=published, looked_at=None)
    drop_draft(draft=dropped)

    for draft in (published, dropped):
        assert trying(draft).form_list() == []
        assert trying(draft).send(record()).status == 201
        assert draft.trials.count() == 1
    assert not Submission.objects.exists()


def test_unknown_token_is_refused_in_words_and_stores_nothing() -> None:
    tablet = Tablet(f"{ORIGIN}/try/{'x' * 43}", client_door(Client()))

    assert tablet.get(f"{tablet.server_url}/formList").status == 403
    assert tablet.send(record()).status == 403
    assert tablet.get(f"{tablet.server_url}/elsewhere").status == 404
    assert not TrialRecord.objects.exists()


def test_token_of_a_draft_opens_nothing_of_the_programme() -> None:
    publish(VISIT, version="1")
    draft = draft_of()

    for scheme in ("key/{}/formList", "key/{}/submission"):
        address = f"{ORIGIN}/{scheme.format(draft.token)}"
        assert Tablet(ORIGIN, client_door(Client())).get(address).status == 403
    as_bearer = Client().get("/api/v1/forms/", headers={"Authorization": f"Bearer {draft.token}"})
    assert as_bearer.status_code in {401, 403}


def test_files_of_draft_and_form_are_served_the_drafts_first() -> None:
    table = """
    | survey |      |      |       |              |
    |        | type | name | label | media::image |
    |        | text | a    | A     | map.png      |
    |        | text | b    | B     | two.png      |
    """
    form = publish(table, version="1").form
    form.media.create(name="map.png", content=b"old", content_type="image/png", md5="0" * 32)
    form.media.create(name="two.png", content=b"two", content_type="image/png", md5="1" * 32)
    draft = draft_of(table)
    attach_to_draft(draft=draft, name="map.png", content=b"new")
    tablet = trying(draft)

    files = tablet.manifest(tablet.form_list()[0])

    fetched = {each["filename"]: tablet.get(each["downloadUrl"]).content for each in files}
    assert fetched == {"map.png": b"new", "two.png": b"two"}


def test_households_to_choose_from_are_made_up_and_fit_the_filter() -> None:
    """No family is found behind a code that is passed around."""
    content = (DATA / "registration.xlsx").read_bytes()
    publish_kept(draft=keep_draft(content=content), looked_at=None)
    draft = keep_draft(content=(DATA / "followup.xlsx").read_bytes())
    tablet = trying(draft)

    (listed,) = tablet.manifest(tablet.form_list()[0])
    answer = tablet.get(listed["downloadUrl"])

    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    asked = {c.name for f in draft.schema.fields if f.name == "p_district" for c in f.choices}
    assert listed["filename"] == "households.csv"
    assert all(row["label"].startswith("TEST ") for row in rows)
    assert asked
    assert {row["district"] for row in rows} == asked


def test_qr_code_is_a_project_of_its_own_called_a_test(as_alice: Client) -> None:
    draft = draft_of()

    image = as_alice.get(f"/forms/drafts/{draft.pk}/qr.png")
    address = as_alice.get(f"/forms/drafts/{draft.pk}/address/")

    assert image.headers["Content-Type"] == "image/png"
    assert image.content.startswith(b"\x89PNG")
    assert address.content.decode() == f"{ORIGIN}/try/{draft.token}"


def test_settings_in_the_qr_code_name_the_draft_in_red() -> None:
    text = qr_text(collect_settings(server_url="http://x", name="TEST · A", color=TRIAL_COLOR))
    settings = loads(zlib.decompress(b64decode(text)))

    assert settings["project"] == {"name": "TEST · A", "icon": "O", "color": TRIAL_COLOR}


def test_list_and_manifest_take_a_constant_number_of_queries() -> None:
    tablet = trying(draft_of())
    for path in ("formList", "manifest"):
        with CaptureQueriesContext(connection) as few:
            tablet.get(f"{tablet.server_url}/{path}")
        assert len(few) <= 4
