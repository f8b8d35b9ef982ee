"""keep_findings: what checks found → flags as they should stand, with a step for every change.

A finding that a person explained or dropped stays so while its measure is the same. One that does
not hold any more is closed; one that holds again is opened again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from backend.inserts import insert_rows
from surveys.cleaning.flags import BATCH, move_flags
from surveys.cleaning.models import SETTLED, FlagStep, QualityFlag
from surveys.quality.load import Held

State, Why = QualityFlag.State, FlagStep.Why
Move = tuple[QualityFlag, str, str]
_PATH_LENGTH = 300


class Key(NamedTuple):
    record: UUID
    code: str
    path: str


@dataclass(frozen=True, slots=True)
class Kept:
    """`measure` tells one finding from another of the same key; `bounds` may move every night."""

    measure: Mapping[str, Any]
    bounds: Mapping[str, Any]
    restricted: bool = False


@dataclass(slots=True)
class Outcome:
    found: int = 0
    opened: int = 0
    reopened: int = 0
    closed: int = 0


@transaction.atomic
def keep_findings(
    findings: Mapping[Key, Kept],
    *,
    codes: Collection[str],
    held: Mapping[UUID, Held],
    only: Collection[UUID] | None = None,
    leave: Collection[UUID] = (),
) -> Outcome:
    """Makes the flags of these codes what was found; with `only`, of old ones those of its records.

    Flags of the records of `leave` are left as they are.

    Running it twice changes nothing. What a person changes meanwhile is left to the next run.
    """
    stored = {k: flag for k, flag in _stored(codes, only).items() if k.record not in leave}
    findings = {k: kept for k, kept in findings.items() if k.record not in leave}
    outcome = Outcome(found=len(findings))
    new = [key for key in findings if key not in stored]
    made = [
        QualityFlag(
            submission_id=held[key.record].submission,
            code=key.code,
            path=key.path,
            origin=QualityFlag.Origin.QUALITY,
            measure=findings[key].measure,
            bounds=findings[key].bounds,
            restricted=findings[key].restricted,
        )
        for key in new
    ]
    for first in range(0, len(made), BATCH):
        insert_rows(made[first : first + BATCH], unique=("submission", "code", "path"))
    outcome.opened = len(made)
    if stored:  # of most records that just arrived there is nothing
        _follow(stored, findings, held, outcome)
    return outcome


def _stored(codes: Collection[str], only: Collection[UUID] | None) -> dict[Key, QualityFlag]:
    """The newest flag of each key, with who settled it (`settled_by`, None: the server)."""
    if only is not None and not only:
        return {}
    flags = QualityFlag.objects.filter(origin=QualityFlag.Origin.QUALITY, code__in=codes)
    if only is not None:
        flags = flags.filter(submission__record_id__in=only)
    last = FlagStep.objects.filter(flag=OuterRef("pk")).order_by("-pk")
    told = flags.annotate(
        record=F("submission__record_id"), settled_by=Subquery(last.values("by")[:1])
    )
    return {Key(flag.record, flag.code, flag.path): flag for flag in told.order_by("pk")}


def _follow(
    stored: Mapping[Key, QualityFlag],
    findings: Mapping[Key, Kept],
    held: Mapping[UUID, Held],
    outcome: Outcome,
) -> None:
    changed: list[QualityFlag] = []
    moves: list[Move] = []
    for key, flag in stored.items():
        now, record = findings.get(key), held.get(key.record)
        edited = record is not None and record.submission != flag.submission_id
        move = _gone(flag, record) if now is None else _found_again(flag, now, edited=edited)
        if move is not None:
            moves.append(move)
            outcome.reopened += move[1] == State.OPEN
            outcome.closed += move[1] != State.OPEN
        if _take_over(flag, now, record if edited else None):
            changed.append(flag)
    fields = ["submission", "measure", "bounds", "restricted"]
    QualityFlag.objects.bulk_update(changed, fields, batch_size=BATCH)
    move_flags(_still_so(moves))


def _found_again(flag: QualityFlag, now: Kept, *, edited: bool) -> Move | None:
    same = _plain(now.measure) == flag.measure
    if flag.state == State.SENT and edited:
        return flag, State.OPEN, Why.RECORD_CHANGED
    if flag.state not in SETTLED:
        return None
    by_person = getattr(flag, "settled_by", None) is not None
    stays = by_person and same and flag.state != State.CORRECTED
    return None if stays else (flag, State.OPEN, Why.FOUND_AGAIN)


def _gone(flag: QualityFlag, record: Held | None) -> Move | None:
    if flag.state in SETTLED:
        return None
    if record is not None and record.updated_at > flag.created_at:
        return flag, State.CORRECTED, Why.RECORD_CHANGED
    return flag, State.DROPPED, Why.NO_LONGER_HOLDS


def _take_over(flag: QualityFlag, now: Kept | None, record: Held | None) -> bool:
    """Puts the new edition, measure and bounds into the flag; whether any of it is new."""
    before = flag.submission_id, flag.measure, flag.bounds, flag.restricted
    if record is not None:
        flag.submission_id = record.submission
    if now is not None:
        flag.measure, flag.bounds = _plain(now.measure), _plain(now.bounds)
        flag.restricted = now.restricted
    return (flag.submission_id, flag.measure, flag.bounds, flag.restricted) != before


def _still_so(moves: list[Move]) -> list[Move]:
    """Those whose flag is still in the state in which we read it, locked until the commit."""
    flags = [flag.pk for flag, _, _ in moves]
    locked = QualityFlag.objects.select_for_update(no_key=True).filter(pk__in=flags)
    states = dict(locked.order_by("pk").values_list("pk", "state"))
    return [move for move in moves if states.get(move[0].pk) == move[0].state]


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """As it comes back from the database."""
    return dict(value)
