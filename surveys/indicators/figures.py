"""What an indicator gives: units that are counted, from which every table is made. Pure.

A unit is what one household (or woman, case, record) adds to one measure. Whatever table is asked
for, it is the same units added up, so that parts make up the whole and every number has its list.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import product
from math import prod
from statistics import median
from uuid import UUID

from surveys.indicators.statistics import wilson

Groups = Mapping[str, str | tuple[str, ...]]
UNKNOWN = "unknown"
PLACES = frozenset({"country", "oblast", "district"})
MOST_ROWS = 5000
FEWEST_HOUSEHOLDS = 20  # households: no share is shown on fewer (indicators.md § 8)


class Kind(StrEnum):
    """COUNT: a sum. SHARE, MEAN, RATIO: value over base. MEDIAN: of each unit's value over base.

    CLASSES: the value is the number of a class; one row a class.
    """

    COUNT = "count"
    SHARE = "share"
    MEAN = "mean"
    RATIO = "ratio"
    MEDIAN = "median"
    CLASSES = "classes"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of an indicator. `split`: groups it is never added over, such as two currencies.

    `interval`: a Wilson interval stands beside the share.
    """

    key: str
    kind: Kind
    classes: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    interval: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    measure: str
    household: UUID
    value: float
    base: float
    groups: Groups
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """A household that an indicator leaves out, and why: a stable code of `docs/indicators.md`."""

    household: UUID | None
    reason: str
    groups: Groups = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Side:
    """A small table that stands beside the figures and is not made of units."""

    key: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What computing one indicator gave. `notes`: numbers and words printed with every output."""

    units: tuple[Unit, ...]
    drops: tuple[Drop, ...] = ()
    sides: tuple[Side, ...] = ()
    notes: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a table. `n` counts households, `total` and `base` what was added up."""

    measure: str
    by: tuple[tuple[str, str], ...]
    number: float | None
    n: int
    total: float
    base: float
    low: float | None = None
    high: float | None = None

    @property
    def group(self) -> dict[str, str]:
        return dict(self.by)


@dataclass(slots=True)
class _Sum:
    total: float = 0.0
    base: float = 0.0
    households: set[UUID] = field(default_factory=set)
    ratios: list[float] = field(default_factory=list)
    classes: dict[int, int] = field(default_factory=dict)


def tabulate(
    units: Iterable[Unit],
    measures: Sequence[Measure],
    by: Sequence[str] = (),
    *,
    deff: Mapping[str, float] | None = None,
) -> list[Figure]:
    """The table of these measures by these groups, in the order of the measures.

    A unit with several values of a group (topics of a case) stands in each of them: such a table
    does not add up. `deff` is the design effect of each measure that has an interval.
    """
    known = {m.key: m for m in measures}
    sums: dict[tuple[str, tuple[str, ...]], _Sum] = {}
    for unit in units:
        measure = known.get(unit.measure)
        if measure is not None:
            for group in _cells(unit.groups, (*measure.split, *by)):
                _add(sums.setdefault((unit.measure, group), _Sum()), measure, unit)
    found: list[Figure] = []
    for measure in measures:
        names = (*measure.split, *by)
        groups = _rows(names, [group for key, group in sums if key == measure.key])
        effect = (deff or {}).get(measure.key, 1.0)
        for group in groups:
            cell = sums.get((measure.key, group), _Sum())
            found += _figures(measure, tuple(zip(names, group, strict=True)), cell, effect)
    return found


def _rows(names: Sequence[str], groups: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The rows of a table: of several groups every pair, so that an empty cell is seen to be so.

    Places of two levels make no pairs: an oblast has its own districts only.
    """
    if not names:
        return [()]
    if len(names) == 1 or len(PLACES.intersection(names)) > 1:
        return sorted(groups)
    seen = [sorted(set(values)) for values in zip(*groups, strict=True)]
    return list(product(*seen)) if seen and prod(map(len, seen)) <= MOST_ROWS else sorted(groups)


def _cells(groups: Groups, names: Sequence[str]) -> list[tuple[str, ...]]:
    cells: list[tuple[str, ...]] = [()]
    for name in names:
        said = groups.get(name) or UNKNOWN
        if isinstance(said, str):
            cells = [(*cell, said) for cell in cells]
        else:
            cells = [(*cell, each) for cell in cells for each in said]
    return cells


def _add(cell: _Sum, measure: Measure, unit: Unit) -> None:
    cell.total += unit.value
    cell.base += unit.base
    cell.households.add(unit.household)
    if measure.kind == Kind.MEDIAN:
        cell.ratios.append(unit.value / unit.base)
    elif measure.kind == Kind.CLASSES:
        at = int(unit.value)
        cell.classes[at] = cell.classes.get(at, 0) + 1


def _figures(
    measure: Measure, by: tuple[tuple[str, str], ...], cell: _Sum, deff: float
) -> Iterable[Figure]:
    n = len(cell.households)
    if measure.kind == Kind.CLASSES:
        for at, name in enumerate(measure.classes):
            count = cell.classes.get(at, 0)
            share = count / cell.base if cell.base else None
            yield Figure(measure.key, (*by, ("class", name)), share, n, count, cell.base)
        return
    number, low, high = _number(measure, cell), None, None
    if measure.interval and cell.base:
        low, high = wilson(cell.total, cell.base, deff=deff)
    yield Figure(measure.key, by, number, n, cell.total, cell.base, low, high)


def _number(measure: Measure, cell: _Sum) -> float | None:
    """None where there is nothing to divide by."""
    if measure.kind == Kind.COUNT:
        return cell.total
    if measure.kind == Kind.MEDIAN:
        return median(cell.ratios) if cell.ratios else None
    return cell.total / cell.base if cell.base else None
