"""settle_drops: records whose dropping was approved go, and come back where that was revoked.

The row of the correction is the queue; each is done in a transaction of its own.
"""

import logging
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from backend.accounts.models import User
from surveys.corrections.models import Correction
from surveys.lifecycle.delete import delete_record, restore_record

State = Correction.State
log = logging.getLogger(__name__)


def settle_drops() -> int:
    """Does what waits; returns how many records went or came back. Safe to run twice.

    One that fails is left for the next sweep. Raises OperationalError when the database is away.
    """
    settled = 0
    for pk, record_id in Correction.objects.drops_to_settle().values_list("pk", "record_id"):
        try:
            settled += _settle(pk, record_id)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("a record could not be dropped", extra={"correction_id": str(pk)})
    return settled


@transaction.atomic
def _settle(pk: UUID, record_id: UUID) -> bool:
    """Records first, then the correction: the order in which those who decide lock them."""
    by = _last_word(pk)
    state = Correction.objects.values_list("state", flat=True).get(pk=pk)
    if state == State.APPROVED:
        delete_record(record_id=record_id, by=by)
    else:
        restore_record(record_id=record_id, by=by)
    waiting = Correction.objects.drops_to_settle().select_for_update(no_key=True)
    correction = waiting.filter(pk=pk, state=state).first()
    if correction is None:
        transaction.set_rollback(True)  # somebody decided meanwhile: the next sweep looks again
        return False
    dropped = state == State.APPROVED
    correction.state = State.APPLIED if dropped else state
    correction.applied_at = timezone.now() if dropped else None
    correction.save(update_fields=["state", "applied_at"])
    return True


def _last_word(pk: UUID) -> User | None:
    step = Correction.objects.get(pk=pk).steps.select_related("by").last()
    return step.by if step else None
