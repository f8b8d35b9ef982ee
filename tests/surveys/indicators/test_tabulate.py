"""Tables that NumPy adds up are those that one gets by going through the units one by one."""

from collections import defaultdict
from datetime import date, timedelta
from itertools import product
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

import pytest

from surveys.indicators.columns import columns_of, units_of_columns
from surveys.indicators.figures import UNKNOWN, Figure, Kind, Measure, Outcome, Unit
from surveys.indicators.group_table import GroupTable
from surveys.indicators.packing import pack, unpack
from surveys.indicators.tabulate import tabulate, tabulate_each

COUNT, MEAN, MIDDLE = (Measure(k.value, k) for k in (Kind.COUNT, Kind.MEAN, Kind.MEDIAN))
CLASSES = Measure("classes", Kind.CLASSES, classes=("none", "some", "all"), split=("round",))
MEASURES = (COUNT, MEAN, MIDDLE, CLASSES)
BY = ((), ("country",), ("topic",), ("country", "topic"), ("topic", "partner"), ("nobody",))


def invented(seed: int, n: int = 400) -> list[Unit]:
    """Units with shared and own groups, several values, none, and households that come again."""
    random = Random(seed)
    shared = [{"country": random.choice(("KG", "TJ", "")), "round": "end"} for _ in range(30)]
    return [
        Unit(
            (measure := random.choice(MEASURES)).key,
            UUID(int=random.randrange(60)),
            random.randrange(3) if measure is CLASSES else random.randint(0, 900) / 8,
            1 if measure is CLASSES else random.randint(1, 9),
            random.choice(shared)
            if random.random() < 0.5
            else {
                **random.choice(shared),
                "topic": tuple(
                    sorted(random.sample(("land", "debt", "other"), random.randint(0, 3)))
                ),
                "partner": random.choice(("a", "b")),
            },
            random.choice((None, date(2014, 4, 1) + timedelta(days=random.randrange(300)))),
        )
        for _ in range(n)
    ]


def one_by_one(units: list[Unit], measure: Measure, by: tuple[str, ...]) -> dict[Any, Any]:
    """Cell → total, base, households, ratios, counts of classes."""
    found: dict[Any, list[Unit]] = defaultdict(list)
    for unit in units:
        if unit.measure == measure.key:
            said = [unit.groups.get(name) or UNKNOWN for name in (*measure.split, *by)]
            for cell in product(*((s,) if isinstance(s, str) else s for s in said)):
                found[cell].append(unit)
    return {
        cell: (
            sum(u.value for u in mine),
            sum(u.base for u in mine),
            len({u.household for u in mine}),
            median(u.value / u.base for u in mine),
            [sum(u.value == at for u in mine) for at in range(3)],
        )
        for cell, mine in found.items()
    }


@pytest.mark.parametrize("by", BY, ids=str)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_table_is_what_its_units_add_up_to(by: tuple[str, ...], seed: int) -> None:
    units = invented(seed)
    for measure in MEASURES:
        wanted = one_by_one(units, measure, by)
        found = tabulate(units, (measure,), by)
        assert {group_of(figure) for figure in found if figure.n} == wanted.keys()
        for at, figure in enumerate(each for each in found if each.n):
            total, base, n, middle, classes = wanted[group_of(figure)]
            assert (figure.base, figure.n) == (base, n)
            number = {COUNT: total, MEAN: total / base, MIDDLE: middle, CLASSES: None}[measure]
            if measure is CLASSES:
                total, number = classes[at % 3], classes[at % 3] / base
            assert (figure.total, figure.number) == (total, number)


def group_of(figure: Figure) -> tuple[str, ...]:
    return tuple(value for name, value in figure.by if name != "class")


def test_tables_made_together_are_those_made_alone() -> None:
    units = invented(4)
    together = tabulate_each(units, MEASURES, BY)
    assert together == [tabulate(units, MEASURES, by) for by in BY]


def test_indicators_that_share_a_table_of_groups_do_not_disturb_each_other() -> None:
    groups = GroupTable()
    for seed in range(5, 8):
        units = invented(seed)
        assert tabulate(columns_of(units, groups), MEASURES, ("country",)) == tabulate(
            units, MEASURES, ("country",)
        )
        packed = unpack(pack(Outcome(tuple(units)), columns_of(units, groups)))
        assert list(units_of_columns(packed.units)) == units


def test_part_of_units_is_what_one_picks_by_hand() -> None:
    units = invented(9)
    since = date(2014, 8, 1)

    part = columns_of(units).part(
        lambda day: day is not None and day >= since, lambda groups: groups["country"] == "KG"
    )

    picked = [u for u in units if u.on and u.on >= since and u.groups["country"] == "KG"]
    assert picked
    assert list(units_of_columns(part)) == picked
    assert (
        list(units_of_columns(part.of_measure("count").cut(1, 3)))
        == [u for u in picked if u.measure == "count"][1:3]
    )


def test_nothing_makes_tables_of_nothing() -> None:
    assert [f.total for f in tabulate([], MEASURES)] == [0, 0, 0]
    assert tabulate([], MEASURES, ("country",)) == []
