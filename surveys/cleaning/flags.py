"""change_flag: what a person says of a flag; each change is a step that stays."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.cleaning.models import SETTLED, FlagStep, QualityFlag

LONGEST_REASON = 500  # characters
BATCH = 500
State = QualityFlag.State


@transaction.atomic
def change_flag(*, flag_id: int, to: str, by: User, reason: str, looked: str) -> FlagStep:
    """Puts a flag into another state. `looked`: the state it had when the person looked at it.

    Raises `Problem`: `not_found`, `value_invalid`, `reason_missing`, `flag_changed`.
    """
    if to not in State.values:
        raise Problem(
            "value_invalid",
            field="state",
            reason=Said("one of {allowed}", allowed=", ".join(State.values)),
        )
    reason = checked_reason(reason)
    flag = QualityFlag.objects.select_for_update(no_key=True).filter(pk=flag_id).first()
    if flag is None:
        raise Problem("not_found")
    if flag.state != looked or flag.state == to:
        raise Problem("flag_changed", state=flag.state)
    step = FlagStep.objects.create(flag=flag, was=flag.state, now=to, reason=reason, by=by)
    put_into(flag, to)
    flag.save(update_fields=["state", "settled_at"])
    log_event("flag.changed", by=by, target=flag, was=step.was, now=step.now)
    return step


def put_into(flag: QualityFlag, state: str) -> None:
    """The state and the moment that follows from it; saving is the caller's."""
    flag.state = state
    flag.settled_at = timezone.now() if state in SETTLED else None


def move_flags(moves: Sequence[tuple[QualityFlag, str, str]]) -> None:
    """What the server itself finds out: (flag, its new state, why), in three statements."""
    if not moves:
        return
    steps = [FlagStep(flag=flag, was=flag.state, now=state, why=why) for flag, state, why in moves]
    FlagStep.objects.bulk_create(steps, batch_size=BATCH)
    for flag, state, _ in moves:
        put_into(flag, state)
    flags = [flag for flag, _, _ in moves]
    QualityFlag.objects.bulk_update(flags, ["state", "settled_at"], batch_size=BATCH)


def checked_reason(text: str) -> str:
    """The reason as it is kept. Raises `Problem`: `reason_missing`, `value_invalid`."""
    if "\0" in text:
        raise Problem("value_invalid", field="reason", reason=Said("holds a NUL character"))
    if len(text) > LONGEST_REASON:
        raise Problem(
            "value_invalid",
            field="reason",
            reason=Said("at most {most} characters", most=LONGEST_REASON),
        )
    if not text.strip():
        raise Problem("reason_missing")
    return text.strip()
