"""A record and its log of steps, for one reader."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from backend.accounts.models import User
from backend.accounts.permissions import may_review
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.datasets.tables import dataset_of_form, find_form, visible_rows
from surveys.submissions.models import ReviewStep


def find_record(form_id: str, record_id: UUID, user: User) -> CleanRow:
    """The record's root row, with form, place and the edition that counts.

    Raises `Problem("not_found")`, also for a record that this user may not see.
    """
    form = find_form(form_id)
    rows = visible_rows(form, dataset_of_form(form).root, user).filter(pk=record_id)
    row = rows.select_related("form", "place", "submission").defer(
        "submission__raw_xml", "submission__answers"
    )
    return row.first() or _not_found()


def _not_found() -> CleanRow:
    raise Problem("not_found")


def steps_of(record: CleanRow) -> list[ReviewStep]:
    """All steps of all editions, the oldest first."""
    steps = ReviewStep.objects.filter(submission__record_id=record.pk).order_by("pk")
    steps = steps.select_related("by", "submission")
    return list(steps.defer("submission__raw_xml", "submission__answers"))


def history_json(record: CleanRow, steps: Sequence[ReviewStep], user: User) -> dict[str, Any]:
    """A record's review as the API says it; comments, which may name people, are for reviewers."""
    shown = may_review(user)
    return {
        "id": record.pk,
        "edition": record.submission.instance_id,
        "review_state": record.submission.review_state,
        "last_step": steps[-1].pk if steps else 0,
        "steps": [_step_json(step, shown=shown) for step in steps],
    }


def _step_json(step: ReviewStep, *, shown: bool) -> dict[str, Any]:
    return {
        "id": step.pk,
        "step": step.step,
        "at": step.at,
        "by": step.by.username if step.by else None,
        "edition": step.submission.instance_id,
        "comment": step.comment if shown else None,
        "comments": step.comments if shown else None,
    }
