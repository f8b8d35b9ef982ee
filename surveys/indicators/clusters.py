"""The design effect of a share over households, their villages being the clusters. Pure."""

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
