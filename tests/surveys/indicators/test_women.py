"""O3.2 and P13 by hand: women, cases and consultations, each told apart."""

from datetime import date

import pytest

from surveys.indicators.figures import Outcome
from surveys.indicators.parameters import Parameters
from surveys.indicators.tabulate import tabulate
from surveys.indicators.women import MEASURES, RESOLVED, resolution, women
from tests.surveys.indicators.invented import aid, household, number, snapshot


def computed(*households: object) -> Outcome:
    return women(snapshot(*households), Parameters())


def three(outcome: Outcome) -> tuple[float, ...]:
    return tuple(f.total for f in tabulate(outcome.units, MEASURES)[:3])


def test_women_cases_and_consultations_stand_side_by_side() -> None:
    outcome = computed(
        household(1, aid(), aid("2014-08-01"), aid("2014-09-01", case="LK-2014-0002")),
        household(2, aid(case="LK-2014-0003"), aid(line=2, case="LK-2014-0004")),
    )

    assert three(outcome) == (3, 4, 5)


def test_record_without_a_line_is_of_the_person_with_the_same_name_and_year() -> None:
    named = {"name": "asanova gulnara", "birth_year": 1980}

    assert three(computed(household(1, aid(line=3, **named), aid(line=0, **named))))[0] == 1
    assert (
        three(
            computed(
                household(
                    1, aid(line=3, **named), aid(line=0, name="asanova gulnara", birth_year=1981)
                )
            )
        )[0]
        == 2
    )
    assert three(computed(household(1, aid(line=0, **named), aid(line=0, **named))))[0] == 1


def test_across_households_nobody_is_merged() -> None:
    named = {"name": "asanova gulnara", "birth_year": 1980, "line": 0}

    assert three(computed(household(1, aid(**named)), household(2, aid(**named))))[0] == 2


@pytest.mark.parametrize(("year", "told"), [(1996, "women"), (1997, "girls")])
def test_woman_is_eighteen_in_the_year_of_service(year: int, told: str) -> None:
    outcome = computed(household(1, aid("2014-12-31", birth_year=year)))

    counted = {f.measure: f.total for f in tabulate(outcome.units, MEASURES)}
    assert counted[told] == 1
    assert sum(counted[m] for m in ("women", "girls")) == 1
    assert counted["cases"] == (told == "women")


def test_men_and_unknown_births_are_dropped_with_their_reason() -> None:
    outcome = computed(household(1, aid(sex="male"), aid(line=2, birth_year=None)))

    assert sorted(d.reason for d in outcome.drops) == ["birth_year_missing", "not_female"]
    assert three(outcome) == (0, 0, 0)


def test_two_first_consultations_of_one_woman_are_listed_for_review() -> None:
    outcome = computed(
        household(
            1, aid("2014-08-01", first=True, record=7), aid(first=True, record=6), aid(record=8)
        ),
        household(2, aid(first=True)),
    )

    (review,) = outcome.sides
    assert review.rows == ((str(number(1)), 2, (str(number(6)), str(number(7)))),)


def test_topics_overlap_and_outcome_is_that_of_the_latest_record_of_the_case() -> None:
    outcome = computed(
        household(
            1, aid(topics=("alimony", "divorce"), outcome="open"),
            aid("2014-09-01", topics=("alimony",), outcome="solved"),
        )
    )  # fmt: skip

    topics = [f for f in tabulate(outcome.units, MEASURES, ("topic",)) if f.measure == "women"]
    assert {f.group["topic"]: f.total for f in topics} == {"alimony": 1, "divorce": 1}
    ends = [f for f in tabulate(outcome.units, MEASURES, ("outcome",)) if f.measure == "cases"]
    assert {f.group["outcome"]: f.total for f in ends} == {"solved": 1}


def test_open_cases_are_told_by_partner_with_their_age_in_days() -> None:
    outcome = resolution(
        snapshot(
            household(
                1,
                aid("2014-09-01", case="A", partner="ng_01"),
                aid("2015-01-30", case="B", partner="ng_02"),  # 60 days before the period's end
                aid("2014-09-01", case="C", partner="ng_01", outcome="solved"),
                aid("2015-01-29", case="D", partner="ng_02"),
            )
        ),
        Parameters(),
    )

    (side,) = outcome.sides
    assert side.rows == (("ng_01", 1, 1, 211), ("ng_02", 2, 1, 60.5), ("all", 3, 2, 61))


def test_later_of_two_records_of_one_day_tells_the_outcome() -> None:
    outcome = computed(household(1, aid(outcome="solved", order=2), aid(outcome="open", order=1)))

    (end,) = [f for f in tabulate(outcome.units, MEASURES, ("outcome",)) if f.measure == "cases"]
    assert end.group == {"outcome": "solved"}


def test_services_outside_the_period_are_not_counted() -> None:
    assert three(computed(household(1, aid("2015-04-01")))) == (0, 0, 0)


def test_case_that_two_households_name_is_one() -> None:
    assert three(computed(household(1, aid()), household(2, aid("2014-08-01")))) == (2, 1, 2)


def test_resolution_leaves_out_cases_open_for_longer_than_ninety_days() -> None:
    found = snapshot(
        household(1, aid("2014-02-01", case="a"), aid("2014-03-01", case="a", outcome="solved")),
        household(2, aid("2014-02-01", case="b", outcome="dropped")),
        household(3, aid("2014-12-31", case="c", outcome="open")),  # 90 days on 31 March 2015
        household(4, aid("2014-12-30", case="d", outcome="open")),  # 91
        household(5, aid("2014-02-01", case="e", outcome="partly")),
    )
    assert found.as_of > date(2015, 3, 31)

    outcome = resolution(found, Parameters())

    (told,) = tabulate(outcome.units, (RESOLVED,))
    assert (told.total, told.base) == (2, 4)
    assert [d.reason for d in outcome.drops] == ["open_too_long"]
