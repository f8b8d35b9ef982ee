"""approve_record, reject_record, send_back, comment_on_record: what people say of a record.

Each is a step in an append-only log, on the edition that counts. A reviewer says which edition and
which last step they looked at: had anyone been faster, nothing is done and they look again.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.submissions.instance import Instance, InstanceError, has_rows, parse_instance
from surveys.submissions.models import ReviewStep, Submission
from surveys.xforms.models import schema_of_version
from surveys.xforms.schema import Schema

LONGEST_COMMENT = 2000  # characters
MOST_COMMENTS = 200
Step = ReviewStep.Step
State = Submission.ReviewState
_STATES = {
    Step.APPROVED: State.APPROVED,
    Step.REJECTED: State.REJECTED,
    Step.SENT_BACK: State.HAS_ISSUES,
}
_UNDECIDED = (State.RECEIVED, State.EDITED)
_POSITION = re.compile(r"\[[1-9][0-9]{0,5}\]$")


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment on one question: its path as in `forms/`, `roster/member[2]/age` for one row that
    the record has."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What a reviewer had before them: the edition's instance_id, and the record's last step.

    Without `last_step` only a record that nobody decided on is decided on.
    """

    edition: str
    last_step: int | None = None


def approve_record(
    *, record_id: UUID, looked: Looked, by: User, comment: str = "", remarks: Sequence[Remark] = ()
) -> ReviewStep:
    """Raises `Problem`: `not_found`, `record_changed`, `question_unknown`, `value_invalid`."""
    return _add(
        Step.APPROVED, record_id=record_id, looked=looked, by=by, comment=comment, remarks=remarks
    )


def reject_record(
    *, record_id: UUID, looked: Looked, by: User, comment: str = "", remarks: Sequence[Remark] = ()
) -> ReviewStep:
    """Raises as `approve_record` does."""
    return _add(
        Step.REJECTED, record_id=record_id, looked=looked, by=by, comment=comment, remarks=remarks
    )


def send_back(
    *, record_id: UUID, looked: Looked, by: User, comment: str = "", remarks: Sequence[Remark] = ()
) -> ReviewStep:
    """Asks the enumerator for an edit. Raises as `approve_record` does, and `comment_missing`."""
    return _add(
        Step.SENT_BACK, record_id=record_id, looked=looked, by=by, comment=comment, remarks=remarks
    )


def comment_on_record(
    *, record_id: UUID, looked: Looked, by: User, comment: str = "", remarks: Sequence[Remark] = ()
) -> ReviewStep:
    """Says something and decides nothing. Raises as `send_back` does."""
    return _add(
        Step.COMMENTED, record_id=record_id, looked=looked, by=by, comment=comment, remarks=remarks
    )


VERBS = {
    "approve": approve_record,
    "reject": reject_record,
    "send_back": send_back,
    "comment": comment_on_record,
}


def question_path(schema: Schema, path: str) -> str | None:
    """`roster/member[2]/age` → `roster/member/age`, if the form has such a question or repeat.

    Only a repeat has rows to count.
    """
    repeats = {repeat.path for repeat in schema.repeats}
    plain: list[str] = []
    for part in path.split("/"):
        name = _POSITION.sub("", part)
        plain.append(name)
        if name != part and "/".join(plain) not in repeats:
            return None
    found = "/".join(plain)
    return found if found in repeats or any(f.path == found for f in schema.fields) else None


@transaction.atomic
def _add(
    step: Step,
    *,
    record_id: UUID,
    looked: Looked,
    by: User,
    comment: str,
    remarks: Sequence[Remark] = (),
) -> ReviewStep:
    head = _locked_head(record_id, looked)
    comment = _checked("comment", comment)
    remarks = _checked_remarks(head, remarks)
    if step in (Step.SENT_BACK, Step.COMMENTED) and not (comment or remarks):
        raise Problem("comment_missing")
    _check_unchanged(head, looked, decides=step in _STATES)
    if step in _STATES:
        head.review_state = _STATES[step]
        head.save(update_fields=["review_state"])
        head.rows.update(updated_at=timezone.now())
    added = ReviewStep.objects.create(
        submission=head,
        record_id=record_id,
        device_id=head.device_id,
        step=step,
        comment=comment,
        comments=[asdict(remark) for remark in remarks],
        by=by,
    )
    log_event(f"record.{step}", by=by, target=head, record_id=str(record_id), comments=len(remarks))
    return added


def _locked_head(record_id: UUID, looked: Looked) -> Submission:
    """Waits for a worker that has the record in hand, and sees what it did."""
    editions = Submission.objects.filter(record_id=record_id).defer("raw_xml", "answers")
    locked = list(editions.order_by("pk").select_for_update(no_key=True))
    if not locked or any(edition.deleted_at for edition in locked):
        raise Problem("not_found")
    heads = [edition for edition in locked if edition.head]
    if not heads or heads[0].instance_id != looked.edition:
        raise _changed(editions.filter(head=True).first())
    return heads[0]


def _check_unchanged(head: Submission, looked: Looked, *, decides: bool) -> None:
    if looked.last_step is not None:
        changed = looked.last_step != last_step(head)
    else:
        changed = decides and head.review_state not in _UNDECIDED
    if changed:
        raise _changed(head)


def last_step(head: Submission) -> int:
    """The id of the record's newest step, of any edition; 0 where there is none."""
    steps = ReviewStep.objects.filter(submission__record_id=head.record_id).order_by("-pk")
    return steps.values_list("pk", flat=True).first() or 0


def _changed(now: Submission | None) -> Problem:
    if now is None:  # it is part of another record since
        return Problem("not_found")
    return Problem(
        "record_changed",
        edition=now.instance_id,
        review_state=now.review_state,
        last_step=last_step(now),
    )


def _checked(field: str, text: str) -> str:
    if "\0" in text:
        raise Problem("value_invalid", field=field, reason=Said("holds a NUL character"))
    if len(text) > LONGEST_COMMENT:
        raise Problem(
            "value_invalid",
            field=field,
            reason=Said("at most {most} characters", most=LONGEST_COMMENT),
        )
    return text.strip()


def _checked_remarks(head: Submission, remarks: Sequence[Remark]) -> list[Remark]:
    if len(remarks) > MOST_COMMENTS:
        raise Problem(
            "value_invalid", field="comments", reason=Said("at most {most}", most=MOST_COMMENTS)
        )
    schema = schema_of_head(head) if remarks else None
    sent = _sent(head) if any("[" in remark.path for remark in remarks) else None
    kept = []
    for remark in remarks:
        if schema is None or question_path(schema, remark.path) is None:
            raise Problem("question_unknown", path=remark.path[:300])
        if sent is not None and not has_rows(sent.root, remark.path):
            raise Problem(
                "value_invalid", field=remark.path, reason=Said("the record has no such row")
            )
        if text := _checked("comments", remark.text):
            kept.append(Remark(remark.path, text))
    return kept


def _sent(head: Submission) -> Instance | None:
    """None where nobody can read what was sent: then no row is known to be missing."""
    try:
        return None if head.encrypted else parse_instance(bytes(head.raw_xml))
    except InstanceError:
        return None


def schema_of_head(head: Submission) -> Schema | None:
    """Of the version it was filled with, or else of the one tablets get now."""
    version = head.form_version_id or head.form.current_id
    return schema_of_version(version) if version else None
