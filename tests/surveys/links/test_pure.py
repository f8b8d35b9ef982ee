"""What is drawn and worded: lines of rosters, waterfall, map, groups, words for every code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.linkage.features import features_of
from surveys.linkage.model import pinned_model
from surveys.linkage.record import HouseholdRecord, PersonRecord
from surveys.links.gathering import gather
from surveys.links.lines import Matched, align_lines, marks_of, set_marks, value_marks
from surveys.links.sketch import Point, distance_words, sketch
from surveys.links.waterfall import WIDTH, waterfall
from surveys.links.words import COMPARISONS, sentence

CELLS = st.tuples(st.integers(0, 3), st.integers(0, 6))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_what_hangs_together_is_one_group(pairs: list[tuple[int, int]]) -> None:
    group = gather(pairs)

    assert set(group) == {end for pair in pairs for end in pair}
    assert all(group[one] == group[other] for one, other in pairs)
    assert all(group[head] == head for head in group.values())


@given(
    st.lists(st.integers(0, 7), min_size=4, max_size=4),
    st.lists(st.builds(Matched, CELLS, CELLS, st.booleans()), max_size=20),
)
def test_every_member_stands_once_and_no_line_holds_two_of_one_record(
    sizes: list[int], matched: list[Matched]
) -> None:
    lines = align_lines(sizes, matched)

    cells = [cell for line in lines for cell in line.items()]
    assert sorted(cells) == [(c, m) for c, size in enumerate(sizes) for m in range(size)]


def test_sure_match_goes_before_a_weak_one_for_the_same_member() -> None:
    weak = Matched((0, 0), (1, 0), strong=False)
    sure = Matched((0, 0), (1, 1), strong=True)

    assert align_lines([1, 2], [weak, sure]) == [{0: 0, 1: 1}, {1: 0}]


def roster(*people: tuple[str, str]) -> HouseholdRecord:
    return HouseholdRecord("x", members=tuple(PersonRecord(n, birth=b) for n, b in people))


@pytest.mark.parametrize(
    ("other", "mark"),
    [
        (("Гульнара", "1988-05-12"), "same"),  # another spelling is no difference
        (("Гүлнара", "1989"), "close"),
        (("Бермет", "1988-05-12"), "differs"),
        (("Гүлнара", "1954-02-03"), "differs"),
        (("Гүлнара", ""), "same"),  # what is not known differs in nothing
    ],
)
def test_members_of_a_line_are_marked_by_how_they_agree(other: tuple[str, str], mark: str) -> None:
    columns = [features_of(roster(("Гүлнара", "1988-05-12"))), features_of(roster(other))]

    marks = marks_of({0: 0, 1: 0}, columns)
    assert [marks[0][0], marks[1][0]] == ["", mark]
    assert marks_of({1: 0}, columns)[1][0] == "alone"
    assert marks_of({0: 0}, columns[:1])[0][0] == ""


def test_values_are_compared_with_the_first_that_is_there() -> None:
    assert value_marks(["", "a", "a", "b"]) == ["missing", "", "same", "differs"]
    phones = [frozenset({"1", "2"}), frozenset({"2"}), frozenset({"3"}), frozenset()]
    assert set_marks(phones) == ["", "close", "differs", "missing"]


def test_bars_of_a_waterfall_hang_together_and_end_at_the_weight() -> None:
    reasons = [("prior", "", -4.0), ("roster", "over_12", 9.5), ("village", "different", -5.0)]
    fall = waterfall([*reasons, ("card", "missing", 0.0)], auto=11.0)

    assert [bar.bits for bar in fall.bars] == [-4.0, 9.5, -5.0]  # what is worth nothing is left out
    assert fall.total == pytest.approx(0.5)
    starts = [fall.zero, *(bar.ends for bar in fall.bars)]
    for bar, start in zip(fall.bars, starts, strict=False):
        assert bar.x == min(start, bar.ends)
        assert bar.width == pytest.approx(abs(bar.ends - start), abs=0.2)
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH for bar in fall.bars)
    assert [bar.tone for bar in fall.bars] == ["against", "for", "against"]


def test_map_keeps_distances_and_says_its_scale() -> None:
    points = [Point("1", 40.0, 72.0), Point("2", 40.009, 72.0), Point("3", 40.0045, 72.0)]
    drawn = sketch(points)

    assert drawn is not None
    assert drawn.scale_words == "200 m"
    top, bottom, middle = drawn.dots[1], drawn.dots[0], drawn.dots[2]
    assert top.y < middle.y < bottom.y  # north is up
    metres_a_unit = 0.009 * 111_195 / (bottom.y - top.y)
    assert drawn.scale * metres_a_unit == pytest.approx(200, rel=0.02)
    assert sketch(points[:1]) is None


def test_points_of_one_yard_are_not_blown_up_to_a_distance() -> None:
    drawn = sketch([Point("1", 40.0, 72.0), Point("2", 40.00001, 72.0)])

    assert drawn is not None
    assert abs(drawn.dots[0].y - drawn.dots[1].y) < 10
    assert drawn.dots[0].label_x != drawn.dots[1].label_x  # the labels do not hide each other


@pytest.mark.parametrize(
    ("metres", "words"),
    [(12, "12 m"), (340, "340 m"), (2_000, "2 km"), (5_210, "5.2 km"), (120_400, "120 km")],
)
def test_distance_in_words(metres: float, words: str) -> None:
    assert distance_words(metres) == words


def test_every_level_of_the_model_has_a_sentence_of_its_own() -> None:
    weights = pinned_model().weights
    plain = [
        f"{comparison}.{level}"
        for comparison, levels in weights.items()
        for level in levels
        if sentence(comparison, level).endswith(f": {level.replace('_', ' ')}")
    ]

    assert plain == []
    assert set(weights) <= set(COMPARISONS)
