"""Sections 4 and 5 of sync.md: what became of a tablet's own records."""

import time
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from surveys.households.models import Household, Membership
from surveys.submissions.models import ReviewStep, Submission
from surveys.xforms.models import Form
from sync.models import Device
from tests.sync.api.conftest import new_holdings
from tests.sync.api.holdings import Holdings

pytestmark = pytest.mark.django_db
Step = ReviewStep.Step


def make_submission(form: Form, device: Device, **fields: Any) -> Submission:
    return Submission.objects.create(
        form=form,
        instance_id=f"uuid:{uuid4()}",
        raw_xml=b"<data/>",
        sha256=b"",
        device_id=device.pk,
        received_at=timezone.now(),
        **{"state": Submission.State.PROCESSED, **fields},
    )


def add_step(submission: Submission, step: str, **fields: Any) -> ReviewStep:
    return ReviewStep.objects.create(
        submission=submission,
        record_id=submission.record_id,
        device_id=submission.device_id,
        step=step,
        **fields,
    )


def assert_quiet(held: Holdings) -> None:
    """Told twice while transactions of other tests are at work in these engines, not for ever."""
    until = time.monotonic() + 30
    while held.pull_page()["verdicts"]:
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.fixture
def held(form: Form) -> Holdings:
    return new_holdings()


@pytest.fixture
def sent(form: Form, held: Holdings) -> Submission:
    return make_submission(form, Device.objects.get())


def state_of(held: Holdings, submission: Submission) -> str:
    return str(held.pull().verdicts[submission.instance_id]["state"])


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        (["processed"], "processed"),
        (["flagged"], "flagged"),
        (["flagged", "processed"], "processed"),
        (["processed", "commented"], "processed"),
        (["commented"], "received"),
        (["processed", "merged"], "processed"),
        (["processed", "approved"], "approved"),
        (["processed", "rejected"], "rejected"),
        (["processed", "sent_back", "flagged"], "sent_back"),
        (["processed", "sent_back", "approved"], "approved"),
        (["returned", "processed"], "edited"),
        (["returned", "processed", "approved"], "approved"),
    ],
)
def test_sync_4_the_verdict_is_the_last_decision_or_what_processing_found(
    held: Holdings, sent: Submission, steps: list[str], state: str
) -> None:
    for step in steps:
        add_step(sent, step)
    assert state_of(held, sent) == state


def test_sync_5_a_record_sent_back_comes_with_comments_by_question(
    held: Holdings, sent: Submission
) -> None:
    add_step(sent, Step.PROCESSED)
    add_step(sent, Step.COMMENTED, comment="before")
    remark = {"path": "roster/member[2]/age", "text": "Жашы туура эмес"}
    add_step(sent, Step.SENT_BACK, comment="Кайра караңыз", comments=[remark])
    last = add_step(sent, Step.COMMENTED, comment="soon, please")

    (verdict,) = held.pull_page()["verdicts"]

    assert verdict == {
        "instance_id": sent.instance_id,
        "form_id": "visit",
        "state": "sent_back",
        "at": verdict["at"],
        "comment": "Кайра караңыз\nsoon, please",
        "comments": [remark],
        "household_card": "",
    }
    assert verdict["at"][:19] == last.at.isoformat()[:19]


def test_sync_4_the_verdict_names_the_card_of_the_household_the_record_is_in(
    held: Holdings, sent: Submission
) -> None:
    kept, merged = Household.objects.create(), Household.objects.create()
    for card, household in (("KG0600001", kept), ("KG0600002", merged)):
        Membership.objects.create(record_id=uuid4(), household=household, registers=True, card=card)
    Membership.objects.create(record_id=sent.record_id, household=merged, form_id="visit")
    add_step(sent, Step.PROCESSED)
    assert held.pull().verdicts[sent.instance_id]["household_card"] == "KG0600002"
    merged.redirect_to = kept
    merged.save()
    add_step(sent, Step.MERGED)
    assert held.pull().verdicts[sent.instance_id]["household_card"] == "KG0600001"


def test_sync_4_only_this_tablets_records(held: Holdings, sent: Submission, form: Form) -> None:
    other = new_holdings()
    theirs = make_submission(form, Device.objects.latest("pk"))
    add_step(sent, Step.APPROVED)
    add_step(theirs, Step.REJECTED)
    assert list(held.pull().verdicts) == [sent.instance_id]
    assert list(other.pull().verdicts) == [theirs.instance_id]


def test_sync_4_a_record_nobody_looked_at_is_received(held: Holdings, form: Form) -> None:
    held.pull()
    waiting = make_submission(form, Device.objects.get(), state=Submission.State.RECEIVED)
    assert state_of(held, waiting) == "received"
    add_step(waiting, Step.APPROVED)  # and it is processed again, for a new check
    assert state_of(held, waiting) == "approved"


def test_sync_4_verdicts_come_in_pages(held: Holdings, form: Form) -> None:
    sent = [make_submission(form, Device.objects.get()) for _ in range(7)]
    for each in sent:
        add_step(each, Step.PROCESSED)
    pages = [held.pull_page(limit=3) for _ in range(3)]
    assert [len(page["verdicts"]) for page in pages] == [3, 3, 1]
    assert [page["more"] for page in pages] == [True, True, False]
    assert held.verdicts.keys() == {each.instance_id for each in sent}


@pytest.mark.django_db(transaction=True)
def test_sync_4_a_verdict_is_told_once(held: Holdings, sent: Submission) -> None:
    add_step(sent, Step.PROCESSED)
    held.pull()
    assert_quiet(held)
    add_step(sent, Step.APPROVED)
    assert len(held.pull_page()["verdicts"]) == 1
    assert_quiet(held)


def other_connection() -> "psycopg.Connection[Any]":
    at = connection.get_connection_params()
    return psycopg.connect(
        host=at.get("host"), port=at.get("port"), user=at["user"], dbname=at["dbname"]
    )


INSERT = """
INSERT INTO submissions_reviewstep
    (submission_id, record_id, device_id, step, comment, comments, at)
VALUES (%s, %s, %s, 'approved', '', '[]', now())
"""


@pytest.mark.django_db(transaction=True)
def test_sync_4_a_step_added_during_a_pull_is_told_by_the_next(
    held: Holdings, sent: Submission, form: Form
) -> None:
    """Its transaction began before others that were told already."""
    held.pull()
    late, others = sent, [make_submission(form, Device.objects.get()) for _ in range(5)]
    with other_connection() as slow:
        slow.execute(INSERT, [late.pk, late.record_id, late.device_id])
        for each in others:
            add_step(each, Step.APPROVED)
        held.pull_page(limit=2)
        assert late.instance_id not in held.verdicts
        held.pull_page(limit=2)
        slow.commit()
    held.pull(limit=2)
    held.pull(limit=2)
    assert held.verdicts.keys() == {each.instance_id for each in [late, *others]}
    assert_quiet(held)
