"""delete_record and restore_record: a record leaves what analysts read, and may come back.

Nothing is erased: the submissions stay, marked; rows, flags and the place in a household go, and
`deleted=1` of the records API tells those who read it.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.corrections.drops import overtake_drop
from surveys.households.recompute import hold_records, recompute
from surveys.lifecycle.link import settle_households
from surveys.lifecycle.process import process_submissions
from surveys.places.tree import hold_tree
from surveys.submissions.models import Submission


@transaction.atomic
def delete_record(*, record_id: UUID, by: User | None) -> None:
    """Deletes all editions of a record; a tablet that sends one again gets 202 and it stays so.

    Safe to run twice. Raises `Problem("not_found")`.
    """
    hold_records([record_id])
    editions = _editions(record_id)
    _mark([s for s in editions if s.deleted_at is None], deleted=True)
    process_submissions(editions)
    recompute([record_id], now=timezone.now())
    settle_households()
    log_event("record.deleted", by=by, target=editions[-1], record_id=str(record_id))


@transaction.atomic
def restore_record(*, record_id: UUID, by: User | None) -> None:
    """Brings a deleted record back under the same id. Raises `Problem("not_found")`.

    A correction that dropped it is overtaken by that.
    """
    hold_tree()
    editions = _editions(record_id)
    _mark(editions, deleted=False)
    process_submissions(editions)
    overtake_drop(record_id)
    log_event("record.restored", by=by, target=editions[-1], record_id=str(record_id))


def _editions(record_id: UUID) -> list[Submission]:
    editions = Submission.objects.filter(record_id=record_id).order_by("pk")
    return list(editions.select_for_update(no_key=True)) or _not_found()


def _not_found() -> list[Submission]:
    raise Problem("not_found")


def _mark(editions: list[Submission], *, deleted: bool) -> None:
    """Waiting until processed, should another worker be settling edits of the form right now."""
    for edition in editions:
        edition.deleted_at = timezone.now() if deleted else None
        edition.state = Submission.State.RECEIVED
    Submission.objects.bulk_update(editions, ["deleted_at", "state"])
