"""Submissions in the console: who sees which, processing again, and the quarantine."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.test import Client

from backend.audit.models import AuditEvent
from surveys.cleaning.models import CleanRow
from surveys.places.models import Place
from surveys.submissions.models import Quarantined, Submission
from surveys.submissions.quarantine import Sender, quarantine
from surveys.xforms.models import Form

pytestmark = pytest.mark.django_db
LIST = "/admin/submissions/submission/"
NOW = datetime(2026, 9, 1, tzinfo=UTC)


def make_submission(instance_id: str, *, record_id: object = None, **fields: object) -> Submission:
    form, _ = Form.objects.get_or_create(form_id="visit", defaults={"title": "Visit"})
    return Submission.objects.create(
        form=form,
        instance_id=instance_id,
        record_id=record_id or uuid4(),
        raw_xml=b"<data/>",
        sha256=b"",
        received_at=NOW,
        **fields,
    )


def make_row(submission: Submission, **fields: object) -> CleanRow:
    return CleanRow.objects.create(
        id=submission.record_id,
        record_id=submission.record_id,
        submission=submission,
        form=submission.form,
        values={},
        verbatim={},
        instance_id=submission.instance_id,
        received_at=NOW,
        updated_at=NOW,
        **fields,
    )


def listed(client: Client) -> str:
    return client.get(LIST).content.decode()


def test_all_editions_of_a_restricted_record_are_for_named_people(
    as_alice: Client, as_root: Client
) -> None:
    head = make_submission("uuid:edit")
    make_submission("uuid:original", record_id=head.record_id)
    make_submission("uuid:open")
    make_row(head, restricted=True)

    assert "uuid:edit" in listed(as_alice)
    hidden = listed(as_root)  # an admin, but not named for legal aid
    assert "uuid:open" in hidden
    assert "uuid:edit" not in hidden
    assert "uuid:original" not in hidden
    assert as_root.get(f"{LIST}{head.pk}/change/").status_code == 302


def test_a_supervisor_sees_the_submissions_of_her_places(as_dilnoza: Client) -> None:
    osh = Place.objects.create(code="KG06000000000", level=1, path="KG/KG06", name_en="Osh")
    naryn = Place.objects.create(code="KG04000000000", level=1, path="KG/KG04", name_en="Naryn")
    make_row(make_submission("uuid:osh"), place=osh)
    make_row(make_submission("uuid:naryn"), place=naryn)

    page = listed(as_dilnoza)

    assert "uuid:osh" in page
    assert "uuid:naryn" not in page


def test_an_analyst_and_an_enumerator_see_none(as_bob: Client, as_charlie: Client) -> None:
    for client in (as_bob, as_charlie):
        assert client.get(LIST).status_code in {302, 403}


def test_opening_a_submission_is_logged_and_shows_no_answers(as_alice: Client) -> None:
    submission = make_submission("uuid:1", state=Submission.State.PARKED, error="ValueError")

    page = as_alice.get(f"{LIST}{submission.pk}/change/")

    assert "ValueError" in page.content.decode()
    assert "&lt;data" not in page.content.decode()
    event = AuditEvent.objects.get(action="submission.opened")
    assert (event.by.username, event.target_id) == ("alice", str(submission.pk))


def test_a_parked_submission_can_be_processed_again(as_alice: Client) -> None:
    parked = make_submission("uuid:1", state=Submission.State.PARKED, attempts=5, error="why")

    as_alice.post(LIST, {"action": "process_again", "_selected_action": [parked.pk]})

    parked.refresh_from_db()
    assert (parked.state, parked.attempts, parked.error) == (Submission.State.RECEIVED, 0, "")
    assert AuditEvent.objects.filter(action="submission.process_again").exists()


@pytest.fixture
def kept(db: None) -> Quarantined:
    return quarantine(reason="xml_malformed", raw=b"<data>", files=[], sender=Sender())


def test_quarantined_bytes_are_for_named_people_and_each_look_is_logged(
    kept: Quarantined, as_alice: Client, as_root: Client, as_dilnoza: Client
) -> None:
    url = f"/admin/submissions/quarantined/{kept.pk}/raw/"

    answer = as_alice.get(url)

    assert answer.content == b"<data>"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert AuditEvent.objects.get(action="quarantined.downloaded").by.username == "alice"
    assert as_root.get(url).status_code == 403
    assert as_dilnoza.get(url).status_code == 403
    assert as_alice.get("/admin/submissions/quarantined/999/raw/").status_code == 403


def test_a_quarantined_delivery_is_settled_once(kept: Quarantined, as_alice: Client) -> None:
    chosen = {"action": "settle", "_selected_action": [kept.pk]}
    for _ in range(2):
        as_alice.post("/admin/submissions/quarantined/", chosen)

    kept.refresh_from_db()
    assert kept.settled_at is not None
    assert AuditEvent.objects.filter(action="quarantined.settled").count() == 1


def test_a_settled_delivery_that_comes_again_is_open_again(kept: Quarantined) -> None:
    Quarantined.objects.update(settled_at=NOW)

    quarantine(reason="xml_malformed", raw=b"<data>", files=[], sender=Sender())

    kept.refresh_from_db()
    assert (kept.times, kept.settled_at) == (2, None)
