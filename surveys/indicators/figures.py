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
Cell = tuple[str, ...]
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

    `interval`: a Wilson interval stands beside the share. `told`: the measure whose count is that
    of the first class.
    """

    key: str
    kind: Kind
    classes: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    interval: bool = False
    told: str = ""


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
    """`households` holds their numbers: of a UUID, Python makes each hash anew."""

    total: float = 0.0
    base: float = 0.0
    households: set[int] = field(default_factory=set)
    ratios: list[float] = field(default_factory=list)
    classes: dict[float, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Part:
    """Units of one measure that are alike in all groups: what tables are added up of."""

    groups: Groups
    sum: _Sum


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
    return tabulate_each(units, measures, [by], deff=deff)[0]


def tabulate_each(
    units: Iterable[Unit],
    measures: Sequence[Measure],
    breakdowns: Sequence[Sequence[str]],
    *,
    deff: Mapping[str, float] | None = None,
) -> list[list[Figure]]:
    """Several such tables; units that are alike are added up once for all of them."""
    by_measure: dict[str, list[Unit]] = {measure.key: [] for measure in measures}
    for unit in units:
        if unit.measure in by_measure:
            by_measure[unit.measure].append(unit)
    found: list[list[Figure]] = [[] for _ in breakdowns]
    for measure in measures:
        parts = _parts(by_measure[measure.key], measure)
        effect = (deff or {}).get(measure.key, 1.0)
        for figures, by in zip(found, breakdowns, strict=True):
            names = (*measure.split, *by)
            sums = _sums(parts, names)
            for group in _rows(names, list(sums)):
                cell = sums.get(group) or _Sum()
                figures += _figures(measure, tuple(zip(names, group, strict=True)), cell, effect)
    return found


def _parts(units: Iterable[Unit], measure: Measure) -> list[_Part]:
    """Most units share the dictionary of their household, so that it is looked up by its id."""
    alike: dict[tuple[tuple[str, str | tuple[str, ...]], ...], _Part] = {}
    by_id: dict[int, _Part] = {}
    has_ratios, has_classes = measure.kind == Kind.MEDIAN, measure.kind == Kind.CLASSES
    for unit in units:
        part = by_id.get(id(unit.groups))
        if part is None:
            key = tuple(unit.groups.items())
            part = alike.get(key)
            if part is None:
                part = alike[key] = _Part(unit.groups, _Sum())
            by_id[id(unit.groups)] = part
        cell = part.sum
        cell.total += unit.value
        cell.base += unit.base
        cell.households.add(unit.household.int)
        if has_ratios:
            cell.ratios.append(unit.value / unit.base)
        if has_classes:
            cell.classes[unit.value] = cell.classes.get(unit.value, 0) + 1
    return list(alike.values())


def _sums(parts: Iterable[_Part], names: tuple[str, ...]) -> dict[Cell, _Sum]:
    sums: dict[Cell, _Sum] = {}
    for part in parts:
        said = tuple([part.groups.get(name) or UNKNOWN for name in names])
        for group in _cells(said) if tuple in map(type, said) else (said,):
            cell = sums.get(group)  # type: ignore[arg-type]
            if cell is None:
                cell = sums[group] = _Sum()  # type: ignore[index]
            _add(cell, part.sum)
    return sums


def _add(cell: _Sum, part: _Sum) -> None:
    cell.total += part.total
    cell.base += part.base
    cell.households |= part.households
    if part.ratios:
        cell.ratios += part.ratios
    for at, count in part.classes.items():
        cell.classes[at] = cell.classes.get(at, 0) + count


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


def _cells(said: Sequence[str | tuple[str, ...]]) -> list[Cell]:
    return list(product(*((each,) if isinstance(each, str) else each for each in said)))


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
