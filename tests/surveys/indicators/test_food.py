"""FCS, rCSI, LCS and FES: the examples of the specification, and the edges of their classes."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.indicators.food import (
    FCS_CLASSES,
    FES_CLASSES,
    LCS_CLASSES,
    LCS_NAMES,
    RCSI_CLASSES,
    fcs,
    fcs_class,
    fes_class,
    lcs_class,
    rcsi,
    rcsi_class,
)

days = st.integers(0, 7)


@pytest.mark.parametrize(
    ("groups", "score", "first", "second"),
    [
        ((7, 1, 3, 2, 5, 2, 7, 7), 51, "acceptable", "acceptable"),
        ((7, 0, 0, 0, 2, 0, 7, 7), 23, "poor", "borderline"),
    ],
)
def test_examples_of_the_score(
    groups: tuple[int, ...], score: float, first: str, second: str
) -> None:
    found = fcs((*groups, 3))

    assert found == score
    assert FCS_CLASSES[fcs_class(score, (28, 42))] == first
    assert FCS_CLASSES[fcs_class(score, (21, 35))] == second


@pytest.mark.parametrize(
    ("score", "named"),
    [(28, "poor"), (28.5, "borderline"), (42, "borderline"), (42.5, "acceptable"), (0, "poor")],
)
def test_cut_off_belongs_to_the_class_below(score: float, named: str) -> None:
    assert FCS_CLASSES[fcs_class(score)] == named


@given(st.lists(days, min_size=9, max_size=9))
def test_score_is_within_its_range_and_condiments_count_nothing(groups: list[int]) -> None:
    score = fcs(groups)

    assert score is not None
    assert 0 <= score <= 112
    assert score == fcs([*groups[:8], 0])


def test_group_that_is_missing_makes_the_score_missing_unless_asked_as_wfp_does() -> None:
    groups = (7, None, 3, 2, 5, 2, 7, 7, 1)

    assert fcs(groups) is None
    assert fcs(groups, missing_as_zero=True) == 48
    assert fcs(()) is None


def test_example_of_coping() -> None:
    assert rcsi((3, 1, 2, 0, 1)) == 8
    assert RCSI_CLASSES[rcsi_class(8)] == "medium"
    assert rcsi((3, None, 2, 0, 1)) is None


@given(st.lists(days, min_size=5, max_size=5))
def test_coping_index_is_within_its_range(answers: list[int]) -> None:
    score = rcsi(answers)

    assert score is not None
    assert 0 <= score <= 56


@pytest.mark.parametrize(
    ("score", "named"), [(3, "low"), (4, "medium"), (18, "medium"), (19, "high")]
)
def test_bands_of_coping(score: int, named: str) -> None:
    assert RCSI_CLASSES[rcsi_class(score)] == named


def _codes(**said: str) -> Sequence[str]:
    return [
        next((code for end, code in said.items() if name.endswith(end)), "10") for name in LCS_NAMES
    ]


@pytest.mark.parametrize(
    ("codes", "named"),
    [
        (_codes(), "none"),
        (_codes(Saving="30"), "stress"),
        (_codes(Saving="20", Health="20"), "crisis"),
        (_codes(Begged="20"), "emergency"),
        (_codes(Begged="9999", ProdAssets="9999"), "none"),
    ],
)
def test_worst_strategy_used_is_the_class(codes: Sequence[str], named: str) -> None:
    worst = lcs_class(codes)

    assert worst is not None
    assert LCS_CLASSES[worst] == named


def test_no_answer_at_all_is_no_class_and_one_is_enough() -> None:
    assert lcs_class([None] * 10) is None
    assert lcs_class([*[None] * 9, "30"]) == 3
    assert lcs_class(["10", *[None] * 9]) == 0


@pytest.mark.parametrize(
    ("food", "total", "named"),
    [
        (49.9, 100, "under_50"), (50, 100, "50_to_65"), (65, 100, "65_to_75"), (75, 100, "over_75"),
        (0, 10, "under_50"),
    ],
)  # fmt: skip
def test_food_share_at_its_edges(food: float, total: float, named: str) -> None:
    at = fes_class(food, total)

    assert at is not None
    assert FES_CLASSES[at] == named


def test_food_share_of_nothing_spent_is_missing() -> None:
    assert fes_class(0, 0) is None
    assert fes_class(None, 10) is None
