"""The design effect of a share or a mean over households, villages being the clusters. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from surveys.indicators.facts import Household
from surveys.indicators.figures import Unit
from surveys.indicators.statistics import design_effect


def effect_of_villages(
    units: Iterable[Unit], measure: str, households: Iterable[Household]
) -> float:
    """At least 1, and 1.5 by convention for fewer than ten villages (indicators.md § 3)."""
    villages = {h.id: h.village or h.district for h in households}
    hits: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for unit in units:
        if unit.measure == measure:
            hits[villages[unit.household]][0] += unit.value
            hits[villages[unit.household]][1] += unit.base
    return design_effect((h, n) for h, n in hits.values())


def effect_on_mean(
    units: Iterable[Unit], measure: str, split: str, households: Iterable[Household]
) -> float:
    """The largest of those in each value of a group, such as each round: a household once in each.

    At least 1, and 1.5 where there are fewer than ten villages.
    """
    villages = {h.id: h.village or h.district for h in households}
    sums: dict[object, dict[str, list[float]]] = defaultdict(
        lambda: defaultdict(lambda: [0.0, 0.0])
    )
    squares: dict[object, float] = defaultdict(float)
    for unit in units:
        if unit.measure == measure:
            part = unit.groups.get(split)
            cell = sums[part][villages[unit.household]]
            cell[0] += unit.value
            cell[1] += unit.base
            squares[part] += unit.value**2
    parts = [
        design_effect(((t, n) for t, n in cells.values()), squares=squares[part])
        for part, cells in sums.items()
    ]
    return max(parts, default=1.0)
