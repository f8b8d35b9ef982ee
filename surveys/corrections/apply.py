"""apply_log: the worker's part. A record that is processed again is read with its corrections.

Nothing is kept of what a correction changed but in the clean rows: they can be made again from the
submission and the log.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from surveys.cleaning.clean import Reading
from surveys.cleaning.corrected import STALE, Standing
from surveys.cleaning.write import row_ids
from surveys.corrections import states
from surveys.corrections.drops import move_drops
from surveys.corrections.models import Correction
from surveys.corrections.standing import live_corrections, row_numbers, stand
from surveys.submissions.editions import Lineage

_MADE = ("record_id", "row_id", "state", "why", "applied_at")


def apply_log(lineages: Iterable[Lineage], readings: dict[int, Reading], *, now: datetime) -> None:
    """Puts the answers that stand into the readings of heads, and says which corrections hold.

    Safe to run twice. Runs inside the caller's transaction, which has locked the submissions. One
    query where no record has corrections, none where all records are new.
    """
    again = [each for each in lineages if not each.first_time and not each.deleted]
    ids = {i for each in again for i in (each.record_id, *each.former_ids)}
    by_record: dict[UUID, list[Correction]] = {}
    for correction in live_corrections(ids) if ids else ():
        by_record.setdefault(correction.record_id, []).append(correction)
    changed: list[Correction] = []
    for lineage in again:
        if lineage.former_ids:
            move_drops(lineage.former_ids, lineage.record_id)
    for lineage in again if by_record else ():
        found = [c for i in (lineage.record_id, *lineage.former_ids) for c in by_record.get(i, ())]
        if found:
            changed += _apply(lineage, readings, found, now)
    if changed:
        Correction.objects.bulk_update(changed, _MADE)


def _apply(
    lineage: Lineage, readings: dict[int, Reading], found: Sequence[Correction], now: datetime
) -> list[Correction]:
    reading = readings[lineage.head.pk]
    was = {c.pk: [getattr(c, name) for name in _MADE] for c in found}
    _move(lineage, reading, found)
    if reading.root is None or reading.version_pk is None:
        verdicts: dict[UUID, str] = dict.fromkeys((c.pk for c in found), STALE)
    else:
        in_force = [c for c in found if c.state in states.IN_FORCE]
        standing = stand(reading, lineage.record_id, in_force)
        verdicts = _verdicts(lineage, reading, found, standing)
        readings[lineage.head.pk] = replace(reading, root=standing.root, answers=standing.answers)
    for correction in found:
        why = verdicts[correction.pk]
        correction.state = states.settled(correction.state, holds=not why)
        correction.why = why
        if correction.state == states.APPLIED:
            correction.applied_at = correction.applied_at or now
        else:
            correction.applied_at = None
    return [c for c in found if [getattr(c, name) for name in _MADE] != was[c.pk]]


def _verdicts(
    lineage: Lineage, reading: Reading, found: Sequence[Correction], standing: Standing
) -> dict[UUID, str]:
    """Why each does not hold, or "". Of what waits only whether its old answer stands."""
    waiting = [c for c in found if c.state in states.WAITING]
    verdicts = {pk: verdict.why for pk, verdict in standing.verdicts.items()}
    numbers = row_numbers(reading, lineage.record_id)
    keys = {field.path: field.key for field in reading.schema.fields}
    for correction in waiting:
        number, key = numbers.get(correction.row_id), keys.get(correction.path)
        row = None if number is None else standing.answers.rows[number]
        text = "" if row is None or key is None else row.verbatim.get(key, "").strip()
        stands = row is not None and key is not None and text == correction.old.strip()
        verdicts[correction.pk] = "" if stands else STALE
    return verdicts


def _move(lineage: Lineage, reading: Reading, found: Sequence[Correction]) -> None:
    """Corrections of a record that turned out to be another follow it, row by row."""
    for former in {c.record_id for c in found} - {lineage.record_id}:
        rows = reading.answers.rows
        pairs = zip(row_ids(rows, former), row_ids(rows, lineage.record_id), strict=True)
        ids = {old: new for (old, _), (new, _) in pairs}
        for correction in found:
            if correction.record_id == former:
                correction.record_id = lineage.record_id
                correction.row_id = ids.get(correction.row_id, correction.row_id)
