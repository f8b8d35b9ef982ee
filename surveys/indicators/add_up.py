"""Figures of places that have no household in common → those of all of them together. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from surveys.indicators.figures import Figure, Kind, Measure
from surveys.indicators.statistics import wilson

By = tuple[tuple[str, str], ...]


def add_up(
    figures: Iterable[Figure], measure: Measure, over: Collection[str], *, deff: Mapping[str, float]
) -> list[Figure]:
    """`over`: the groups that are added over. Each share with an interval of its own; a mean has
    none, since squares are not in the figures.

    Raises ValueError for a median, which does not add up.
    """
    if measure.kind == Kind.MEDIAN:
        raise ValueError("medians do not add up")
    is_single = not measure.split and measure.kind != Kind.CLASSES
    sums: dict[By, list[float]] = {(): [0.0, 0.0, 0]} if is_single else {}
    for figure in figures:
        by = tuple(pair for pair in figure.by if pair[0] not in over)
        cell = sums.setdefault(by, [0.0, 0.0, 0])
        for at, number in enumerate((figure.total, figure.base, figure.n)):
            cell[at] += number
    effect = deff.get(measure.key, 1.0)
    return [_figure(measure, by, cell, effect) for by, cell in sums.items()]


def _figure(measure: Measure, by: By, cell: Sequence[float], deff: float) -> Figure:
    total, base, n = cell[0], cell[1], int(cell[2])
    number: float | None = total
    if measure.kind != Kind.COUNT:
        number = total / base if base else None
    has_one = measure.interval and measure.kind == Kind.SHARE and base
    low, high = wilson(total, base, deff=deff) if has_one else (None, None)
    return Figure(measure.key, by, number, n, total, base, low, high)
