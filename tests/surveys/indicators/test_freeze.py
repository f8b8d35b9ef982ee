"""A period's figures as reported stay as they are; what changed since stands beside them."""

import pytest

from backend.accounts.models import User
from backend.problems import Problem
from surveys.indicators.compute import compute_indicators
from surveys.indicators.freeze import freeze_period
from surveys.indicators.models import FrozenResult, IndicatorResult, Restatement
from surveys.indicators.packing import figures_from_json
from surveys.indicators.periods import Period, quarter_period
from tests.surveys.indicators.season import ASHT, Season

REASON = "The quarter's report to the donor"


@pytest.fixture
def season(db: None) -> Season:
    return Season()


def freeze(
    by: User, period: str = "2014Q3", code: str = "O3.1", reason: str = REASON
) -> FrozenResult:
    result = IndicatorResult.objects.get(run=compute_indicators(), code=code)
    return freeze_period(result=result, period=period, reason=reason, by=by)


def families(frozen: FrozenResult) -> float | None:
    return figures_from_json(frozen.figures)[0].number


def test_frozen_period_holds_families_whose_first_service_fell_into_it(
    season: Season, alice: User
) -> None:
    for day in ("2014-06-30", "2014-07-01", "2014-09-30", "2014-10-01"):
        season.service(season.family(), day)

    assert families(freeze(alice)) == 2
    assert families(freeze(alice, "to date")) == 4


def test_what_changes_later_is_a_restatement_and_leaves_the_frozen_figure(
    season: Season, alice: User
) -> None:
    home = season.family()
    season.service(home, "2014-08-01")
    frozen = freeze(alice)

    season.service(season.family(ASHT), "2014-08-15", ASHT)
    run = compute_indicators()

    frozen.refresh_from_db()
    assert families(frozen) == 1
    told = {(r.measure, *r.group.items()): (r.was, r.now) for r in Restatement.objects.all()}
    assert told == {
        ("families",): (1, 2),
        ("families", ("country", "TJ")): (None, 1),
        ("families", ("oblast", "TJ3505000")): (None, 1),
    }
    assert {r.digest for r in Restatement.objects.all()} == {run.digest}


def test_change_is_noted_once_and_a_change_back_again(season: Season, alice: User) -> None:
    season.service(season.family(), "2014-08-01")
    frozen = freeze(alice)
    late = season.service(season.family(), "2014-08-15")
    compute_indicators()
    season.service(season.family(), "2014-11-01")  # of another quarter
    compute_indicators()
    late.submission.review_state = "rejected"
    late.submission.save()
    compute_indicators()

    steps = frozen.restatements.filter(group={}).order_by("pk").values_list("was", "now")
    assert list(steps) == [(1, 2), (2, 1)]


def test_period_is_frozen_once(season: Season, alice: User) -> None:
    freeze(alice)

    with pytest.raises(Problem) as error:
        freeze(alice)

    assert error.value.code == "indicator_frozen"


@pytest.mark.parametrize("period", ["2014Q5", "2014", "yesterday", "", "2014q3", "١٢٣٤Q1"])
def test_period_that_is_none_is_refused(season: Season, alice: User, period: str) -> None:
    with pytest.raises(Problem) as error:
        freeze(alice, period)

    assert error.value.code == "value_invalid"


def test_freezing_needs_a_reason(season: Season, alice: User) -> None:
    with pytest.raises(Problem) as error:
        freeze(alice, reason="because ")

    assert error.value.code == "purpose_missing"


def test_quarter_has_its_days() -> None:
    assert str(quarter_period("2015Q1").until) == "2015-03-31"
    assert quarter_period("2014Q4").holds(quarter_period("2014Q4").since)
    assert not quarter_period("2014Q4").holds(None)
    assert Period().holds(None)
