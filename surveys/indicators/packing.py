"""Units and dropped households ⇄ bytes: whose the figures are, small and quick to read. Pure."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from surveys.indicators.columns import OF_UNITS, Columns, columns_of
from surveys.indicators.figures import Drop, Figure, Groups, Outcome, Side
from surveys.indicators.group_table import GroupTable

FORMAT = 4  # raise it when what is stored changes: what was stored before is then computed anew
LEVEL = 1  # of zlib: repeated words pack well at any level
WIDTH = 16  # bytes of a household's UUID, which do not pack


@dataclass(frozen=True, slots=True)
class Packed:
    """What `unpack` gives back."""

    units: Columns
    drops: tuple[Drop, ...]


def pack(outcome: Outcome, units: Columns | None = None) -> bytes:
    """`units` are those of the outcome, where somebody has made columns of them already."""
    columns = columns_of(outcome.units) if units is None else units
    number = columns.groups.number
    drops = [
        (d.reason, d.household.hex if d.household else None, number(d.groups), d.on, d.score)
        for d in outcome.drops
    ]
    # Of the groups that all indicators share, those of this one, numbered anew.
    used = list(dict.fromkeys([*columns.group, *(drop[2] for drop in drops)]))
    anew = {at: place for place, at in enumerate(used)}
    groups = [columns.groups.all[at] for at in used]
    names = list(dict.fromkeys(map(tuple, groups)))
    told = {
        "names": names,  # of few kinds: one list a group is quicker to read than a pair a name
        "named": list(map({each: at for at, each in enumerate(names)}.get, map(tuple, groups))),
        "groups": [list(each.values()) for each in groups],
        "days": columns.days,
        "measures": columns.measures,
        **{name: getattr(columns, name) for name in OF_UNITS},
        "group": [anew[at] for at in columns.group],
        "drops": [(reason, home, anew[at], *more) for reason, home, at, *more in drops],
    }
    homes = b"".join([n.to_bytes(WIDTH, "big") for n in columns.homes])
    head = len(columns.homes).to_bytes(4, "big")
    return head + homes + zlib.compress(orjson.dumps(told), LEVEL)


def unpack(packed: bytes) -> Packed:
    ends = 4 + WIDTH * int.from_bytes(packed[:4], "big")
    told = orjson.loads(zlib.decompress(packed[ends:]))
    groups = [
        _groups(told["names"][at], said)
        for at, said in zip(told["named"], told["groups"], strict=True)
    ]
    columns = Columns(
        homes=[int.from_bytes(packed[at : at + WIDTH], "big") for at in range(4, ends, WIDTH)],
        groups=GroupTable(groups),
        days=[date.fromisoformat(day) if day else None for day in told["days"]],
        measures=told["measures"],
        **{name: told[name] for name in OF_UNITS},
    )
    drops = tuple(
        Drop(
            UUID(home) if home else None,
            reason,
            groups[group],
            date.fromisoformat(on) if on else None,
            score,
        )
        for reason, home, group, on, score in told["drops"]
    )
    return Packed(columns, drops)


def _groups(names: Sequence[str], values: Sequence[Any]) -> Groups:
    """A value of several is a list in JSON, and a tuple here."""
    if list in map(type, values):
        values = [tuple(said) if isinstance(said, list) else said for said in values]
    return dict(zip(names, values, strict=True))


def figures_to_json(figures: Iterable[Figure]) -> list[list[Any]]:
    return [[f.measure, list(f.by), f.number, f.n, f.total, f.base, f.low, f.high] for f in figures]


def figures_from_json(rows: Iterable[Sequence[Any]]) -> list[Figure]:
    return [Figure(m, tuple((k, v) for k, v in by), *rest) for m, by, *rest in rows]


def sides_to_json(sides: Iterable[Side]) -> list[dict[str, Any]]:
    return [{"key": s.key, "columns": s.columns, "rows": s.rows} for s in sides]
