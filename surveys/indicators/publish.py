"""Figures as they may leave: small counts hidden, with the cells that would give them away. Pure.

indicators.md § 8. A finer table is hidden after the coarser ones it is part of (a district after
its oblast, a cell after the sums of its row and column), so that together they tell no more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from surveys.indicators.definitions import Definition
from surveys.indicators.figures import FEWEST_HOUSEHOLDS, UNKNOWN, Figure, Kind, Measure
from surveys.indicators.grouping import COUNTRY, DISTRICT, OBLAST
from surveys.privacy.small_cells import Cell, as_written, hidden_in_table, sums

Names = tuple[str, ...]
_ABOVE = {DISTRICT: OBLAST, OBLAST: COUNTRY}
COUNTED = frozenset({Kind.COUNT, Kind.SHARE, Kind.CLASSES})
NEVER_BELOW_OBLAST = ("topic", "violence")


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as anyone may read it. What is hidden is None, and `words` stand in its place."""

    measure: str
    by: tuple[tuple[str, str], ...]
    number: float | None
    n: int | None
    count: float | None
    base: float | None
    low: float | None
    high: float | None
    words: str = ""

    @property
    def group(self) -> dict[str, str]:
        return dict(self.by)


def published(
    figures: Sequence[Figure], definition: Definition, parents: Mapping[str, str]
) -> list[Shown]:
    """`parents`: code of a place → that of the place above it."""
    found: list[Shown] = []
    hidings: dict[str, _Hiding] = {}
    for measure in definition.measures:
        mine = [
            f for f in figures if f.measure == measure.key and not _is_never_shown(definition, f)
        ]
        if not mine:
            continue
        told = (measure.classes[0], hidings[measure.told]) if measure.told in hidings else None
        hidings[measure.key] = _hiding(measure, definition, parents, told)
        counts = _hidden(mine, measure, hidings[measure.key], lambda f: f.total)
        households = _hiding(replace(measure, most=1), definition, parents)
        bases = _hidden(mine, measure, households, lambda f: f.base)
        found += [_shown(f, measure, definition.smallest, counts, bases) for f in mine]
    return found


def exact(figures: Sequence[Figure]) -> list[Shown]:
    """Nothing hidden: for people who may see the households behind the figures anyway."""
    return [Shown(f.measure, f.by, f.number, f.n, f.total, f.base, f.low, f.high) for f in figures]


def _is_never_shown(definition: Definition, figure: Figure) -> bool:
    return definition.restricted and DISTRICT in figure.group and NEVER_BELOW_OBLAST in figure.by


def _hidden(
    figures: Sequence[Figure], measure: Measure, hiding: "_Hiding", value: Callable[[Figure], float]
) -> frozenset[Cell]:
    if measure.kind not in COUNTED:
        return frozenset()
    counts = {_cell(f): value(f) for f in figures}
    return hiding.of(tuple(name for name, _ in figures[0].by), counts)


def _hiding(
    measure: Measure,
    definition: Definition,
    parents: Mapping[str, str],
    told: "tuple[str, _Hiding] | None" = None,
) -> "_Hiding":
    fixed = frozenset(measure.split) | definition.overlapping
    return _Hiding(fixed, parents, measure.smallest(definition.smallest), {}, told)


@dataclass(frozen=True, slots=True)
class _Hiding:
    """`fixed`: groups that no coarser table adds over. `known`: what each table hides, once.

    `told`: a class that another measure counts too, and what that one hides.
    """

    fixed: frozenset[str]
    parents: Mapping[str, str]
    smallest: int
    known: dict[Names, frozenset[Cell]]
    told: "tuple[str, _Hiding] | None" = None

    def of(self, names: Names, counts: Mapping[Cell, float]) -> frozenset[Cell]:
        """What this table hides; the tables above it first."""
        if names not in self.known:
            above = _coarsenings(names, counts, self.fixed, self.parents)
            hidden = [self.of(coarse, sums(counts, coarser)) for coarse, coarser in above]
            coarsenings = [coarser for _, coarser in above]
            told, withheld = self._elsewhere(names, counts)
            self.known[names] = hidden_in_table(
                counts,
                coarsenings,
                hidden,
                smallest=self.smallest,
                told=told,
                withheld=withheld,
            )
        return self.known[names]

    def _elsewhere(
        self, names: Names, counts: Mapping[Cell, float]
    ) -> tuple[frozenset[Cell], frozenset[Cell]]:
        """The cells that the other measure tells, and those it hides."""
        if self.told is None or names[-1:] != ("class",):
            return frozenset(), frozenset()
        name, other = self.told
        hides = other.known.get(names[:-1], frozenset())
        same = frozenset(cell for cell in counts if cell[-1] == name)
        withheld = frozenset(cell for cell in same if cell[:-1] in hides)
        return same - withheld, withheld


def _coarsenings(
    names: Names, counts: Mapping[Cell, float], fixed: frozenset[str], parents: Mapping[str, str]
) -> list[tuple[Names, dict[Cell, Cell]]]:
    """The tables that are coarser by a group left out, or by a place one level higher.

    The nearer ones first: what protects an oblast's sum protects most of the whole's.
    """
    raised: list[tuple[Names, dict[Cell, Cell]]] = []
    less: list[tuple[Names, dict[Cell, Cell]]] = []
    for at, name in enumerate(names):
        if name in fixed:
            continue
        above = _ABOVE.get(name, "")
        if above and above not in names:
            higher = (*names[:at], above, *names[at + 1 :])
            raised.append((higher, {cell: _raised(cell, at, parents) for cell in counts}))
        rest = (*names[:at], *names[at + 1 :])
        less.append((rest, {cell: (*cell[:at], *cell[at + 1 :]) for cell in counts}))
    return [*raised, *less]


def _raised(cell: Cell, at: int, parents: Mapping[str, str]) -> Cell:
    return (*cell[:at], parents.get(cell[at], UNKNOWN), *cell[at + 1 :])


def _cell(figure: Figure) -> Cell:
    return tuple(value for _, value in figure.by)


def _shown(
    figure: Figure,
    measure: Measure,
    smallest: int,
    counts: frozenset[Cell],
    bases: frozenset[Cell],
) -> Shown:
    cell = _cell(figure)
    number, low, high, words = figure.number, figure.low, figure.high, ""
    hides_count, hides_base = cell in counts, cell in bases
    if hides_count:
        number, low, high = None, None, None
        words = as_written(figure.total, measure.smallest(smallest))
    elif hides_base and measure.kind != Kind.COUNT:  # count and share would give it away
        number, low, high, words = None, None, None, as_written(0, smallest)
    elif measure.kind != Kind.COUNT and figure.n < FEWEST_HOUSEHOLDS:
        number, low, high, words = None, None, None, "n<20"
    few = figure.n < smallest
    return Shown(
        figure.measure,
        figure.by,
        number,
        None if few or hides_base or hides_count else figure.n,
        None if hides_count or measure.kind not in COUNTED else figure.total,
        None if hides_base or few or measure.kind not in {*COUNTED, Kind.MEAN} else figure.base,
        low,
        high,
        words,
    )
