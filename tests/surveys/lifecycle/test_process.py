"""The row is the queue: what is done, what is tried again, what is parked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.entities.models import Entity
from surveys.households.models import Membership
from surveys.lifecycle.process import _mark_next, process_waiting
from surveys.lifecycle.tasks import process_waiting_task
from surveys.places.models import Place
from surveys.rounds.models import Round, Survey
from surveys.submissions.models import Submission
from surveys.xforms.models import Form
from tests.surveys.household_forms import (
    REGISTRATION,
    SERVICE,
    arrive,
    drain,
    family_of,
    publish,
    refusal,
    registration,
    service,
)

pytestmark = pytest.mark.django_db
State = Submission.State


@pytest.fixture(autouse=True)
def _forms(db: None) -> None:
    publish(REGISTRATION)
    publish(SERVICE)


def poison(submission: Submission) -> Submission:
    """A stored row that cannot be read, as after a fault of ours."""
    Submission.objects.filter(pk=submission.pk).update(raw_xml=b"<broken")
    return submission


def wait_over() -> None:
    Submission.objects.filter(try_after__isnull=False).update(try_after=timezone.now())


def flags() -> list[str]:
    return sorted(QualityFlag.objects.values_list("code", flat=True))


def test_record_becomes_clean_rows() -> None:
    record = arrive(registration("uuid:1"))
    assert process_waiting() == 1
    assert process_waiting() == 0

    record.refresh_from_db()
    assert (record.state, record.attempts, record.error) == (State.PROCESSED, 0, "")
    root = CleanRow.objects.get(pk=record.record_id)
    assert root.values["start"] == "2026-06-03T03:00:00.000+00:00"
    assert root.submitted_at.isoformat() == "2026-06-03T03:40:00+00:00"
    assert (root.form_id, root.instance_id, root.version) == (record.form_id, "uuid:1", "1")
    members = CleanRow.objects.filter(repeat="roster/member").order_by("index")
    assert [row.values["name"] for row in members] == list(family_of("KG-06-00123")[:2])
    assert {row.parent_id for row in members} == {root.pk}
    trip = CleanRow.objects.get(repeat="roster/member/trip")
    assert trip.parent_id == members[0].pk


def test_batch_takes_the_oldest_first_and_no_more_than_its_limit() -> None:
    records = [arrive(registration(f"uuid:{n}", card=f"KG-06-{n:05}")) for n in range(5)]
    assert process_waiting(limit=2) == 2
    done = Submission.objects.filter(state=State.PROCESSED).values_list("pk", flat=True)
    assert set(done) == {record.pk for record in records[:2]}


def test_poison_row_is_parked_after_its_tries_and_holds_up_nobody() -> None:
    good = arrive(registration("uuid:1"))
    bad = poison(arrive(registration("uuid:2", card="KG-06-00002")))
    late = arrive(registration("uuid:3", card="KG-06-00003"))
    assert drain() == 3
    assert CleanRow.objects.filter(repeat="").count() == 2

    for _ in range(settings.PROCESS_MAX_TRIES):
        wait_over()
        drain()
    bad.refresh_from_db()
    assert bad.state == State.PARKED
    assert bad.error.startswith("InstanceError in instance.py, line ")
    for other in (good, late):
        other.refresh_from_db()
        assert other.state == State.PROCESSED


def test_failed_row_waits_before_it_is_tried_again() -> None:
    bad = poison(arrive(registration("uuid:1")))
    drain()
    bad.refresh_from_db()
    assert (bad.state, bad.attempts) == (State.RECEIVED, 1)
    assert bad.try_after > timezone.now()
    assert process_waiting() == 0


def test_parked_row_that_is_sent_again_is_processed() -> None:
    record = arrive(registration("uuid:1"))
    raw = bytes(Submission.objects.get(pk=record.pk).raw_xml)
    poison(record)
    Submission.objects.filter(pk=record.pk).update(state=State.PARKED, error="x", attempts=5)
    assert process_waiting() == 0

    Submission.objects.filter(pk=record.pk).update(raw_xml=raw, state=State.RECEIVED, attempts=0)
    drain()
    record.refresh_from_db()
    assert (record.state, record.error) == (State.PROCESSED, "")


def test_row_that_takes_its_worker_down_is_tried_alone_and_parked() -> None:
    killer = arrive(registration("uuid:1"))
    other = arrive(registration("uuid:2", card="KG-06-00002"))
    for _ in range(settings.PROCESS_MAX_TRIES):
        _mark_next()  # and then the process dies
        wait_over()
    process_waiting()

    killer.refresh_from_db()
    other.refresh_from_db()
    assert (killer.state, other.state) == (State.PARKED, State.PROCESSED)
    assert "cut short" in killer.error


def test_one_try_cut_short_does_no_harm() -> None:
    record = arrive(registration("uuid:1"))
    _mark_next()
    assert process_waiting() == 0  # left alone for a second: its worker may be at it
    wait_over()
    assert process_waiting() == 1
    record.refresh_from_db()
    assert (record.state, record.attempts) == (State.PROCESSED, 0)


@pytest.mark.django_db(transaction=True)
def test_rows_that_another_worker_holds_are_left_to_it() -> None:
    held = arrive(registration("uuid:1"))
    free = arrive(registration("uuid:2", card="KG-06-00002"))
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Submission.objects.select_for_update().get(pk=held.pk)
            locked.set()
            done.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait(10)
    assert drain() == 1
    done.set()
    holder.join(10)

    free.refresh_from_db()
    assert free.state == State.PROCESSED
    assert drain() == 1


@contextmanager
def held_elsewhere(space: int, key: str) -> Iterator[None]:
    """Another connection holds one of the advisory locks, as another worker would."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_lock({space}, {key})")
            held.set()
            done.wait(20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    try:
        yield
    finally:
        done.set()
        holder.join(10)


@pytest.mark.django_db(transaction=True)
def test_database_that_gives_up_ends_the_task_quietly_and_the_row_waits() -> None:
    record = arrive(registration("uuid:1"))
    with held_elsewhere(2, "hashtext('KG-06-00123')"), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 300")
        process_waiting_task()
        cursor.execute("RESET statement_timeout")
    record.refresh_from_db()
    assert (record.state, record.error) == (State.RECEIVED, "")
    wait_over()
    assert drain() == 1


@pytest.mark.django_db(transaction=True)
def test_edits_that_another_worker_settles_are_left_waiting_without_blame() -> None:
    arrive(registration("uuid:1"))
    edit = arrive(registration("uuid:2", replaces="uuid:1"))
    alone = arrive(registration("uuid:3", card="KG-06-00003"))
    with held_elsewhere(1, str(edit.form_id)):
        assert drain() == 1
    edit.refresh_from_db()
    alone.refresh_from_db()
    assert (edit.state, edit.attempts) == (State.RECEIVED, 0)
    assert alone.state == State.PROCESSED
    wait_over()
    assert drain() == 2


def test_task_drains_what_waits() -> None:
    for n in range(3):
        arrive(registration(f"uuid:{n}", card=f"KG-06-{n:05}"))
    process_waiting_task()
    assert not Submission.objects.waiting().exists()


def test_unknown_version_is_read_by_the_newest_schema_and_flagged() -> None:
    record = arrive(registration("uuid:1", version="2099", more="<shoe_size>38</shoe_size>"))
    drain()
    root = CleanRow.objects.get(pk=record.record_id)
    assert (root.version, root.values["hh_size"]) == ("2099", 2)
    assert root.verbatim["/shoe_size"] == "38"
    assert flags() == ["node_unknown", "version_unknown"]


def test_flag_of_a_node_in_a_group_of_legal_aid_is_for_people_named_for_it() -> None:
    unknown = b"<legal><lawyer>x</lawyer></legal><shoe_size>38</shoe_size><meta>"
    arrive(service("uuid:1").replace(b"<meta>", unknown, 1))
    drain()
    told = QualityFlag.objects.filter(code="node_unknown").values_list("path", "restricted")
    assert dict(told) == {"legal/lawyer": True, "shoe_size": False}


def test_encrypted_record_has_an_empty_row_and_a_flag() -> None:
    record = arrive(
        b'<data xmlns="http://opendatakit.org/submissions" id="service" encrypted="yes"'
        b' version="1"><base64EncryptedKey>x</base64EncryptedKey>'
        b'<meta xmlns="http://openrosa.org/xforms"><instanceID>uuid:1</instanceID></meta>'
        b"<encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>"
    )
    drain()
    root = CleanRow.objects.get()
    assert (root.pk, root.values, root.verbatim) == (record.record_id, {}, {})
    assert root.restricted  # the form asks about legal aid, so this may be about it
    assert flags() == ["encrypted"]
    assert not Entity.objects.exists()
    assert not Membership.objects.exists()


def test_legal_aid_makes_all_rows_of_a_record_restricted() -> None:
    legal = arrive(service("uuid:1", topic="alimony"))
    grant = arrive(service("uuid:2"))
    drain()
    assert CleanRow.objects.get(pk=legal.record_id).restricted
    assert not CleanRow.objects.get(pk=grant.record_id).restricted


def test_record_from_outside_the_round_is_taken_and_flagged() -> None:
    def place(code: str) -> Place:
        return Place.objects.create(code=code, level=2, path=f"KG/{code}", name_en=code)

    target, _ = place("KG06207000000"), place("KG06226000000")
    round_ = Round.objects.create(survey=Survey.objects.create(code="s"), code="r")
    round_.places.add(target)
    Form.objects.filter(form_id="registration").update(round=round_)

    inside = arrive(registration("uuid:1"))
    outside = arrive(registration("uuid:2", card="KG-06-00002", district="KG06226000000"))
    nowhere = arrive(refusal("uuid:3"))
    drain()
    assert not inside.flags.exists()
    assert not nowhere.flags.exists()
    assert [flag.code for flag in outside.flags.all()] == ["outside_round"]
    assert CleanRow.objects.filter(repeat="").count() == 3


def test_late_photo_clears_its_flag() -> None:
    xml = registration("uuid:1", more="<photo>и\u0306.jpg</photo>")
    arrive(xml)
    drain()
    assert flags() == ["attachment_missing"]
    arrive(xml, files=["й.jpg"])
    drain()
    assert flags() == []


def test_settled_flag_stays_settled_when_processed_again() -> None:
    record = arrive(registration("uuid:1", more="<photo>a.jpg</photo>"))
    drain()
    settled = timezone.now() - timedelta(days=1)
    QualityFlag.objects.update(settled_at=settled)
    Submission.objects.filter(pk=record.pk).update(state=State.RECEIVED)
    drain()
    assert list(QualityFlag.objects.values_list("settled_at", flat=True)) == [settled]


def test_paths_longer_than_a_flag_can_hold_do_not_stop_the_row() -> None:
    record = arrive(registration("uuid:1", more=f"<{'x' * 700}>1</{'x' * 700}>"))
    drain()
    record.refresh_from_db()
    assert record.state == State.PROCESSED


def test_form_without_any_version_keeps_every_answer_verbatim() -> None:
    Form.objects.create(form_id="bare", title="Bare")
    record = arrive(b'<data id="bare"><q>1</q><meta><instanceID>uuid:1</instanceID></meta></data>')
    drain()
    row = CleanRow.objects.get(pk=record.record_id)
    assert (row.values, row.verbatim) == ({}, {"/q": "1"})
