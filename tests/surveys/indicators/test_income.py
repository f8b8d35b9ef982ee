"""O3.3 by hand: the worked example of the specification, its edges, and what must add up."""

from datetime import date
from typing import Any

import pytest

from surveys.indicators.earned import MEASURES, income_increased
from surveys.indicators.facts import Household
from surveys.indicators.figures import Figure, Outcome
from surveys.indicators.income import (
    ALL,
    EARNED,
    change,
    change_class,
    is_complete,
    nominal,
    positive_median,
)
from surveys.indicators.parameters import ParameterMissing, Parameters, Prices, Rates, window
from surveys.indicators.statistics import wilson
from surveys.indicators.tabulate import tabulate
from tests.surveys.indicators.invented import (
    BASELINE_ON,
    ENDLINE_ON,
    baseline,
    household,
    interview,
    money,
    service,
    snapshot,
    source,
)

# The example's rates and prices: 1.45 and 100 before the baseline, 1.25 and 108 before the endline.
EXAMPLE = money(
    {("RUB", "KGS"): {date(2013, 4, 1): 1.45, date(2014, 5, 1): 1.25}},
    {"KG": {date(2013, 4, 1): 100.0, date(2014, 5, 1): 108.0}},
)
BEFORE_ON, AFTER_ON = date(2014, 4, 20), date(2015, 5, 4)
BEFORE = interview(BEFORE_ON, source("craft", 3000), source("remit", 8000, 10, "RUB"))
AFTER = interview(AFTER_ON, source("craft", 4000), source("remit", 6000, 8, "RUB"))


@pytest.mark.parametrize(
    ("kinds", "nominals", "real", "ratio", "named"),
    [
        (ALL, (152_000, 108_000), 100_000, -0.3421, "decreased"),
        (EARNED, (36_000, 48_000), 44_444.44, 0.2346, "increased"),
    ],
)
def test_worked_example_of_one_household(kinds, nominals, real, ratio, named) -> None:
    before = nominal(BEFORE, kinds, "KG", EXAMPLE)
    after = nominal(AFTER, kinds, "KG", EXAMPLE)
    assert (before, after) == pytest.approx(nominals)

    before = EXAMPLE.real(before, "KG", BEFORE_ON)
    after = EXAMPLE.real(after, "KG", AFTER_ON)

    assert before == pytest.approx(nominals[0])
    assert after == pytest.approx(real, abs=0.005)
    assert change(before, after) == pytest.approx(ratio, abs=5e-5)
    assert change_class(before, after, country_median=None) == named


@pytest.mark.parametrize(
    ("hits", "n", "deff", "low", "high"),
    [(131, 200, 1, 0.5868, 0.7174), (131, 200, 1.5, 0.5710, 0.7303), (0, 30, 1, 0.0, 0.1135)],
)
def test_wilson_of_the_worked_example(hits, n, deff, low, high) -> None:
    assert wilson(hits, n, deff=deff) == pytest.approx((low, high), abs=5e-5)


def test_window_is_the_twelve_full_months_before_the_month_of_the_interview() -> None:
    months = window(date(2014, 6, 15))

    assert (months[0], months[-1], len(months)) == ((2013, 6), (2014, 5), 12)
    assert window(date(2015, 1, 31))[-1] == (2014, 12)


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        (100.0, 110.0, "increased"),
        (100.0, 109.99, "stable"),
        (100.0, 90.0, "decreased"),
        (100.0, 90.01, "stable"),
        (0.0, 50.0, "increased"),  # 5% of the median of 1,000
        (0.0, 49.99, "stable"),
        (0.0, 0.0, "stable"),
        (100.0, 0.0, "decreased"),
    ],
)
def test_class_of_a_change_at_its_edges(before: float, after: float, named: str) -> None:
    assert change_class(before, after, country_median=1000.0) == named


def test_ten_percent_computed_of_money_is_ten_percent() -> None:
    for cents in range(1, 2000):
        assert change_class(cents / 100, cents / 100 * 1.1, country_median=None) == "increased"


def test_rate_that_is_missing_names_month_and_currency() -> None:
    months = {(m, "RUB", "KGS"): 1.45 for m in window(BASELINE_ON) if m != (2014, 2)}

    with pytest.raises(ParameterMissing) as error:
        Rates(months).mean("RUB", "KGS", BASELINE_ON)

    assert error.value.table == "fx_rates"
    assert error.value.missing == (("2014-02", "RUB in KGS"),)


def test_prices_without_the_base_year_are_an_error_that_names_it() -> None:
    with pytest.raises(ParameterMissing) as error:
        Prices({("KG", m): 100.0 for m in window(ENDLINE_ON)}).level("KG", ENDLINE_ON)

    assert error.value.table == "cpi"
    assert ("2013-04", "KG") in error.value.missing


def test_prices_on_any_base_give_the_same_level() -> None:
    base = {("KG", m): 250.0 for m in window(date(2014, 4, 1))}

    level = Prices({**base, **{("KG", m): 270.0 for m in window(date(2015, 5, 1))}})

    assert level.level("KG", date(2015, 5, 30)) == pytest.approx(108.0)


def test_source_nobody_could_tell_makes_only_the_figures_incomplete_that_take_it_in() -> None:
    told = interview(BASELINE_ON, source("craft", 10), source("remit", None))

    assert is_complete(told, EARNED)
    assert not is_complete(told, ALL)


def test_household_without_income_has_a_true_zero_and_without_the_module_none() -> None:
    assert is_complete(interview(BASELINE_ON), ALL)
    assert not is_complete(interview(BASELINE_ON, sources=None), ALL)


def test_median_is_of_households_with_income() -> None:
    assert positive_median([0, 0, 10, 30]) == 20
    assert positive_median([0, 0]) is None


def pair(n: int, before: float | None, after: float | None, **said: object) -> object:
    return household(
        n,
        service(),
        baseline=baseline(n, interview=interview(BASELINE_ON, source("craft", before, 1))),
        endline=interview(ENDLINE_ON, source("craft", after, 1), income_change="more"),
        trace="found",
        **said,
    )


def computed(*households: object, **said: object) -> Outcome:
    return income_increased(snapshot(*households), Parameters(**said), money())


def headline(outcome: Outcome) -> Figure:
    return tabulate(outcome.units, MEASURES)[0]


def test_share_counts_households_with_complete_income_in_both_rounds() -> None:
    outcome = computed(
        pair(1, 100, 120),
        pair(2, 100, 100),
        pair(3, None, 100),  # nobody could tell
        household(4, service(), trace="moved"),
        household(5, endline=interview(ENDLINE_ON)),  # no qualifying service
    )

    told = headline(outcome)
    assert (told.total, told.base, told.number) == (1, 2, 0.5)
    reasons = sorted(drop.reason for drop in outcome.drops)
    assert reasons == ["income_incomplete", "no_endline", "no_qualifying_service"]


def test_households_of_the_headline_and_dropped_ones_are_all_households() -> None:
    every = [pair(n, 100 if n % 3 else None, 90 + n) for n in range(1, 30)]
    every += [household(n, trace="refused") for n in range(30, 40)]

    outcome = computed(*every)

    counted = {u.household for u in outcome.units if u.measure == "earned"}
    dropped = [d.household for d in outcome.drops]
    assert len(dropped) == len(set(dropped))
    assert counted | set(dropped) == {h.id for h in every}
    assert not counted & set(dropped)


def test_attrition_says_what_became_of_each_family_with_a_service() -> None:
    outcome = computed(
        pair(1, 1, 1), *(household(n, service(), trace=t) for n, t in ((2, "moved"), (3, "")))
    )

    attrition = next(s for s in outcome.sides if s.key == "attrition")
    assert attrition.rows == (("found", 1), ("moved", 1), ("not_visited", 1))


def test_those_not_found_are_held_against_the_found_as_they_were_at_baseline() -> None:
    def told(n: int, size: int, **said: Any) -> Household:
        return household(n, service(), baseline=baseline(n, size=size, score=n), **said)

    found = [told(n, size, endline=interview(ENDLINE_ON)) for n, size in ((1, 4), (2, 6))]
    lost = [told(n, size, trace=t) for n, size, t in ((3, 7, "moved"), (4, 9, "dead"))]
    outcome = computed(*found, *lost, told(5, 90, trace=""))

    side = next(s for s in outcome.sides if s.key == "lost_and_found")
    rows = {name: more for name, *more in side.rows}
    assert rows["household_size"] == [2, 5, 2, 8, pytest.approx(3 / 2**0.5)]
    assert rows["score"] == [2, 1.5, 2, 3.5, pytest.approx(2 / 0.5**0.5)]
    assert rows["migrants"] == [2, 1, 2, 1, None]  # nothing varies


def test_other_thresholds_stand_beside_it_for_earned_and_total() -> None:
    outcome = computed(pair(1, 100, 106), pair(2, 100, 115), pair(3, 100, 130))

    rows = next(s for s in outcome.sides if s.key == "thresholds").rows
    assert [(name, at, hits) for name, at, hits, *_ in rows] == [
        *(("earned", 0.05, 3), ("earned", 0.10, 2), ("earned", 0.20, 1)),
        *(("total", 0.05, 3), ("total", 0.10, 2), ("total", 0.20, 1)),
    ]


def test_source_is_imputed_by_the_median_of_ten_complete_ones() -> None:
    known = [pair(n, 100, 200) for n in range(1, 11)]

    ten = computed(*known, pair(11, None, 200))
    nine = computed(*known[:9], pair(11, None, 200))

    assert next(s for s in ten.sides if s.key == "imputed").rows == ((11, 11, 1.0),)
    assert next(s for s in nine.sides if s.key == "imputed").rows == ((9, 9, 1.0),)


def test_sample_is_extended_to_the_families_of_o31_and_a_census_is_not() -> None:
    households = [
        pair(1, 100, 200),
        pair(2, 100, 100),
        household(3, service()),
        household(4, service()),
    ]

    sample = computed(*households)
    census = computed(*households, endline_is_census=True)

    kind, number, low, high = next(s for s in sample.sides if s.key == "estimate").rows[0]
    assert (kind, number) == ("estimate", 2.0)
    assert low < number < high
    assert next(s for s in census.sides if s.key == "estimate").rows == (
        ("census: no sampling error", 1.0, None, None),
    )


def test_mean_change_is_paired_and_its_interval_is_the_same_each_time() -> None:
    households = [pair(n, 1000 + n, 1100 + 3 * n) for n in range(1, 60)]

    first, again = (
        next(s for s in computed(*households).sides if s.key == "mean_change") for _ in range(2)
    )

    assert first == again
    country, currency, sex, n, *_, low, high, middle = first.rows[0]
    assert (country, currency, sex, n) == ("KG", "KGS", "all", 59)
    assert low < 100 + 2 * 30 < high
    assert middle == pytest.approx(160)


def test_nothing_to_divide_by_is_no_number() -> None:
    outcome = computed()

    told = headline(outcome)
    assert (told.number, told.low, told.base) == (None, None, 0)


def test_all_missing_months_are_named_at_once() -> None:
    told = household(
        1,
        service(),
        baseline=baseline(1, interview=interview(BASELINE_ON, source("remit", 5, 10, "RUB"))),
        endline=interview(ENDLINE_ON, source("remit", 5, 10, "USD")),
    )

    with pytest.raises(ParameterMissing) as error:
        income_increased(snapshot(told), Parameters(), money())

    assert {pair for _, pair in error.value.missing} == {"RUB in KGS", "USD in KGS"}
    assert len(error.value.missing) == 24
