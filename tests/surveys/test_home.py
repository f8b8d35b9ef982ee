"""The first page: what waits for each, what happened since yesterday, and nothing of others."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.datasets.models import Export
from surveys.households.models import Household, Membership
from surveys.places.models import Place
from surveys.submissions.models import Quarantined, ReviewStep, Submission
from surveys.xforms.models import Form, FormVersion
from sync.models import Device
from tests.surveys.datasets.records import make_record, next_version

PAGE = {"headers": {"accept": "text/html"}}


@pytest.fixture
def form(form: Form) -> Form:
    """Published long ago, so that it is no news."""
    FormVersion.objects.update(published_at=timezone.now() - timedelta(days=9))
    return form


def page_of(client: Client) -> str:
    answer = client.get("/", **PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def section(page: str, name: str) -> str:
    found = page.split(f'<h2 id="{name}">')[1].split("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def waits(client: Client) -> str:
    return section(page_of(client), "waits")


def happened(client: Client) -> str:
    return section(page_of(client), "happened")


def arrived(form: Form, place: Place | None, hours: int = 1, **fields: object) -> CleanRow:
    record = make_record(form, place=place, **fields)
    at = timezone.now() - timedelta(hours=hours)
    CleanRow.objects.filter(pk=record.pk).update(received_at=at)
    return record


@pytest.mark.parametrize("who", ["alice", "dilnoza", "bob", "charlie", "root"])
def test_empty_server_says_kindly_that_nothing_waits(
    request: pytest.FixtureRequest, who: str
) -> None:
    client: Client = request.getfixturevalue(f"as_{who}")

    assert "Nothing waits for you." in waits(client)
    assert "It was quiet" in happened(client)


def test_supervisor_sees_what_waits_in_her_places_only(
    as_dilnoza: Client,
    form: Form,
    alai: Place,
    naryn: Place,
) -> None:
    for place in (alai, naryn, naryn):
        QualityFlag.objects.create(submission=arrived(form, place).submission, code="clock_ahead")
    for place in (alai, naryn, naryn):
        device = Device.objects.create(
            name=place.code, last_seen_at=timezone.now() - timedelta(days=60)
        )
        device.places.add(place)

    found = waits(as_dilnoza)

    assert "1 to review" in found
    assert "1 quality flag " in found
    assert "1 tablet overdue" in found
    assert "1 record arrived" in happened(as_dilnoza)


def test_analyst_is_told_of_nothing_she_may_not_do(as_bob: Client, form: Form) -> None:
    QualityFlag.objects.create(submission=arrived(form, None).submission, code="clock_ahead")
    Device.objects.create(name="T", last_seen_at=timezone.now() - timedelta(days=60))
    Submission.objects.update(state=Submission.State.PARKED)

    assert "Nothing waits for you." in waits(as_bob)
    assert happened(as_bob) == "Since yesterday 1 record arrived"


def test_what_is_stuck_waits_for_those_who_are_for_all_places(
    as_alice: Client,
    as_dilnoza: Client,
    form: Form,
) -> None:
    make_record(form)
    Submission.objects.update(state=Submission.State.PARKED)
    Quarantined.objects.create(reason="form_unknown", raw=b"<x/>", sha256=b"1" * 32)

    assert "1 parked" in waits(as_alice)
    assert "1 set aside" in waits(as_alice)
    assert "parked" not in waits(as_dilnoza)
    assert "set aside" not in waits(as_dilnoza)


def test_export_waits_until_it_was_fetched_and_a_failed_one_is_told(
    as_bob: Client,
    as_alice: Client,
    bob: User,
    form: Form,
) -> None:
    ready = Export.objects.create(form=form, kind="csv", asked_by=bob, state=Export.State.READY)
    Export.objects.create(form=form, kind="csv", asked_by=bob, state=Export.State.FAILED)

    assert "1 export ready" in waits(as_bob)
    assert "1 export failed" in waits(as_bob)
    assert "2 exports asked for" in happened(as_bob)
    assert "export" not in waits(as_alice)

    log_event("export.downloaded", by=bob, target=ready)
    assert "export ready" not in waits(as_bob)


def test_what_became_of_records_is_told_where_they_are_seen(
    as_dilnoza: Client,
    dilnoza: User,
    form: Form,
    alai: Place,
    naryn: Place,
) -> None:
    seen, elsewhere = make_record(form, place=alai), make_record(form, place=naryn)
    for record, steps in ((seen, ("approved", "sent_back")), (elsewhere, ("approved", "rejected"))):
        for step in steps:
            ReviewStep.objects.create(
                submission=record.submission, record_id=record.record_id, step=step, by=dilnoza
            )

    assert happened(as_dilnoza) == "Since yesterday 1 record approved 1 record sent back"


def test_legal_aid_is_counted_for_named_people_only(
    as_alice: Client,
    as_root: Client,
    form: Form,
) -> None:
    arrived(form, None, restricted=True)

    assert "1 record arrived" in happened(as_alice)
    assert "It was quiet" in happened(as_root)


def test_what_is_older_than_yesterday_is_not_news(as_alice: Client, form: Form) -> None:
    arrived(form, None, hours=49)
    Device.objects.create(name="T", last_seen_at=timezone.now())
    Device.objects.update(created_at=timezone.now() - timedelta(hours=49))

    assert "It was quiet" in happened(as_alice)


def test_new_households_and_tablets_are_news(
    as_dilnoza: Client,
    osh: Place,
    alai: Place,
    naryn: Place,
) -> None:
    for place in (alai, naryn):
        home = Household.objects.create(place=place)
        Membership.objects.create(record_id=uuid.uuid4(), household=home, form_id="visit")
        Device.objects.create(name=place.code).places.add(place)

    assert happened(as_dilnoza) == "Since yesterday 1 new household 1 tablet enrolled"


def test_published_form_is_news_for_everybody(
    as_charlie: Client, as_alice: Client, form: Form
) -> None:
    next_version(form)

    assert happened(as_charlie) == happened(as_alice) == "Since yesterday 1 form published"


def test_enumerator_hears_that_what_she_sent_arrived(
    as_charlie: Client,
    charlie: User,
    form: Form,
) -> None:
    for _ in range(2):
        make_record(form)
    Submission.objects.update(submitted_by=charlie, received_at=timezone.now())

    assert happened(as_charlie) == "Since yesterday 2 records of yours arrived"


def test_page_costs_the_same_queries_however_much_there_is(
    as_dilnoza: Client,
    dilnoza: User,
    form: Form,
    alai: Place,
) -> None:
    def add(number: int) -> None:
        record = arrived(form, alai)
        QualityFlag.objects.create(submission=record.submission, code="clock_ahead")
        ReviewStep.objects.create(
            submission=record.submission, record_id=record.record_id, step="approved", by=dilnoza
        )
        Device.objects.create(name=f"T{number}").places.add(alai)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            page_of(as_dilnoza)
        return len(seen)

    add(0)
    few = queries()
    for number in range(1, 5):
        add(number)
    assert queries() == few


def test_more_than_a_page_needs_to_know_is_said_as_more(
    as_dilnoza: Client, form: Form, alai: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.home.MOST_COUNTED", 2)
    for number in range(3):
        QualityFlag.objects.create(submission=arrived(form, alai).submission, code="clock_ahead")
        found = waits(as_dilnoza)
        shown = "2+" if number == 2 else str(number + 1)
        assert f"{shown} to review" in found
        assert re.search(rf"{re.escape(shown)} quality flags? ", found)
