"""The log of a record: what the worker adds when it processes."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from surveys.lifecycle.delete import delete_record, restore_record
from surveys.lifecycle.process import process_waiting
from surveys.lifecycle.rebuild import rebuild_records
from surveys.submissions.models import ReviewStep, Submission
from surveys.submissions.review import Looked, approve_record, send_back
from tests.surveys.household_forms import (
    REGISTRATION,
    SERVICE,
    arrive,
    drain,
    publish,
    registration,
    service,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forms(db: None) -> None:
    publish(REGISTRATION)
    publish(SERVICE)


def steps() -> list[tuple[str, str]]:
    found = ReviewStep.objects.order_by("pk").values_list("submission__instance_id", "step")
    return list(found)


def head_of(submission: Submission) -> Looked:
    return Looked(Submission.objects.get(record_id=submission.record_id, head=True).instance_id)


def test_sync_4_record_that_no_check_doubts_is_processed() -> None:
    sent = arrive(service("uuid:1"))
    Submission.objects.filter(pk=sent.pk).update(device_id=7)
    drain()

    (step,) = ReviewStep.objects.all()
    assert (step.step, step.submission_id, step.device_id) == ("processed", sent.pk, 7)
    assert step.record_id == sent.record_id
    assert step.by is None
    assert step.change > 0


def test_sync_4_record_with_a_flag_is_flagged() -> None:
    arrive(registration("uuid:1", version="never published"))
    drain()
    assert steps() == [("uuid:1", "flagged")]


def test_processing_again_adds_no_step(alice: User) -> None:
    original = arrive(service("uuid:1"))
    arrive(registration("uuid:2"))
    arrive(registration("uuid:3", replaces="uuid:2"))
    drain()
    send_back(record_id=original.record_id, looked=head_of(original), by=alice, comment="Look")
    before = steps()

    list(rebuild_records())

    assert steps() == before


def test_step_is_added_when_what_the_checks_say_changed() -> None:
    sent = arrive(service("uuid:1"))
    Submission.objects.update(form_version=None)  # as when its version is published only later
    drain()
    assert steps() == [("uuid:1", "flagged")]

    Submission.objects.update(form_version=sent.form.current, state=Submission.State.RECEIVED)
    drain()

    assert steps() == [("uuid:1", "flagged"), ("uuid:1", "processed")]


def test_edit_of_a_record_that_was_sent_back_closes_the_loop(alice: User) -> None:
    original = arrive(service("uuid:1"))
    drain()
    send_back(record_id=original.record_id, looked=head_of(original), by=alice, comment="Which?")
    closing = b"</instanceID>"
    arrive(service("uuid:2").replace(closing, closing + b"<deprecatedID>uuid:1</deprecatedID>"))
    drain()

    assert steps() == [
        ("uuid:1", "processed"),
        ("uuid:1", "sent_back"),
        ("uuid:2", "returned"),
        ("uuid:2", "processed"),
    ]
    assert Submission.objects.get(head=True).review_state == "edited"
    list(rebuild_records())
    assert len(steps()) == 4


def test_tablet_whose_record_another_one_edited_hears_that_it_came_back(alice: User) -> None:
    original = arrive(registration("uuid:1"))
    Submission.objects.filter(pk=original.pk).update(device_id=1)
    drain()
    send_back(record_id=original.record_id, looked=head_of(original), by=alice, comment="Which?")
    edit = arrive(registration("uuid:2", replaces="uuid:1"))
    Submission.objects.filter(pk=edit.pk).update(device_id=2)
    drain()

    returned = ReviewStep.objects.filter(step="returned").order_by("pk")
    told = [(step.submission.instance_id, step.device_id) for step in returned]
    assert told == [("uuid:2", 2), ("uuid:1", 1)]
    list(rebuild_records())
    assert returned.count() == 2


def test_edit_of_an_approved_record_needs_review_again_but_did_not_come_back(alice: User) -> None:
    original = arrive(registration("uuid:1"))
    drain()
    approve_record(record_id=original.record_id, looked=head_of(original), by=alice)
    arrive(registration("uuid:2", replaces="uuid:1"))
    drain()

    assert "returned" not in [step for _, step in steps()]
    assert Submission.objects.get(head=True).review_state == "edited"


def test_second_edit_after_the_loop_was_closed_does_not_come_back_again(alice: User) -> None:
    original = arrive(registration("uuid:1"))
    drain()
    send_back(record_id=original.record_id, looked=head_of(original), by=alice, comment="Which?")
    for number in (2, 3):
        arrive(registration(f"uuid:{number}", replaces=f"uuid:{number - 1}"))
        drain()

    assert [step for _, step in steps()].count("returned") == 1


def test_original_that_comes_after_its_edit_was_sent_back_leaves_it_open(alice: User) -> None:
    edit = arrive(registration("uuid:2", replaces="uuid:1"))
    drain()
    send_back(record_id=edit.record_id, looked=head_of(edit), by=alice, comment="Which?")
    arrive(registration("uuid:1"))
    drain()

    assert "returned" not in [step for _, step in steps()]
    assert Submission.objects.get(head=True).review_state == "has_issues"


def test_second_registration_of_a_card_is_told_that_it_belongs_to_a_known_household() -> None:
    arrive(registration("uuid:1"))
    drain()
    arrive(registration("uuid:2", entity=uuid.uuid4()))
    drain()

    merged = ReviewStep.objects.filter(step="merged")
    assert list(merged.values_list("submission__instance_id", "comment")) == [("uuid:2", "")]
    list(rebuild_records())
    assert merged.count() == 1


def test_two_registrations_of_one_card_in_one_batch_the_later_is_told() -> None:
    arrive(registration("uuid:1"))
    arrive(registration("uuid:2", entity=uuid.uuid4()))
    drain()

    merged = ReviewStep.objects.filter(step="merged")
    assert list(merged.values_list("submission__instance_id", flat=True)) == ["uuid:2"]


def test_record_that_is_deleted_and_restored_was_not_merged_with_itself() -> None:
    sent = arrive(registration("uuid:1"))
    drain()
    delete_record(record_id=sent.record_id, by=None)
    restore_record(record_id=sent.record_id, by=None)

    assert "merged" not in [step for _, step in steps()]


def test_deleted_record_keeps_its_steps_and_gets_no_new_ones() -> None:
    sent = arrive(registration("uuid:1"))
    drain()
    before = steps()
    delete_record(record_id=sent.record_id, by=None)
    arrive(registration("uuid:2", replaces="uuid:1"))
    drain()

    assert steps() == before


def test_steps_cost_a_batch_of_new_records_one_statement() -> None:
    for number in range(5):
        arrive(registration(f"uuid:{number}", card=f"KG-06-{number:05}"))
    with CaptureQueriesContext(
        connection,
    ) as captured:
        process_waiting()

    about_steps = [q["sql"] for q in captured if "submissions_reviewstep" in q["sql"]]
    assert len(about_steps) == 1
    assert about_steps[0].startswith("INSERT")


def test_no_step_can_be_changed() -> None:
    arrive(registration("uuid:1"))
    drain()
    with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
        ReviewStep.objects.update(step="approved")
