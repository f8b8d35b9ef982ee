"""Records by what they have in common. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from surveys.quality.facts import Record

_EVER = datetime.min.replace(tzinfo=UTC)
K = TypeVar("K")


def by_enumerator(records: Iterable[Record], *, timed: bool = False) -> dict[str, list[Record]]:
    """Each enumerator's records by their beginning; who is not named is left out.

    With `timed`, so are records that do not say when they began.
    """
    found: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record.enumerator and (record.started or not timed):
            found[record.enumerator].append(record)
    return {name: sorted(found[name], key=_beginning) for name in sorted(found)}


def by_key(records: Iterable[Record], key: Callable[[Record], K | None]) -> dict[K, list[Record]]:
    """Groups in the order of their first record; what has no key is in none."""
    found: dict[K, list[Record]] = defaultdict(list)
    for record in records:
        if (value := key(record)) is not None:
            found[value].append(record)
    return found


def homes(records: Iterable[Record]) -> set[object]:
    """The households of these records; a record without one counts as its own."""
    return {record.household or record.id for record in records}


def others(record: Record, group: Iterable[Record], most: int = 5) -> list[str]:
    """Ids of the records of other households in its group."""
    mine = record.household or record.id
    return sorted(str(r.id) for r in group if (r.household or r.id) != mine)[:most]


def median_of(values: Iterable[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def latest_by_home(records: Iterable[Record]) -> Mapping[object, Record]:
    """The newest record of each household, by its beginning or else its arrival."""
    ordered = sorted(records, key=lambda r: (r.started or r.received or _EVER, str(r.id)))
    return {record.household: record for record in ordered if record.household is not None}


def _beginning(record: Record) -> tuple[datetime, str]:
    return record.started or record.received or _EVER, str(record.id)
