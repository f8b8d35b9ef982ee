"""Who of the enumerators is to be looked at first: pure."""

from typing import Any

from surveys.quality.ranking import ranked


def effect(z: float | None, *, far: bool = False, narrow: bool = False) -> dict[str, Any]:
    return {"z": z, "far": far, "narrow": narrow}


def line(name: str, **effects: dict[str, Any]) -> dict[str, Any]:
    return {"enumerator": name, "effects": effects}


LINES = [
    line("A", minutes=effect(1.0), size=effect(-2.0)),
    line("B", minutes=effect(-9.0, far=True), size=effect(0.5)),
    line("C", minutes=effect(3.1, far=True), size=effect(0.2, narrow=True)),
    line("D", minutes=effect(None)),
    line("E", minutes=effect(-1.0), size=effect(2.0)),
]


def order(measure: str = "") -> list[tuple[str, int]]:
    return [(told["enumerator"], told["rank"]) for told in ranked(LINES, measure)]


def test_most_measures_that_stand_out_come_first_then_the_largest_distance() -> None:
    assert order() == [("C", 1), ("B", 2), ("A", 3), ("E", 3), ("D", 5)]
    first = ranked(LINES)[0]
    assert (first["standing_out"], first["furthest"]) == (2, 3.1)


def test_one_measure_ranks_by_its_distance_to_either_side_and_too_few_come_last() -> None:
    assert order("minutes") == [("B", 1), ("C", 2), ("A", 3), ("E", 3), ("D", 5)]
    assert order("size") == [("A", 1), ("E", 1), ("B", 3), ("C", 4), ("D", 5)]


def test_nobody_is_ranked_where_there_is_nobody() -> None:
    assert ranked([]) == []
