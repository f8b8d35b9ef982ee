"""Units → the figures of any table by any groups. Pure.

Each household's place in a table is looked up once for each combination of groups that occurs;
adding up is NumPy's.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from statistics import median
from typing import TYPE_CHECKING, Any

from surveys.indicators.columns import Columns, columns_of
from surveys.indicators.figures import EFFECT, UNKNOWN, Figure, Kind, Measure, Unit
from surveys.indicators.group_table import GroupTable
from surveys.indicators.statistics import mean_interval, wilson

if TYPE_CHECKING:
    import numpy as np

Cell = tuple[str, ...]
PLACES = frozenset({"country", "oblast", "district"})
MOST_ROWS = 5000


@dataclass(slots=True)
class _Sum:
    """What the units of one cell add up to; `n` households."""

    total: float = 0.0
    base: float = 0.0
    n: int = 0
    squares: float = 0.0
    ratios: Sequence[float] = ()
    classes: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The units of one measure. `group` is the place of a unit's groups among the `used` ones."""

    measure: Measure
    home: "np.ndarray[Any, Any]"
    value: "np.ndarray[Any, Any]"
    base: "np.ndarray[Any, Any]"
    group: "np.ndarray[Any, Any]"
    groups: GroupTable
    used: "np.ndarray[Any, Any]"
    is_once: bool  # no household has two of them


@dataclass(frozen=True, slots=True)
class _Places:
    """Which cells of a table each unit stands in: `unit` and `cell` side by side."""

    cells: list[Cell]
    unit: "np.ndarray[Any, Any] | None"  # None: each unit in one cell
    cell: "np.ndarray[Any, Any]"


def tabulate(
    units: Columns | Collection[Unit],
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
    units: Columns | Collection[Unit],
    measures: Sequence[Measure],
    breakdowns: Sequence[Sequence[str]],
    *,
    deff: Mapping[str, float] | None = None,
) -> list[list[Figure]]:
    """Several such tables of the same units."""
    columns = units if isinstance(units, Columns) else columns_of(units)
    found: list[list[Figure]] = [[] for _ in breakdowns]
    for measure in measures:
        chosen = _chosen(columns, measure)
        effect = (deff or {}).get(measure.key, 1.0)
        for figures, by in zip(found, breakdowns, strict=True):
            names = (*measure.split, *by)
            sums = _sums(chosen, _places(chosen, names))
            for group in _rows(names, list(sums)):
                cell = sums.get(group) or _Sum()
                figures += _figures(measure, tuple(zip(names, group, strict=True)), cell, effect)
    return found


def effects(notes: Mapping[str, Any]) -> dict[str, float]:
    """The design effect of each measure that has one."""
    return {
        name.removeprefix(EFFECT): float(value)
        for name, value in notes.items()
        if name.startswith(EFFECT)
    }


def _chosen(columns: Columns, measure: Measure) -> _Chosen:
    import numpy as np  # noqa: PLC0415 - 15 MB for who adds up only; what is stored needs none

    of = np.array(columns.measure, dtype=np.int64)
    known = columns.measures.index(measure.key) if measure.key in columns.measures else -1
    mine = np.flatnonzero(of == known)
    home = np.array(columns.home, dtype=np.int64)[mine]
    used, group = np.unique(np.array(columns.group, dtype=np.int64)[mine], return_inverse=True)
    return _Chosen(
        measure,
        home,
        np.array(columns.value, dtype=float)[mine],
        np.array(columns.base, dtype=float)[mine],
        group,
        columns.groups,
        used,
        bool(len(home) == 0 or np.bincount(home).max() == 1),
    )


def _places(chosen: _Chosen, names: Sequence[str]) -> _Places:
    coded = [chosen.groups.codes(name, chosen.used) for name in names]
    single = [each for each in coded if each is not None]
    if len(single) == len(names):
        return _single(chosen, single)
    return _several(chosen, names)


def _single(chosen: _Chosen, coded: "Sequence[tuple[np.ndarray[Any, Any], list[str]]]") -> _Places:
    """Each unit in one cell: the codes of its groups are the digits of one number."""
    import numpy as np  # noqa: PLC0415

    mixed = np.zeros(len(chosen.used), dtype=np.int64)
    for codes, values in coded:
        mixed = mixed * len(values) + codes
    found, numbers = np.unique(mixed, return_inverse=True)
    cells = [_decoded(code, [values for _, values in coded]) for code in found.tolist()]
    return _Places(cells, None, numbers[chosen.group])


def _decoded(code: int, values: Sequence[Sequence[str]]) -> Cell:
    said: list[str] = []
    for each in reversed(values):
        code, digit = divmod(code, len(each))
        said.append(each[digit])
    return tuple(reversed(said))


def _several(chosen: _Chosen, names: Sequence[str]) -> _Places:
    """A unit in each cell of its several values."""
    import numpy as np  # noqa: PLC0415

    numbers: dict[Cell, int] = {}
    cells: list[int] = []
    firsts = []  # where a combination's cells begin
    for at in chosen.used.tolist():
        firsts.append(len(cells))
        said = _cells(chosen.groups.all[at], names)
        cells += [numbers.setdefault(cell, len(numbers)) for cell in said]
    table, first = np.array(cells, dtype=np.int64), np.array(firsts, dtype=np.int64)
    starts = first[chosen.group]
    counts = np.diff(first, append=len(cells))[chosen.group]
    unit = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    within = np.arange(len(unit)) - before[unit]
    return _Places(list(numbers), unit, table[starts[unit] + within])


def _cells(groups: Mapping[str, str | tuple[str, ...]], names: Sequence[str]) -> Iterable[Cell]:
    said = [groups.get(name) or UNKNOWN for name in names]
    if tuple in map(type, said):
        return product(*((each,) if isinstance(each, str) else each for each in said))
    return (tuple(said),)  # type: ignore[arg-type]


def _sums(chosen: _Chosen, places: _Places) -> dict[Cell, _Sum]:
    import numpy as np  # noqa: PLC0415

    def at(values: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        return values if places.unit is None else values[places.unit]

    cell, size = places.cell, len(places.cells)
    totals = np.bincount(cell, at(chosen.value), size).tolist()
    bases = np.bincount(cell, at(chosen.base), size).tolist()
    counts = _households(chosen, cell, at(chosen.home), size)
    found = {
        group: _Sum(*sums) for group, *sums in zip(places.cells, totals, bases, counts, strict=True)
    }
    if chosen.measure.kind == Kind.MEAN and chosen.measure.interval:
        squares = np.bincount(cell, at(chosen.value**2), size).tolist()
        for group, each in zip(places.cells, squares, strict=True):
            found[group].squares = each
    if chosen.measure.kind == Kind.MEDIAN:
        _add_ratios(found, places, at(chosen.value / chosen.base))
    if chosen.measure.kind == Kind.CLASSES:
        width = len(chosen.measure.classes)
        both = np.bincount(cell * width + at(chosen.value).astype(np.int64), None, size * width)
        for group, classes in zip(places.cells, both.reshape(size, width).tolist(), strict=True):
            found[group].classes = classes
    return found


def _households(
    chosen: _Chosen, cell: "np.ndarray[Any, Any]", home: "np.ndarray[Any, Any]", size: int
) -> list[int]:
    """How many different ones stand in each cell."""
    import numpy as np  # noqa: PLC0415

    if not chosen.is_once:
        width = int(home.max(initial=0)) + 1
        cell = np.unique(cell * width + home) // width
    found: list[int] = np.bincount(cell, None, size).tolist()
    return found


def _add_ratios(
    found: Mapping[Cell, _Sum], places: _Places, ratios: "np.ndarray[Any, Any]"
) -> None:
    lists: list[list[float]] = [[] for _ in places.cells]
    for at, ratio in zip(places.cell.tolist(), ratios.tolist(), strict=True):
        lists[at].append(ratio)
    for group, each in zip(places.cells, lists, strict=True):
        found[group].ratios = each


def _rows(names: Sequence[str], groups: list[Cell]) -> list[Cell]:
    """The rows of a table: of several groups every pair, so that an empty cell is seen to be so.

    Places of two levels make no pairs: an oblast has its own districts only.
    """
    if not names:
        return [()]
    if len(names) == 1 or len(PLACES.intersection(names)) > 1:
        return sorted(groups)
    seen = [sorted(set(values)) for values in zip(*groups, strict=True)]
    return list(product(*seen)) if seen and prod(map(len, seen)) <= MOST_ROWS else sorted(groups)


def _figures(
    measure: Measure, by: tuple[tuple[str, str], ...], cell: _Sum, deff: float
) -> Iterable[Figure]:
    if measure.kind == Kind.CLASSES:
        for name, count in zip(
            measure.classes, cell.classes or [0] * len(measure.classes), strict=True
        ):
            share = count / cell.base if cell.base else None
            yield Figure(measure.key, (*by, ("class", name)), share, cell.n, count, cell.base)
        return
    low, high = _interval(measure, cell, deff) or (None, None)
    number = _number(measure, cell)
    yield Figure(measure.key, by, number, cell.n, cell.total, cell.base, low, high)


def _interval(measure: Measure, cell: _Sum, deff: float) -> tuple[float, float] | None:
    if not measure.interval or not cell.base:
        return None
    if measure.kind == Kind.MEAN:
        return mean_interval(cell.total, cell.squares, cell.base, deff=deff)
    return wilson(cell.total, cell.base, deff=deff)


def _number(measure: Measure, cell: _Sum) -> float | None:
    """None where there is nothing to divide by."""
    if measure.kind == Kind.COUNT:
        return cell.total
    if measure.kind == Kind.MEDIAN:
        return median(cell.ratios) if cell.ratios else None
    return cell.total / cell.base if cell.base else None
