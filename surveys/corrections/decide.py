"""decide_corrections: approve, reject, withdraw, revoke; each a step in a log only added to.

What was proposed for one record in one bundle is decided together. Approving and revoking put the
record in the queue again: the worker reads it with the log as it is then.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.permissions import may_approve_corrections
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.corrections import states
from surveys.corrections.explain import explain_flags, reopen_flags
from surveys.corrections.models import Correction, CorrectionStep
from surveys.corrections.propose import LONGEST_REASON, check_verdicts
from surveys.corrections.records import Record, lock_editions, lock_record
from surveys.corrections.visible import Questions, visible_corrections
from surveys.privacy.models import Unmasking


@transaction.atomic
def decide_corrections(
    *, correction_id: UUID, move: str, by: User, why: str = "", granted: Unmasking | None = None
) -> list[Correction]:
    """Decides on a correction and on what was proposed with it for the same record.

    Raises `Problem`: `not_found`, `not_allowed`, `correction_own` (whoever proposed it may not
    approve it, and nobody else withdraw it), `correction_decided` where somebody was faster,
    `correction_stale`, `correction_invalid`, `correction_rests` where a later one rests on what is
    to be revoked, `field_masked`, `reason_missing`.
    """
    check_words(move, why)
    found = visible_corrections(by).filter(pk=correction_id).first()
    if found is None:
        raise Problem("not_found")
    record = lock_record(found.record_id) if found.path else None
    if record is None:
        lock_editions(found.record_id, deleted=move != states.APPROVE)
    group = Correction.objects.filter(bundle=found.bundle, record_id=found.record_id)
    locked = list(group.order_by("proposed_at", "pk").select_for_update(no_key=True))
    chosen = _movable(locked, correction_id, move)
    check_person(chosen, move, by, granted)
    if record is None:
        _write(chosen, move, by, why)  # a worker drops it, or brings it back: `lifecycle/drop.py`
    else:
        _check_record(record, chosen, move)
        _write(chosen, move, by, why)
        _follow(record, chosen, move, by, why)
    return chosen


def _check_record(record: Record, chosen: Sequence[Correction], move: str) -> None:
    if move == states.APPROVE:
        standing = record.with_(chosen)
        check_verdicts(record, chosen, [standing.verdicts[c.pk] for c in chosen])
    elif move == states.REVOKE:
        _check_nothing_rests(record, chosen)


def _movable(locked: Sequence[Correction], pk: UUID, move: str) -> list[Correction]:
    """Those that the move is for. Raises `correction_decided` or, of a stale one, says so."""
    asked = next(c for c in locked if c.pk == pk)
    if states.after(asked.state, move) is None:
        if asked.state == states.STALE:
            raise Problem("correction_stale", path=asked.path)
        raise Problem("correction_decided", state=asked.state)
    return [c for c in locked if states.after(c.state, move) is not None]


def check_person(
    chosen: Sequence[Correction], move: str, by: User, granted: Unmasking | None
) -> None:
    """Raises `Problem`: `not_allowed`, `correction_own`, `field_masked`."""
    own = any(c.proposed_by_id == by.pk for c in chosen)
    if move == states.WITHDRAW:
        if not own:
            raise Problem("correction_own")
        return
    if not may_approve_corrections(by):
        raise Problem("not_allowed")
    if move == states.APPROVE:
        if own:
            raise Problem("correction_own")
        questions = Questions(chosen)
        if any(questions.hidden(c, by, granted) for c in chosen):
            raise Problem("field_masked", field=chosen[0].path)


def _check_nothing_rests(record: Record, chosen: Sequence[Correction]) -> None:
    gone = {c.pk for c in chosen}
    held = {pk for pk, verdict in record.now.verdicts.items() if verdict.holds} - gone
    after = record.without(chosen).verdicts
    if resting := sorted(str(pk) for pk in held if not after[pk].holds):
        raise Problem("correction_rests", count=len(resting), corrections=resting)


def _write(chosen: Sequence[Correction], move: str, by: User, why: str) -> None:
    now = timezone.now()
    for correction in chosen:
        state = states.after(correction.state, move)
        assert state is not None
        step = CorrectionStep.objects.create(
            correction=correction, step=state, by=by, at=now, why=why.strip()
        )
        correction.state, correction.why = state, ""
        if move == states.APPROVE:
            correction.turn = step.pk
        if move == states.REVOKE and correction.path:
            correction.applied_at = None
        correction.save(update_fields=["state", "why", "turn", "applied_at"])
        log_event(
            f"correction.{state}", by=by, target=correction, record_id=str(correction.record_id)
        )


def _follow(record: Record, chosen: Sequence[Correction], move: str, by: User, why: str) -> None:
    if move == states.APPROVE:
        explain_flags(record, chosen, by)
    if move == states.REVOKE:
        reopen_flags(record, chosen, by, why)
    if move in (states.APPROVE, states.REVOKE):
        record.process_again()


def check_words(move: str, why: str) -> None:
    """Raises `Problem`: `value_invalid`, `reason_missing`."""
    if move not in states.MOVES:
        raise Problem(
            "value_invalid",
            field="move",
            reason=Said("one of {allowed}", allowed=", ".join(states.MOVES)),
        )
    if len(why) > LONGEST_REASON or "\0" in why:
        raise Problem(
            "value_invalid",
            field="why",
            reason=Said("at most {most} plain characters", most=LONGEST_REASON),
        )
    if move in (states.REJECT, states.REVOKE) and not why.strip():
        raise Problem("reason_missing")
