"""so_far: counts by quarter, each with all before it, of what may be told. Pure."""

from collections.abc import Iterable

from surveys.indicators.figures import Kind, Measure
from surveys.indicators.grouping import QUARTER
from surveys.indicators.publish import Shown

By = tuple[tuple[str, str], ...]


def so_far(measure: Measure, figures: Iterable[Shown]) -> dict[By, float | None]:
    """Group → the sum up to it; nothing where figures are not counts by quarter alone.

    None from the first hidden quarter on: a sum beside it would give it away. It adds up numbers
    that are told one by one, and so tells no more than these.
    """
    mine = [f for f in figures if f.measure == measure.key]
    if measure.kind != Kind.COUNT or any([*f.group] != [QUARTER] for f in mine):
        return {}
    told: dict[By, float | None] = {}
    sum_: float | None = 0
    for each in sorted(mine, key=lambda f: f.by):
        sum_ = None if sum_ is None or each.number is None else sum_ + each.number
        told[each.by] = sum_
    return told
