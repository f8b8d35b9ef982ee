"""Units and dropped households ⇄ bytes: whose the figures are, small and quick to read. Pure.

Households and groups stand once each and are named by number: a quarter of the bytes.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from surveys.indicators.figures import Drop, Figure, Groups, Outcome, Side, Unit

LEVEL = 1  # of zlib: repeated words pack well at any level


@dataclass(frozen=True, slots=True)
class Packed:
    """What `unpack` gives back."""

    units: tuple[Unit, ...]
    drops: tuple[Drop, ...]


@dataclass(slots=True)
class _Numbered:
    """Values in the order in which they were first seen."""

    known: dict[Any, int]

    def of(self, value: Any) -> int:
        return self.known.setdefault(value, len(self.known))


@dataclass(slots=True)
class _NumberedGroups:
    """As above; most units share the dictionary of their household, which is then known by id."""

    known: dict[Any, int]
    by_id: dict[int, int]

    def of(self, groups: Groups) -> int:
        at = self.by_id.get(id(groups))
        if at is None:
            at = self.known.setdefault(tuple(groups.items()), len(self.known))
            self.by_id[id(groups)] = at
        return at


def pack(outcome: Outcome) -> bytes:
    homes, groups = _Numbered({}), _NumberedGroups({}, {})
    units = [
        (u.measure, homes.of(u.household.int), u.value, u.base, groups.of(u.groups), u.on)
        for u in outcome.units
    ]
    drops = [
        (
            d.reason,
            None if d.household is None else homes.of(d.household.int),
            groups.of(d.groups),
        )
        for d in outcome.drops
    ]
    whole = {
        "homes": [f"{n:032x}" for n in homes.known],
        "groups": list(groups.known),
        "units": units,
        "drops": drops,
    }
    return zlib.compress(orjson.dumps(whole), LEVEL)


def unpack(packed: bytes) -> Packed:
    whole = orjson.loads(zlib.decompress(packed))
    homes = [UUID(each) for each in whole["homes"]]
    groups = [
        {name: tuple(said) if isinstance(said, list) else said for name, said in each}
        for each in whole["groups"]
    ]
    days: dict[str | None, date | None] = {None: None}
    units = tuple(
        Unit(measure, homes[home], value, base, groups[group], _day(on, days))
        for measure, home, value, base, group, on in whole["units"]
    )
    drops = tuple(
        Drop(None if home is None else homes[home], reason, groups[group])
        for reason, home, group in whole["drops"]
    )
    return Packed(units, drops)


def _day(text: str | None, known: dict[str | None, date | None]) -> date | None:
    if text not in known:
        known[text] = date.fromisoformat(text or "")
    return known[text]


def figures_to_json(figures: Iterable[Figure]) -> list[list[Any]]:
    return [[f.measure, list(f.by), f.number, f.n, f.total, f.base, f.low, f.high] for f in figures]


def figures_from_json(rows: Iterable[Sequence[Any]]) -> list[Figure]:
    return [Figure(m, tuple((k, v) for k, v in by), *rest) for m, by, *rest in rows]


def sides_to_json(sides: Iterable[Side]) -> list[dict[str, Any]]:
    return [{"key": s.key, "columns": s.columns, "rows": s.rows} for s in sides]
