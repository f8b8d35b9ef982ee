"""From the database to stored figures: which records count, and what a second run does."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from surveys.cleaning.models import CleanRow
from surveys.households.models import CandidateLink, Household
from surveys.indicators.columns import units_of_columns
from surveys.indicators.compute import compute_indicators
from surveys.indicators.figures import Unit
from surveys.indicators.food import FCS_NAMES
from surveys.indicators.load import load_snapshot
from surveys.indicators.models import FxRate, IndicatorResult, IndicatorRun, ParameterChange
from surveys.indicators.packing import figures_from_json, unpack
from surveys.submissions.models import Submission
from tests.surveys.indicators.season import ALAI, ASHT, KARA_SUU, Season, fill_tables, income

DEFAULT = ("received", "edited", "approved")


@pytest.fixture
def season(db: None) -> Season:
    return Season()


def result(code: str) -> IndicatorResult:
    return IndicatorResult.objects.get(run=compute_indicators(), code=code)


def units_in(result: IndicatorResult) -> list[Unit]:
    return list(units_of_columns(unpack(bytes(result.units)).units))


def numbers(code: str, by: str = "") -> dict[Any, float | None]:
    return {
        (f.measure, *f.group.values()): f.number for f in figures_from_json(result(code).tables[by])
    }


def load() -> Any:
    return load_snapshot(DEFAULT, as_of=date(2015, 5, 1))


def test_family_is_counted_once_however_many_records_tell_of_it(season: Season) -> None:
    home = season.family()
    season.family(household=home, today="2014-08-01")
    for day in ("2014-07-01", "2014-08-01", "2014-02-01"):
        season.service(home, day)

    assert numbers("O3.1")["families",] == 1
    assert numbers("O3.1", "quarter") == {("families", "2014Q1"): 1}


def test_of_several_registrations_the_earliest_interview_is_the_baseline(season: Season) -> None:
    home = season.family(KARA_SUU, today="2014-09-01", hh_size=9)
    season.family(ALAI, household=home, today="2014-05-01", hh_size=3)

    (family,) = load().households
    assert (family.district, family.baseline.interview.size) == (ALAI, 3)


def test_merged_household_counts_as_the_one_that_stayed(season: Season) -> None:
    stayed, left = season.family(), season.family(ASHT)
    season.service(left)
    Household.objects.filter(pk=left).update(redirect_to=stayed)

    (family,) = load().households
    assert (family.id, len(family.services)) == (stayed, 1)


@pytest.mark.parametrize(
    ("state", "default", "strict"),
    [
        ("received", 1, 0), ("edited", 1, 0), ("approved", 1, 1), ("has_issues", 0, 0),
        ("rejected", 0, 0),
    ],
)  # fmt: skip
def test_review_states_that_count(season: Season, state: str, default: int, strict: int) -> None:
    home = season.family(review_state="approved")
    season.service(home, review_state=state)

    for states, counts in (("default", default), ("strict", strict)):
        run = compute_indicators(states=states)
        found = figures_from_json(run.results.get(code="O3.1").tables[""])
        assert found[0].number == counts
        assert run.left_out.get(f"review_state_{state}", 0) == 1 - counts


def test_refusals_and_services_without_household_are_told_apart(season: Season) -> None:
    season.family()
    CleanRow.objects.update(household_id=None)
    CleanRow.objects.filter(repeat="").update(values={"consent": "no"})
    season.service(None)

    assert compute_indicators().left_out == {"refused": 1, "household_missing": 1}


def test_worked_example_goes_from_forms_to_the_stored_share(season: Season) -> None:
    fill_tables()
    FxRate.objects.filter(month__gte=date(2014, 4, 1)).update(per_kgs=1.25)
    home = season.family(
        sources=[income("craft", 3000), income("remit", 8000, 10, "RUB")], today="2014-04-20"
    )
    season.service(home)
    season.endline(
        home, sources=[income("craft", 4000), income("remit", 6000, 8, "RUB")], today="2015-04-02"
    )

    told = numbers("O3.3")

    assert (told["earned",], told["total",], told["reported",]) == (1, 0, 1)
    assert told["earned_class", "increased"] == 1
    means = next(s for s in result("O3.3").sides if s["key"] == "mean_change")
    assert means["rows"][0][4:6] == [36_000, 48_000]


def test_latest_found_endline_counts_and_the_last_visit_says_what_became_of_it(
    season: Season,
) -> None:
    home = season.family()
    season.endline(home, today="2015-04-10", hh_size_now=7)
    season.endline(home, today="2015-04-20", hh_size_now=8)
    season.endline(home, today="2015-04-25", trace="moved", consent=None)
    season.endline(home, today="2015-04-28", round="mid", hh_size_now=9)

    (family,) = load().households
    assert (family.endline.size, family.trace) == (8, "moved")


def test_source_that_was_named_and_has_no_row_is_no_zero(season: Season) -> None:
    season.family(income_sources=["craft", "remit"], sources=[income("craft", 10)])

    (family,) = load().households
    assert [s.is_complete for s in family.baseline.interview.sources] == [True, False]


def test_missing_rate_stops_what_needs_it_and_nothing_else(season: Season) -> None:
    fill_tables()
    FxRate.objects.filter(month=date(2014, 2, 1)).delete()
    home = season.family(sources=[income("remit", 8000, 10, "RUB")])
    season.service(home)
    season.endline(home)

    found = {r.code: r for r in compute_indicators().results.all()}

    assert found["O3.3"].missing == {"table": "fx_rates", "months": [["2014-02", "RUB in KGS"]]}
    assert found["P6"].missing["months"] == [["2014-02", "RUB in KGS"]]
    assert figures_from_json(found["O3.1"].tables[""])[0].number == 1
    assert {code for code, each in found.items() if each.missing} == {"O3.3", "P6"}


def test_second_run_of_what_has_not_changed_is_the_first(season: Season) -> None:
    season.service(season.family())
    first = compute_indicators()

    again = compute_indicators()

    assert (again.pk, IndicatorRun.objects.count()) == (first.pk, 1)
    assert again.checked_at > first.checked_at


@pytest.mark.parametrize("change", ["service", "rate", "parameter", "link"])
def test_run_is_new_when_anything_that_goes_into_it_changed(season: Season, change: str) -> None:
    home = season.family()
    first = compute_indicators()

    if change == "service":
        season.service(home)
    elif change == "rate":
        fill_tables()
    elif change == "parameter":
        ParameterChange.objects.create(threshold=0.2, reason="as the steering committee decided")
    else:
        a, b = sorted((uuid.uuid4(), uuid.uuid4()))
        CandidateLink.objects.create(a=a, b=b, model="m", decision="review", weight=3.0)

    assert compute_indicators().digest != first.digest


def test_same_snapshot_gives_the_same_digest_and_figures(season: Season) -> None:
    fill_tables()
    for n in range(12):
        home = season.family(sources=[income("craft", 100 + n)])
        season.service(home)
        season.endline(home, sources=[income("craft", 120)])
    first = compute_indicators()
    kept = {r.code: (r.tables, r.sides) for r in first.results.all()}
    IndicatorRun.objects.all().delete()
    Submission.objects.update(processed_at=timezone.now())

    again = compute_indicators()

    assert again.digest == first.digest
    assert {r.code: (r.tables, r.sides) for r in again.results.all()} == kept


def test_households_behind_the_figures_are_kept_of_the_newest_run_only(season: Season) -> None:
    home = season.family()
    season.service(home)
    first = compute_indicators()
    IndicatorRun.objects.update(as_of=timezone.now() - timedelta(days=2))
    season.service(season.family())

    second = compute_indicators()

    assert first.results.get(code="O3.1").units is None
    units = units_in(second.results.get(code="O3.1"))
    assert {u.household for u in units} >= {home}
    assert IndicatorRun.objects.count() == 2


def test_of_older_runs_the_last_of_each_day_is_kept(season: Season) -> None:
    for _ in range(3):
        season.service(season.family())
        compute_indicators()

    assert IndicatorRun.objects.count() == 1


def test_units_survive_packing_as_they_were(season: Season) -> None:
    home = season.family()
    season.service(home, service_type="grant")
    season.aid(home, legal_topics=["alimony", "divorce"])

    told = result("O3.2")

    (woman,) = [u for u in units_in(told) if u.measure == "women"]
    assert (woman.household, woman.on) == (home, date(2014, 7, 1))
    assert woman.groups["topic"] == ("alimony", "divorce")


def test_nothing_at_all_is_computed_without_an_error(db: None) -> None:
    run = compute_indicators()

    assert run.households == 0
    assert run.results.count() == 22
    assert figures_from_json(run.results.get(code="O3.1").tables[""])[0].number == 0


def test_no_name_stands_in_what_is_stored(season: Season) -> None:
    fill_tables()
    season.aid(season.family())

    for told in compute_indicators().results.all():
        whole = f"{told.tables}{told.sides}{unpack(bytes(told.units))}"
        assert "asan" not in whole.lower()
        assert "Асан" not in whole


def test_food_is_told_of_the_mid_round_too(season: Season) -> None:
    home = season.family(**dict.fromkeys(FCS_NAMES, 1))
    season.endline(home, today="2014-10-20", round="mid", **dict.fromkeys(FCS_NAMES, 3))
    season.endline(home, **dict.fromkeys(FCS_NAMES, 7))

    told = numbers("FCS")

    assert told["fcs_score", "baseline"] == 16
    assert told["fcs_score", "midline"] == 48
    assert told["fcs_score", "endline"] == 112
