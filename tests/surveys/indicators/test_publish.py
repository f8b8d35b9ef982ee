"""Nothing small leaves, nor can be worked out from what does."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.indicators.definitions import DEFINITIONS
from surveys.indicators.figures import Unit
from surveys.indicators.publish import Shown, published
from surveys.indicators.tabulate import tabulate
from surveys.privacy.small_cells import Line, as_written, hidden_cells
from tests.surveys.indicators.invented import number

PARENTS = {"d1": "o1", "d2": "o1", "d3": "o2", "d4": "o2", "o1": "KG", "o2": "KG"}
O31 = DEFINITIONS["O3.1"]


def units(counts: dict[tuple[str, str], int], measure: str = "families") -> list[Unit]:
    each = [cell for cell, count in counts.items() for _ in range(count)]
    return [
        Unit(measure, number(n), 1, 1, {**above(district), "head_sex": sex})
        for n, (district, sex) in enumerate(each)
    ]


def above(district: str) -> dict[str, str]:
    return {"district": district, "oblast": PARENTS[district], "country": "KG"}


def shown(found: list[Unit], *by: str) -> dict[tuple[str, ...], Shown]:
    told = published(tabulate(found, O31.measures, by), O31, PARENTS)
    return {tuple(s.group.values()): s for s in told if s.measure == "families"}


def test_small_count_is_written_as_less_than_five_and_a_second_cell_is_hidden() -> None:
    found = shown(
        units({("d1", "f"): 3, ("d2", "f"): 9, ("d3", "f"): 20, ("d4", "f"): 30}), "district"
    )

    assert {cell[0]: (s.number, s.words) for cell, s in found.items()} == {
        "d1": (None, "<5"), "d2": (None, "–"), "d3": (20, ""), "d4": (30, ""),
    }  # fmt: skip
    assert found["d1",].n is None


def test_second_cell_is_of_the_same_oblast_whose_sum_is_published() -> None:
    counts = {("d1", "f"): 3, ("d2", "f"): 900, ("d3", "f"): 6, ("d4", "f"): 6}

    assert shown(units(counts), "district")["d2",].words == "–"


def test_zero_is_no_secret() -> None:
    found = shown(units({("d1", "f"): 10, ("d2", "m"): 10}), "district", "head_sex")

    assert {s.words for s in found.values()} == {""}


def test_violence_is_never_shown_below_an_oblast() -> None:
    legal = DEFINITIONS["O3.2"]
    found = [
        Unit(
            "women",
            number(n),
            1,
            1,
            {"district": "d1", "oblast": "o1", "topic": ("violence", "land")},
        )
        for n in range(50)
    ]

    by_district = published(tabulate(found, legal.measures, ("district", "topic")), legal, PARENTS)
    by_oblast = published(tabulate(found, legal.measures, ("oblast", "topic")), legal, PARENTS)

    assert {s.group["topic"] for s in by_district} == {"land"}
    assert {s.group["topic"] for s in by_oblast} == {"violence", "land"}


def test_limit_of_legal_aid_is_ten() -> None:
    legal = DEFINITIONS["O3.2"]
    found = [Unit("women", number(n), 1, 1, {"topic": ("land",)}) for n in range(9)]

    (land,) = published(tabulate(found, legal.measures[:1], ("topic",)), legal, PARENTS)
    assert (land.number, land.words) == (None, "<10")


def test_share_is_not_shown_on_fewer_than_twenty_households() -> None:
    debt = DEFINITIONS["P11"]

    def share(n: int) -> Shown:
        found = [Unit("indebted", number(i), float(i % 2), 1, {}) for i in range(n)]
        return published(tabulate(found, debt.measures[:1]), debt, {})[0]

    assert (share(19).number, share(19).words) == (None, "n<20")
    assert share(20).number == 0.5


def test_class_that_another_figure_counts_too_does_not_give_the_others_away() -> None:
    """22 of 45 increased stands above: of the other two classes neither may be told alone."""
    earned = DEFINITIONS["O3.3"]
    classes = [0] * 22 + [1] * 22 + [2]
    found = [Unit("earned", number(n), float(c == 0), 1, {}) for n, c in enumerate(classes)]
    found += [Unit("earned_class", number(n), c, 1, {}) for n, c in enumerate(classes)]

    told = published(tabulate(found, earned.measures[:4]), earned, {})

    assert next(s.count for s in told if s.measure == "earned") == 22
    by_class = {s.group["class"]: s.words for s in told if s.measure == "earned_class"}
    assert by_class == {"increased": "", "stable": "–", "decreased": "<5"}


def test_mean_is_not_shown_on_fewer_than_twenty_households() -> None:
    size = DEFINITIONS["P2"]
    found = [Unit("household_size", number(i), 4, 1, {}) for i in range(19)]

    assert published(tabulate(found, size.measures), size, {})[0].number is None


cells = list(product(("d1", "d2", "d3", "d4"), ("f", "m")))
some_counts = st.lists(st.integers(0, 12), min_size=8, max_size=8).map(
    lambda n: dict(zip(cells, n, strict=True))
)


@settings(deadline=None)
@given(some_counts)
def test_no_line_of_any_published_table_gives_a_small_cell_away(counts: dict) -> None:
    """Every sum that is published has no hidden part, or two that make up five at least."""
    found = units(counts)
    tables = {
        by: shown(found, *by)
        for by in ((), ("country",), ("oblast",), ("district",), ("head_sex",))
    }
    cross = shown(found, "district", "head_sex")

    def check(whole: Shown, parts: list[Shown], real: int) -> None:
        if whole.number is None:
            assert not parts or any(p.number is None for p in parts)
            return
        assert whole.number == real
        hidden = [p for p in parts if p.number is None]
        seen = sum(p.number or 0 for p in parts)
        assert not hidden or (len(hidden) > 1 and real - seen >= 5)

    for oblast in ("o1", "o2"):
        if (oblast,) in tables["oblast",]:
            real = sum(c for (d, _), c in counts.items() if PARENTS[d] == oblast)
            parts = [s for (d,), s in tables["district",].items() if PARENTS[d] == oblast]
            check(tables["oblast",][oblast,], parts, real)
    for sex in ("f", "m"):
        if (sex,) in tables["head_sex",]:
            real = sum(c for (_, s), c in counts.items() if s == sex)
            check(tables["head_sex",][sex,], [v for (_, s), v in cross.items() if s == sex], real)
    for district in ("d1", "d2", "d3", "d4"):
        if (district,) in tables["district",]:
            real = sum(c for (d, _), c in counts.items() if d == district)
            check(
                tables["district",][district,],
                [v for (d, _), v in cross.items() if d == district],
                real,
            )


@given(
    st.dictionaries(st.tuples(st.sampled_from("abcdef")), st.integers(0, 20), min_size=1),
    st.integers(2, 10),
)
def test_hidden_cells_hold_every_small_one(counts: dict, smallest: int) -> None:
    hidden = hidden_cells(counts, [Line(tuple(counts))], smallest=smallest)

    small = {cell for cell, count in counts.items() if 0 < count < smallest}
    assert small <= hidden
    if small and sum(counts.values()) >= smallest:
        assert len(hidden) > 1 or len(counts) == 1


@pytest.mark.parametrize(("count", "words"), [(1, "<5"), (4, "<5"), (5, "–"), (0, "–")])
def test_how_a_hidden_count_is_written(count: int, words: str) -> None:
    assert as_written(count, 5) == words
