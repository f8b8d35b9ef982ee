"""P1 to P14 by hand, FCS to FES as indicators: value, base, and what no answer leaves out."""

from datetime import date
from typing import Any

import pytest

from surveys.indicators.definitions import DEFINITIONS
from surveys.indicators.facts import Household, Member
from surveys.indicators.figures import Figure, Outcome
from surveys.indicators.parameters import Parameters
from surveys.indicators.publish import published
from surveys.indicators.tabulate import tabulate
from tests.surveys.indicators.invented import (
    BASELINE_ON,
    ENDLINE_ON,
    aid,
    baseline,
    household,
    interview,
    money,
    service,
    snapshot,
    source,
)

RATES = money({("RUB", "KGS"): {date(2000, 1, 1): 1.5}})


def computed(code: str, *households: Household) -> Outcome:
    return DEFINITIONS[code].compute(snapshot(*households), Parameters(), RATES)


def figures(code: str, *households: Household, by: tuple[str, ...] = ()) -> list[Figure]:
    return tabulate(computed(code, *households).units, DEFINITIONS[code].measures, by)


def told(code: str, *households: Household) -> tuple[float | None, float, float]:
    first = figures(code, *households)[0]
    return first.number, first.total, first.base


def with_baseline(n: int, **said: Any) -> Household:
    services = said.pop("services", ())
    return household(n, *services, baseline=baseline(n, **said))


def with_members(n: int, *members: Member) -> Household:
    return with_baseline(n, members=members)


def test_female_headed_is_of_known_heads() -> None:
    heads = [with_baseline(n, head_sex=s) for n, s in enumerate(("female", "female", "male", ""))]

    assert told("P1", *heads) == (pytest.approx(2 / 3), 2, 3)
    assert [d.reason for d in computed("P1", *heads).drops] == ["no_answer"]


def test_size_is_a_mean_of_baselines() -> None:
    assert told("P2", with_baseline(1, size=4), with_baseline(2, size=7))[0] == 5.5


def test_migrants_are_counted_by_household_and_by_country_of_stay() -> None:
    abroad = [Member(present="abroad", country=c) for c in ("RU", "RU", "KZ")]
    found = figures("P3", with_members(1, *abroad), with_members(2, Member(present="home")))
    assert (found[0].number, found[1].number) == (1.5, 3)

    by_stay = figures("P3", with_members(1, *abroad), by=("stay",))
    assert {f.group["stay"]: f.number for f in by_stay if f.measure == "migrants"} == {
        "KZ": 1,
        "RU": 2,
    }


def test_lost_contact_is_of_migrants_with_an_answer() -> None:
    heard = [Member(present="abroad", contact=c) for c in ("week", "half", "more", "lost", "")]

    assert told("P4", with_members(1, *heard, Member(contact="lost"))) == (0.5, 2, 4)


def test_dependency_is_pooled_over_members_not_averaged() -> None:
    many = [Member(age=a) for a in (3, 14, 15, 64, 65)]

    assert told("P5", with_members(1, *many), with_members(2, Member(age=30))) == (1.0, 3, 3)


def test_dependency_without_anyone_of_working_age_is_no_number() -> None:
    assert told("P5", with_members(1, Member(age=70))) == (None, 1, 0)


def test_dependents_without_anyone_of_working_age_are_in_the_pool() -> None:
    pair = [Member(age=70), Member(age=3)]

    assert told("P5", with_members(1, *pair), with_members(2, Member(age=30))) == (2.0, 2, 1)


def test_remittance_share_is_pooled_by_country_and_round_with_the_median_beside() -> None:
    rich = with_baseline(
        1, interview=interview(BASELINE_ON, source("remit", 100, 1, "RUB"), source("craft", 150, 1))
    )
    poor = with_baseline(2, interview=interview(BASELINE_ON, source("craft", 100, 1)))
    nobody = with_baseline(3, interview=interview(BASELINE_ON))
    unknown = with_baseline(4, interview=interview(BASELINE_ON, source("gift", None)))

    pooled, middle = figures("P6", rich, poor, nobody, unknown)

    assert pooled.group == {"country": "KG", "round": "baseline"}
    assert (pooled.number, pooled.total, pooled.base) == (pytest.approx(0.375), 150, 400)
    assert (middle.number, middle.n) == (0.25, 2)
    assert sorted(d.reason for d in computed("P6", rich, poor, nobody, unknown).drops) == [
        "income_incomplete_baseline", "no_income_baseline",
    ]  # fmt: skip


def test_two_countries_money_is_never_added() -> None:
    here = with_baseline(1, interview=interview(BASELINE_ON, source("remit", 10, 1, "KGS")))
    there = household(
        2,
        country="TJ",
        baseline=baseline(2, interview=interview(BASELINE_ON, source("remit", 10, 1, "TJS"))),
    )

    pooled = [f for f in figures("P6", here, there) if f.measure == "remittance_share"]

    assert [f.group["country"] for f in pooled] == ["KG", "TJ"]


def test_women_share_takes_half_of_what_both_earn() -> None:
    told_ = interview(
        BASELINE_ON,
        source("craft", 100, 1, earner="woman"), source("trade", 100, 1, earner="both"),
        source("casual", 200, 1, earner="man"), source("remit", 900, 1, earner="woman"),
    )  # fmt: skip

    assert told("P7", with_baseline(1, interview=told_)) == (0.375, 150, 400)


def test_unregistered_marriage_is_of_ever_married_adults() -> None:
    members = [
        Member(age=a, marital=m)
        for a, m in ((17, "nikoh"), (18, "nikoh"), (40, "reg"), (50, "never"), (60, "wid"))
    ]

    assert told("P8", with_members(1, *members)) == (pytest.approx(1 / 3), 1, 3)


def test_need_has_three_points_as_the_first_two_as_the_second_one_as_the_third() -> None:
    families = [
        with_baseline(1, needs=("income", "legal", "health")),
        with_baseline(2, needs=("legal", "", "income")),
        with_baseline(3, needs=("", "", "")),
    ]

    told_ = {(f.measure, f.group["need"]): f.number for f in figures("P15", *families)}
    assert told_ == {
        ("need_score", "income"): 4, ("need_score", "legal"): 5, ("need_score", "health"): 1,
        ("need_first", "income"): 1, ("need_first", "legal"): 1,
    }  # fmt: skip
    assert [d.reason for d in computed("P15", *families).drops] == ["no_answer"]


def test_points_of_needs_are_hidden_where_they_may_be_of_fewer_than_five_families() -> None:
    families = [with_baseline(n, needs=("income",)) for n in range(5)]
    families += [with_baseline(n, needs=("legal",)) for n in range(5, 9)]
    shown = published(figures("P15", *families), DEFINITIONS["P15"], {})

    points = {f.group["need"]: (f.number, f.words) for f in shown if f.measure == "need_score"}
    assert points == {"income": (15, ""), "legal": (None, "<15")}


def test_out_of_school_is_of_children_of_seven_to_fifteen() -> None:
    members = [
        Member(age=a, school=s) for a, s in ((6, "no"), (7, "no"), (15, "yes"), (16, "no"), (9, ""))
    ]

    assert told("P9", with_members(1, *members)) == (0.5, 1, 2)


def test_livestock_units() -> None:
    assert told("P10", with_baseline(1, cattle=2, sheep=10, poultry=20))[0] == pytest.approx(2.6)
    assert computed("P10", with_baseline(1)).drops[0].reason == "no_answer"
    assert computed("P10", with_baseline(1, cattle=2, poultry=3)).drops[0].reason == "no_answer"


def test_debt_leaves_out_who_does_not_say_and_prints_their_number() -> None:
    said = [with_baseline(n, debt_any=d) for n, d in enumerate(("yes", "no", "dk", "refused", ""))]

    assert told("P11", *said) == (0.5, 1, 2)
    reasons = [d.reason for d in computed("P11", *said).drops if not d.reason.startswith("late")]
    assert sorted(reasons) == ["dk", "no_answer", "refused"]


def test_late_payment_is_of_those_who_answered_it() -> None:
    said = [
        with_baseline(n, debt_any="yes", debt_late=d) for n, d in enumerate(("yes", "no", "dk"))
    ]

    assert next(f.number for f in figures("P11", *said) if f.measure == "late") == 0.5
    assert [d.reason for d in computed("P11", *said).drops] == ["late_dk"]


def test_legal_need_is_met_by_aid_since_the_baseline() -> None:
    need = {"legal_need": ("alimony",)}
    before, after = aid("2014-05-09"), aid("2014-06-01", line=2)

    assert told(
        "P12",
        with_baseline(1, services=(before,), **need),
        with_baseline(2, services=(after,), **need),
    ) == (0.5, 1, 2)
    assert computed("P12", with_baseline(1, services=(after,))).units == ()


def test_satisfaction_is_of_services_with_an_answer() -> None:
    services = [service(satisfied=s) for s in ("yes", "yes", "no", "")]

    assert told("P14", household(1, *services)) == (pytest.approx(2 / 3), 2, 3)


FOOD = {"fcs": (7, 0, 0, 0, 2, 0, 7, 7, 0), "rcsi": (3, 1, 2, 0, 1), "lcs": ("30", *["10"] * 9)}


def test_food_is_told_by_round_and_never_added_over_rounds() -> None:
    later = {"fcs": (7, 1, 3, 2, 5, 2, 7, 7, 0), "rcsi": (0,) * 5, "lcs": ("10",) * 10}
    family = household(
        1,
        baseline=baseline(1, interview=interview(BASELINE_ON, **FOOD)),
        endline=interview(ENDLINE_ON, **later),
    )

    scores = [f for f in figures("FCS", family) if f.measure == "fcs_score"]
    assert [(f.group["round"], f.number) for f in scores] == [("baseline", 23), ("endline", 51)]
    classes = {
        (f.measure, f.group["round"], f.group["class"])
        for f in figures("FCS", family)
        if f.measure != "fcs_score" and f.total
    }
    assert classes == {
        ("fcs_28_42", "baseline", "poor"), ("fcs_21_35", "baseline", "borderline"),
        ("fcs_28_42", "endline", "acceptable"), ("fcs_21_35", "endline", "acceptable"),
    }  # fmt: skip
    assert [f.number for f in figures("rCSI", family) if f.measure == "rcsi_score"] == [8, 0]


def test_transition_of_coping_has_its_margins() -> None:
    family = household(
        1, baseline=baseline(1, interview=interview(BASELINE_ON, **FOOD)),
        endline=interview(ENDLINE_ON, lcs=("10",) * 10),
    )  # fmt: skip

    (moves,) = computed("LCS", family).sides
    assert moves.rows[1] == ("stress", 1, 0, 0, 0, 1)
    assert moves.rows[-1] == ("all", 1, 0, 0, 0, 1)


def test_missing_food_group_is_dropped_and_said() -> None:
    family = with_baseline(1, interview=interview(BASELINE_ON, fcs=(7, None, *[1] * 7)))

    assert [d.reason for d in computed("FCS", family).drops] == ["missing_baseline"]


@pytest.mark.parametrize("code", sorted(DEFINITIONS))
def test_indicator_without_data_is_no_number_and_no_error(code: str) -> None:
    found = figures(code)

    assert all(f.number in {None, 0} and f.n == 0 for f in found)
