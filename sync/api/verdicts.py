"""What became of a tablet's records, as a pull tells it (sync.md 4 and 5).

Each verdict is the whole of what is to be said of one submission now; it is told when a step was
added to its log. Steps carry the transaction that added them: a pull remembers the oldest one still
at work and asks from there the next time, so that a step committed late is not missed; it may be
told twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from backend.statements import run_prepared
from surveys.submissions.models import ReviewStep
from sync.api.cursor import StepsMark

Step = ReviewStep.Step
DECISIONS = {
    Step.APPROVED: "approved",
    Step.REJECTED: "rejected",
    Step.SENT_BACK: "sent_back",
    Step.RETURNED: "edited",
}
OUTCOMES = {Step.PROCESSED: "processed", Step.FLAGGED: "flagged"}
MOST_WAITING = 2000

NEWS = """
SELECT change, id, submission_id FROM submissions_reviewstep
WHERE device_id = %(device_id)s AND (change, id) > (%(change)s, %(step_id)s)
ORDER BY change, id LIMIT %(limit)s
"""
STEPS = """
SELECT step.submission_id, submission.instance_id, form.form_id, step.step, step.comment,
    step.comments, step.at, coalesce((
        SELECT min(registration.card) FROM households_membership AS member
        JOIN households_household AS household ON household.id = member.household_id
        JOIN households_membership AS registration
            ON registration.household_id = coalesce(household.redirect_to_id, household.id)
            AND registration.registers AND registration.card <> ''
        WHERE member.record_id = submission.record_id), '')
FROM submissions_reviewstep AS step
JOIN submissions_submission AS submission ON submission.id = step.submission_id
JOIN xforms_form AS form ON form.id = submission.form_id
WHERE step.submission_id = ANY(%(submissions)s)
ORDER BY step.id
"""
WAITING = """
SELECT submission.instance_id, form.form_id, submission.received_at
FROM submissions_submission AS submission JOIN xforms_form AS form ON form.id = submission.form_id
WHERE submission.state = 0 AND submission.device_id = %(device_id)s
    AND submission.received_at >= %(since)s
    AND NOT EXISTS (SELECT FROM submissions_reviewstep WHERE submission_id = submission.id)
ORDER BY submission.id LIMIT %(limit)s
"""


class Told(NamedTuple):
    """One step of a submission's log, and the card of the household that its record is in."""

    submission: int
    instance_id: str
    form_id: str
    step: str
    comment: str
    comments: list[dict[str, str]]
    at: datetime
    card: str


@dataclass(frozen=True, slots=True)
class Verdicts:
    """One page, the oldest news first."""

    each: Sequence[dict[str, Any]]
    mark: StepsMark
    more: bool


def verdicts_since(mark: StepsMark, *, device_id: int, settled: int, limit: int) -> Verdicts:
    """`settled`: all transactions before it are over, read before this (`offers.read_horizon`).

    Over several pages, that of the first one counts: whatever ran then is asked for again.
    """
    began = mark.change if mark.page_change else settled
    asked = {
        "device_id": device_id,
        "change": mark.page_change or mark.change,
        "step_id": mark.step_id,
        "limit": limit + 1,
    }
    news = run_prepared(NEWS, asked)
    if len(news) <= limit:
        return Verdicts(_verdicts([row[2] for row in news]), StepsMark(began), more=False)
    news = news[:limit]
    reached = StepsMark(began, *news[-1][:2]) if news else mark
    return Verdicts(_verdicts([row[2] for row in news]), reached, more=True)


def waiting_since(since: datetime, *, device_id: int) -> list[dict[str, Any]]:
    """Records that came and were not looked at yet: they are received, and no more."""
    asked = {"device_id": device_id, "since": since, "limit": MOST_WAITING}
    return [
        _verdict(instance_id, form_id, "received", at)
        for instance_id, form_id, at in run_prepared(WAITING, asked)
    ]


def _verdicts(submissions: Sequence[int]) -> list[dict[str, Any]]:
    if not submissions:
        return []
    logs: dict[int, list[Told]] = {pk: [] for pk in submissions}
    for row in run_prepared(STEPS, {"submissions": list(logs)}):
        logs[row[0]].append(Told(*row)._replace(comments=orjson.loads(row[5])))
    return [_sum_up(log) for log in logs.values() if log]


def _sum_up(log: Sequence[Told]) -> dict[str, Any]:
    """The last decision, or else what processing found; and all that was said since then."""
    decided = [at for at, told in enumerate(log) if told.step in DECISIONS]
    outcomes = [OUTCOMES[told.step] for told in log if told.step in OUTCOMES]  # type: ignore[index]
    since = log[decided[-1] :] if decided else log
    state = DECISIONS[log[decided[-1]].step] if decided else (outcomes or ["received"])[-1]  # type: ignore[index]
    return _verdict(
        log[-1].instance_id,
        log[-1].form_id,
        state,
        log[-1].at,
        comment="\n".join(told.comment for told in since if told.comment),
        comments=[remark for told in since for remark in told.comments],
        household_card=log[-1].card,
    )


def _verdict(
    instance_id: str,
    form_id: str,
    state: str,
    at: datetime,
    *,
    comment: str = "",
    comments: Sequence[dict[str, str]] = (),
    household_card: str = "",
) -> dict[str, Any]:
    return {
        "instance_id": instance_id,
        "form_id": form_id,
        "state": state,
        "at": at,
        "comment": comment,
        "comments": comments,
        "household_card": household_card,
    }
