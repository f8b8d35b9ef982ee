"""Quarters added up, of what may be told."""

from surveys.indicators.figures import Kind, Measure
from surveys.indicators.publish import Shown
from surveys.indicators.so_far import so_far

FAMILIES = Measure("families", Kind.COUNT)


def shown(number: float | None, **group: str) -> Shown:
    return Shown("families", tuple(group.items()), number, None, number, None, None, None)


def quarters(*numbers: float | None) -> list[Shown]:
    return [shown(n, quarter=f"2014Q{at}") for at, n in enumerate(numbers, 1)]


def test_each_quarter_is_told_with_all_before_it_in_whatever_order_they_come() -> None:
    told = so_far(FAMILIES, reversed(quarters(6, 5, 0, 7)))
    assert [told[each.by] for each in quarters(6, 5, 0, 7)] == [6, 11, 11, 18]


def test_from_the_first_hidden_quarter_on_nothing_is_told() -> None:
    figures = quarters(6, None, 5, 7)
    assert list(so_far(FAMILIES, figures).values()) == [6, None, None, None]


def test_only_counts_by_quarter_alone_are_added_up() -> None:
    crossed = [shown(5, quarter="2014Q1", oblast="KG06000000000")]
    assert so_far(FAMILIES, crossed) == {}
    assert so_far(FAMILIES, [shown(5)]) == {}
    assert so_far(Measure("families", Kind.SHARE), quarters(0.5)) == {}
