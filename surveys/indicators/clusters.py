"""The design effect of a share or a mean over households, villages being the clusters. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from surveys.indicators.facts import Household
from surveys.indicators.figures import Unit
from surveys.indicators.statistics import design_effect

Cells = dict[str, list[float]]  # village → what was counted, and of how many


def effect_of_villages(
    units: Iterable[Unit],
    measure: str,
    households: Iterable[Household],
    *,
    split: str = "",
    is_mean: bool = False,
) -> float:
    """Of a share, or of a mean; the largest of those in each value of the group `split`, such as
    each round, where a household stands once in each.

    At least 1, and 1.5 by convention for fewer than ten villages (indicators.md § 3).
    """
    villages = {h.id: h.village or h.district for h in households}
    sums: dict[object, Cells] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    squares: dict[object, float] = defaultdict(float)
    for unit in units:
        if unit.measure == measure:
            part = unit.groups.get(split)
            cell = sums[part][villages[unit.household]]
            cell[0] += unit.value
            cell[1] += unit.base
            squares[part] += unit.value**2
    parts = [
        design_effect(
            ((total, n) for total, n in cells.values()), squares=squares[part] if is_mean else None
        )
        for part, cells in sums.items()
    ]
    return max(parts, default=design_effect(()))
