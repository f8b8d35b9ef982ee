"""Dropping a whole record: a correction without a path, approved like any other.

Until it is approved the record counts. Then a worker takes it out as one that was deleted
(`lifecycle/drop.py`): its submissions stay, marked, and revoking brings it back.
"""

from collections.abc import Collection
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.corrections import states
from surveys.corrections.models import Correction, CorrectionStep
from surveys.corrections.records import lock_editions


@transaction.atomic
def propose_drop(
    *,
    record_id: UUID,
    reason: str,
    source: str,
    by: User,
    id: UUID | None = None,
    bundle: UUID | None = None,
) -> Correction:
    """That the record counts nowhere, for somebody else to approve.

    The caller has checked the words. Raises `Problem`: `not_found`, `correction_waiting`.
    """
    head = lock_editions(record_id)
    root = CleanRow.objects.filter(pk=record_id, repeat="").only("place_id", "restricted").first()
    if root is None:
        raise Problem("not_found")
    live = (*states.WAITING, states.APPROVED)
    waiting = Correction.objects.filter(record_id=record_id, path="", state__in=live)
    if other := waiting.first():
        said = {"path": _("the whole record"), "correction": str(other.pk)}
        raise Problem("correction_waiting", **said)
    made = Correction.objects.create(
        id=id or uuid4(),
        bundle=bundle or uuid4(),
        form_id=head.form_id,
        submission=head,
        record_id=record_id,
        row_id=record_id,
        action=Correction.Action.DROP,
        place_id=root.place_id,
        restricted=root.restricted,
        reason=reason.strip(),
        source=source,
        proposed_by=by,
        proposed_at=timezone.now(),
    )
    CorrectionStep.objects.create(
        correction=made, step=states.PROPOSED, by=by, at=made.proposed_at, why=made.reason
    )
    log_event("correction.proposed", by=by, target=made, record_id=str(record_id))
    return made


def overtake_drop(record_id: UUID) -> None:
    """The record was restored by other means, inside the caller's transaction."""
    dropped = Correction.objects.filter(record_id=record_id, path="", state=states.APPLIED)
    dropped.update(state=states.OVERTAKEN, why="restored", applied_at=None)


def move_drops(former: Collection[UUID], record_id: UUID) -> None:
    """Of records that turned out to be this one."""
    drops = Correction.objects.filter(record_id__in=former, path="")
    drops.update(record_id=record_id, row_id=record_id)
