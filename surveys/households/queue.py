"""The queue of linkage: what records say of their household, waiting to be compared."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from backend.inserts import insert_rows
from surveys.households.models import LinkFeature
from surveys.linkage.record import HouseholdRecord, PersonRecord

State = LinkFeature.State
_TOLD = ("record", "registers", "district", "village", "round", "device", "enumerator", "place_id")
_AGAIN = ("state", "attempts", "try_after", "error", "trusted")


@dataclass(frozen=True, slots=True)
class Queued:
    """One record as told, and what of it is kept in columns."""

    told: HouseholdRecord
    registers: bool
    place_id: int | None
    arrived_at: datetime | None


def hold_queued(records: Collection[UUID]) -> dict[UUID, LinkFeature]:
    """The rows of these records that are there; linkage leaves them alone until the commit."""
    rows = LinkFeature.objects.filter(record_id__in=records).defer("features")
    return {row.pk: row for row in rows.order_by("pk").select_for_update(no_key=True)}


def queue_records(
    told: Sequence[Queued], *, stored: Mapping[UUID, LinkFeature], now: datetime
) -> None:
    """Puts records into the queue: those that are new, came back, or say something else now."""
    rows = [_row(each, now) for each in told]
    changed = [row for row in rows if _differs(row, stored.get(row.record_id))]
    insert_rows(changed, unique=("record_id",), update=(*_TOLD, *_AGAIN))


def forget_records(records: Collection[UUID]) -> None:
    """Has linkage look at records that are deleted, or claim nothing any more."""
    LinkFeature.objects.filter(record_id__in=records).update(state=State.WAITING, attempts=0)


def look_again(records: Collection[UUID]) -> None:
    """Has linkage look once more at records whose household changed; those that wait, it will."""
    if not records:
        return
    rows = LinkFeature.objects.filter(record_id__in=records).exclude(state=State.WAITING)
    held = rows.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True)
    LinkFeature.objects.filter(pk__in=list(held)).update(
        state=State.WAITING, attempts=0, try_after=None
    )


def yards_of(records: Collection[UUID]) -> set[str]:
    """The names of the locks that whoever moves these records must hold."""
    rows = LinkFeature.objects.filter(record_id__in=records)
    return {f"district {district}" for district in rows.values_list("district", flat=True)}


def record_from(stored: dict[str, Any]) -> HouseholdRecord:
    """What `queue_records` stored."""
    values = dict(stored)
    values["head"] = PersonRecord(**values["head"])
    values["members"] = tuple(PersonRecord(**each) for each in values["members"])
    values["phones"] = tuple(values["phones"])
    return HouseholdRecord(**values)


def _row(each: Queued, now: datetime) -> LinkFeature:
    told = each.told
    return LinkFeature(
        record_id=UUID(told.record_id),
        record=orjson.loads(orjson.dumps(told)),
        registers=each.registers,
        district=told.district[:60],
        village=told.village[:60],
        round=told.round[:60],
        device=told.device[:40],
        enumerator=told.enumerator[:255],
        place_id=each.place_id,
        arrived_at=each.arrived_at or now,
    )


def _differs(row: LinkFeature, stored: LinkFeature | None) -> bool:
    if stored is None or any(getattr(row, f) != getattr(stored, f) for f in _TOLD):
        return True
    return stored.state == State.WAITING
