"""What people say of a record: approve, reject, send back, comment."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.lifecycle.delete import delete_record
from surveys.submissions.models import ReviewStep, Submission
from surveys.submissions.review import (
    LONGEST_COMMENT,
    MOST_COMMENTS,
    VERBS,
    Looked,
    Remark,
    approve_record,
    comment_on_record,
    last_step,
    question_path,
    reject_record,
    send_back,
)
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
FRESH = Looked("uuid:1")


@pytest.fixture
def sent(db: None) -> Submission:
    """A processed registration."""
    publish(REGISTRATION)
    arrive(registration("uuid:1"))
    drain()
    return Submission.objects.get()


def refused(code: str, verb: Callable[..., ReviewStep], **words: object) -> Problem:
    with pytest.raises(Problem) as caught:
        verb(**words)
    assert caught.value.code == code
    return caught.value


@pytest.mark.parametrize(
    ("verb", "step", "state"),
    [
        ("approve", "approved", "approved"),
        ("reject", "rejected", "rejected"),
        ("send_back", "sent_back", "has_issues"),
        ("comment", "commented", "received"),
    ],
)
def test_step_is_noted_with_who_and_when_and_gives_the_state_of_odk_central(
    sent: Submission, alice: User, verb: str, step: str, state: str
) -> None:
    before = timezone.now()
    added = VERBS[verb](record_id=sent.record_id, looked=FRESH, by=alice, comment=" Ӯзбекҳо? ")

    assert (added.step, added.comment, added.by) == (step, "Ӯзбекҳо?", alice)
    assert (added.submission_id, added.record_id) == (sent.pk, sent.record_id)
    assert added.at >= before
    sent.refresh_from_db()
    assert sent.review_state == state
    event = AuditEvent.objects.get(action=f"record.{step}")
    assert (event.by, event.details["record_id"]) == (alice, str(sent.record_id))


def test_sync_5_comments_by_question_are_kept_with_their_paths(
    sent: Submission, alice: User
) -> None:
    remarks = [
        Remark("place/card_no", "Look at the card again"),
        Remark("roster/member[2]/age", "38 or 83?"),
        Remark("roster/member", "Where is the daughter?"),
        Remark("hh_size", "  "),
    ]
    added = send_back(record_id=sent.record_id, looked=FRESH, by=alice, remarks=remarks)

    assert added.comments == [
        {"path": "place/card_no", "text": "Look at the card again"},
        {"path": "roster/member[2]/age", "text": "38 or 83?"},
        {"path": "roster/member", "text": "Where is the daughter?"},
    ]


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("place/card_no", "place/card_no"),
        ("roster/member", "roster/member"),
        ("roster/member[12]", "roster/member"),
        ("roster/member[2]/trip[1]/year", "roster/member/trip/year"),
        ("roster/member/age", "roster/member/age"),
        ("card_no", None),
        ("place", None),
        ("place[1]/card_no", None),
        ("roster/member[0]/age", None),
        ("roster/member[x]/age", None),
        ("roster/member/age[1]", None),
        ("/place/card_no", None),
        ("", None),
    ],
)
def test_path_names_a_question_or_a_row_of_a_repeat(path: str, plain: str | None) -> None:
    assert question_path(REGISTRATION, path) == plain


def test_comment_on_a_question_that_the_form_does_not_have_is_refused_by_its_path(
    sent: Submission, alice: User
) -> None:
    remarks = [Remark("hh_size", "Fine"), Remark("place/oblast", "Wrong")]
    problem = refused(
        "question_unknown",
        send_back,
        record_id=sent.record_id,
        looked=FRESH,
        by=alice,
        remarks=remarks,
    )

    assert problem.details == {"path": "place/oblast"}
    sent.refresh_from_db()
    assert sent.review_state == "received"


@pytest.mark.parametrize("path", ["roster/member[99]/age", "roster/member[2]/trip[7]/year"])
def test_comment_on_a_row_that_the_record_does_not_have_is_refused(
    sent: Submission, alice: User, path: str
) -> None:
    words = {"record_id": sent.record_id, "looked": FRESH, "by": alice}
    problem = refused("value_invalid", send_back, **words, remarks=[Remark(path, "Who?")])

    assert problem.details["field"] == path
    assert not ReviewStep.objects.filter(step=ReviewStep.Step.SENT_BACK).exists()


def test_questions_are_those_of_the_version_that_was_filled(sent: Submission, alice: User) -> None:
    publish(replace(REGISTRATION, version="2", fields=REGISTRATION.fields[:1]))
    remarks = [Remark("hh_size", "Two?")]

    assert send_back(record_id=sent.record_id, looked=FRESH, by=alice, remarks=remarks).pk


@pytest.mark.parametrize("verb", ["send_back", "comment"])
def test_nothing_is_sent_back_without_a_word(sent: Submission, alice: User, verb: str) -> None:
    remarks = [Remark("hh_size", "\n ")]
    words = {"record_id": sent.record_id, "looked": FRESH, "by": alice, "remarks": remarks}
    refused("comment_missing", VERBS[verb], **words)


@pytest.mark.parametrize(
    "words",
    [
        {"comment": "x" * (LONGEST_COMMENT + 1)},
        {"comment": "a\0b"},
        {"remarks": [Remark("hh_size", "a\0b")]},
        {"remarks": [Remark("hh_size", "x")] * (MOST_COMMENTS + 1)},
    ],
    ids=["too long", "NUL", "NUL on a question", "too many"],
)
def test_comment_that_cannot_be_kept_is_refused(
    sent: Submission, alice: User, words: dict[str, object]
) -> None:
    refused("value_invalid", send_back, record_id=sent.record_id, looked=FRESH, by=alice, **words)


def test_record_edited_since_the_reviewer_opened_it_is_not_decided_on(
    sent: Submission, alice: User
) -> None:
    arrive(registration("uuid:2", replaces="uuid:1"))
    drain()
    problem = refused(
        "record_changed", approve_record, record_id=sent.record_id, looked=FRESH, by=alice
    )

    head = Submission.objects.get(head=True)
    assert problem.details == {
        "edition": "uuid:2",
        "review_state": "edited",
        "last_step": last_step(head),
    }
    now = Looked("uuid:2", problem.details["last_step"])
    approve_record(record_id=sent.record_id, looked=now, by=alice)
    head.refresh_from_db()
    assert head.review_state == "approved"


@pytest.mark.parametrize("knows_last_step", [True, False])
def test_second_of_two_reviewers_is_told_what_the_first_decided(
    sent: Submission, alice: User, root: User, knows_last_step: bool
) -> None:
    looked = Looked("uuid:1", last_step(sent) if knows_last_step else None)
    reject_record(record_id=sent.record_id, looked=looked, by=root)
    problem = refused(
        "record_changed", approve_record, record_id=sent.record_id, looked=looked, by=alice
    )

    assert problem.details["review_state"] == "rejected"
    now = Looked("uuid:1", problem.details["last_step"])
    approve_record(record_id=sent.record_id, looked=now, by=alice)
    steps = ReviewStep.objects.exclude(by=None).order_by("pk").values_list("step", flat=True)
    assert list(steps) == ["rejected", "approved"]


def test_comment_needs_no_last_step_on_a_decided_record(sent: Submission, alice: User) -> None:
    approve_record(record_id=sent.record_id, looked=FRESH, by=alice)
    comment_on_record(record_id=sent.record_id, looked=FRESH, by=alice, comment="Well done")

    sent.refresh_from_db()
    assert sent.review_state == "approved"


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_at_once_one_decides(sent: Submission, alice: User, root: User) -> None:
    looked = Looked("uuid:1", last_step(sent))
    both = threading.Barrier(2)
    said: list[str] = []

    def decide(verb: Callable[..., ReviewStep], by: User) -> None:
        both.wait()
        try:
            verb(record_id=sent.record_id, looked=looked, by=by)
            said.append("done")
        except Problem as problem:
            said.append(problem.code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=decide, args=pair)
        for pair in [(approve_record, alice), (reject_record, root)]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(said) == ["done", "record_changed"]


def test_deleted_record_is_not_found_and_neither_is_an_unknown_one(
    sent: Submission, alice: User
) -> None:
    delete_record(record_id=sent.record_id, by=alice)
    for record_id in (sent.record_id, Submission().record_id):
        refused("not_found", approve_record, record_id=record_id, looked=FRESH, by=alice)


def test_decision_moves_the_time_of_change_of_every_row(sent: Submission, alice: User) -> None:
    before = CleanRow.objects.order_by("-updated_at").first()
    assert before is not None
    comment_on_record(record_id=sent.record_id, looked=FRESH, by=alice, comment="So far so good")
    assert not CleanRow.objects.filter(updated_at__gt=before.updated_at).exists()

    approve_record(record_id=sent.record_id, looked=FRESH, by=alice)
    assert not CleanRow.objects.filter(updated_at__lte=before.updated_at).exists()


def test_step_of_a_tablets_record_carries_the_tablet(alice: User) -> None:
    publish(SERVICE)
    record = arrive(service("uuid:1"))
    Submission.objects.update(device_id=12)
    drain()

    added = approve_record(record_id=record.record_id, looked=FRESH, by=alice)
    assert added.device_id == 12
