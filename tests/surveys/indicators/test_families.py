"""O3.1 by hand: who counts, from when, in which table, and why the others do not."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.indicators.families import FAMILIES, MEASURES, NOT_VULNERABLE, families, qualifies
from surveys.indicators.figures import Outcome
from surveys.indicators.grouping import HOUSEHOLD
from surveys.indicators.parameters import Parameters
from surveys.indicators.tabulate import tabulate
from tests.surveys.indicators.invented import aid, baseline, household, service, snapshot


def computed(*households: object) -> Outcome:
    return families(snapshot(*households), Parameters())


def table(outcome: Outcome, *by: str, measure: str = FAMILIES) -> dict[object, float]:
    figures = [f for f in tabulate(outcome.units, MEASURES, by) if f.measure == measure]
    return {
        tuple(f.group.values()) if len(by) > 1 else next(iter(f.group.values()), ""): f.total
        for f in figures
    }


def reasons(outcome: Outcome) -> list[str]:
    return sorted(drop.reason for drop in outcome.drops)


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ({"type": "shg"}, True),
        ({"type": "shg", "completed": False}, False),
        ({"type": "grant", "completed": False, "value": 1.0}, True),
        ({"type": "grant", "completed": False, "value": 0.0}, False),
        ({"type": "grant", "completed": False}, False),
        ({"type": "training_agri", "completed": False, "value": 500.0}, False),
        ({"type": "info", "kind": "info"}, False),
        ({"type": "legal_aid", "kind": "legal"}, False),
        ({"type": "psych", "kind": "other"}, False),
    ],
)
def test_qualifying_service(said: dict, counts: bool) -> None:
    assert qualifies(service(**said)) is counts


def test_family_counts_once_from_its_first_qualifying_service() -> None:
    outcome = computed(
        household(
            1, service("2014-09-30", "grant"), service("2014-02-01", "shg"), aid("2014-01-02")
        ),
        household(2, service("2014-10-01")),
    )

    assert table(outcome) == {"": 2}
    assert table(outcome, "quarter") == {"2014Q1": 1, "2014Q4": 1}
    assert [unit.on for unit in outcome.units] == [date(2014, 2, 1), date(2014, 10, 1)]


@pytest.mark.parametrize(
    ("day", "counts"), [("2013-12-31", 0), ("2014-01-01", 1), ("2015-03-31", 1), ("2015-04-01", 0)]
)
def test_both_ends_of_the_period_are_in_it(day: str, counts: int) -> None:
    assert sum(table(computed(household(1, service(day)))).values()) == counts


def test_reasons_of_families_that_do_not_count() -> None:
    outcome = computed(
        household(1, service(), baseline=baseline(1, vulnerable=False)),
        household(2),
        household(3, aid()),
        household(4, service("2015-04-01")),
        household(5, service(), baseline=None),
        household(6, service()),
    )

    assert reasons(outcome) == [
        "no_baseline", "no_qualifying_service", "no_service", "not_vulnerable", "outside_period",
    ]  # fmt: skip
    assert table(outcome) == {"": 1}
    assert table(outcome, measure=NOT_VULNERABLE) == {"": 1}


def test_types_of_service_overlap_and_their_count_adds_up() -> None:
    outcome = computed(
        household(1, service(type="shg"), service(type="grant"), service(type="grant")),
        household(2, *(service(type=t) for t in ("shg", "loan", "job", "market"))),
        household(3, service(type="shg")),
    )

    assert table(outcome, "service_type") == {
        "grant": 1,
        "job": 1,
        "loan": 1,
        "market": 1,
        "shg": 3,
    }
    types = next(s for s in outcome.sides if s.key == "types_of_service")
    assert types.rows == (("1", 1), ("2", 1), ("3+", 1))


def test_active_families_of_a_quarter_are_another_figure() -> None:
    outcome = computed(
        household(1, service("2014-02-01"), aid("2014-05-01"), service("2014-05-02"))
    )

    active = next(s for s in outcome.sides if s.key == "active_families")
    assert active.rows == (("2014Q1", 1), ("2014Q2", 1))


def test_family_with_both_kinds_is_told_by_oblast() -> None:
    outcome = computed(household(1, service(), aid()), household(2, service()))

    assert next(s for s in outcome.sides if s.key == "with_legal_aid").rows == (
        ("KG06000000000", 1),
        ("all", 1),
    )


def test_age_of_the_head_is_that_of_the_first_service() -> None:
    head = baseline(1, head_birth_year=1990)
    outcome = computed(household(1, service("2015-01-05"), baseline=head))

    assert table(outcome, "head_age") == {"25-34": 1}


some_services = st.lists(
    st.builds(
        service,
        on=st.dates(date(2013, 10, 1), date(2015, 6, 30)).map(str),
        type=st.sampled_from(["shg", "grant", "info", "legal_aid"]),
        kind=st.sampled_from(["livelihood", "legal", "info"]),
        completed=st.booleans(),
        value=st.sampled_from([None, 0.0, 10.0]),
    ),
    max_size=4,
)
some_households = st.lists(
    st.tuples(
        some_services, st.booleans(), st.sampled_from(["female", "male", ""]), st.integers(0, 3)
    ),
    max_size=12,
)


@settings(deadline=None)
@given(some_households)
def test_parts_of_every_table_make_up_the_total_and_every_household_is_somewhere(drawn) -> None:
    every = [
        household(
            n, *services,
            district=f"d{n % 4}",
            baseline=baseline(n, vulnerable=vulnerable, head_sex=sex, n_migrants=migrants),
        )
        for n, (services, vulnerable, sex, migrants) in enumerate(drawn)
    ]  # fmt: skip
    outcome = computed(*every)
    total = sum(table(outcome).values())

    for by in (*HOUSEHOLD, "quarter"):
        assert sum(table(outcome, by).values()) == total
    assert sum(table(outcome, "district", "head_sex").values()) == total
    assert total + len(outcome.drops) == len(every)
    types = next(s for s in outcome.sides if s.key == "types_of_service")
    assert sum(count for _, count in types.rows) == total
