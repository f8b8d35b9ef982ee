"""Each check finds what it is for, at its question and with its measure, and nothing in a plain
family."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.quality.catalog import ARRIVAL, BY_CODE, CHECKS, GROUPS, OWNERS, READ, SEVERITIES
from surveys.quality.checks.place import kilometres
from surveys.quality.checks.values import fences
from surveys.quality.evaluate import evaluate
from surveys.quality.facts import Finding, Record, totals
from surveys.quality.words import FLAGS, TERMS
from tests.surveys.quality.invented import CHILD, CRAFT, HEAD, MORNING, record, service, visit

FOODS = ("FCSStap", "FCSPulse", "FCSDairy", "FCSPr", "FCSVeg", "FCSFruit", "FCSFat", "FCSSugar")
EVERY_DAY = dict.fromkeys((*FOODS, "FCSCond"), 7)
SAVINGS = ("rCSILessQlty", "rCSIBorrow", "rCSIMealSize", "rCSIMealAdult", "rCSIMealNb")
# A machine may have other things to do.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SUNDAY = MORNING + timedelta(days=5)


def found(code: str, *records: Record) -> list[Finding]:
    """What one check, set as it was made and turned on, finds in these records."""
    told = evaluate(records, [replace(BY_CODE[code], enabled=True)])
    assert told.broken == {}
    return [finding for _, finding in told.found]


def measures(code: str, *records: Record) -> list[tuple[str, int, dict[str, Any]]]:
    return [(f.question, f.row, dict(f.measure)) for f in found(code, *records)]


def test_plain_family_is_flagged_by_no_check() -> None:
    told = evaluate([record()], CHECKS)

    assert (told.found, told.broken) == ([], {})


ONE_RECORD: list[tuple[str, Record, list[tuple[str, int, dict[str, Any]]]]] = [
    ("interview_short", record(minutes=14.5), [("end", 0, {"minutes": 14.5})]),
    ("interview_short", record(minutes=3, answers={"consent": "no"}), []),
    ("interview_long", record(minutes=181), [("end", 0, {"minutes": 181.0})]),
    ("interview_at_night", record(at=MORNING.replace(hour=22)), [("start", 0, {"hour": 22})]),
    ("interview_at_night", record(at=MORNING.replace(hour=5)), [("start", 0, {"hour": 5})]),
    ("interview_at_night", record(at=MORNING.replace(hour=6)), []),
    ("interview_on_sunday", record(at=SUNDAY), [("start", 0, {"day": "2014-06-08"})]),
    ("sent_late", record(received=MORNING + timedelta(days=20)), [("end", 0, {"days": 20.0})]),
    ("gps_missing", record(answers={"gps": None}), [("gps", 0, {})]),
    ("gps_vague", record(answers={"gps": {"lat": 1, "lon": 2, "acc": 90}}),
     [("gps", 0, {"metres": 90.0})]),
    ("consent_missing", record(answers={"consent": None}), [("consent", 0, {})]),
    ("consent_contradicted", record(answers={"consent": "no"}),
     [("consent", 0, {"answers": 4})]),
    ("not_in_private", record(answers={"private": "no", "legal_need": ["alimony"]}),
     [("private", 0, {})]),
    ("not_in_private", record(answers={"private": "no"}), []),
    ("call_unsafe", record(answers={"phone": "+996700123456"}), [("safe_call", 0, {})]),
    ("call_unsafe", record(answers={"phone": "+996700123456", "safe_call": "no"}), []),
    ("roster_incomplete", record(answers={"hh_size": 3}),
     [("hh_size", 0, {"size": 3.0, "rows": 2})]),
    ("head_missing", record(members=(CHILD, CHILD)), [("hh_size", 0, {"rows": 2})]),
    ("heads_several", record(members=(HEAD, CHILD, HEAD)), [("m_relation", 3, {"heads": 2})]),
    ("generations_crossed", record(members=(HEAD, {**CHILD, "m_age": "30"})),
     [("m_age", 2, {"years": 10.0})]),
    ("generations_crossed", record(members=(HEAD, {"m_relation": "parent", "m_age": 45})),
     [("m_age", 2, {"years": 5.0})]),
    ("generations_crossed", record(members=(HEAD, {"m_relation": "grandchild", "m_age": 20})),
     [("m_age", 2, {"years": 20.0})]),
    ("generations_crossed", record(members=(HEAD, {"m_relation": "sibling", "m_age": 41})), []),
    ("head_differs", record(answers={"head_sex": "male"}),
     [("head_sex", 0, {"head": "male", "listed": "female"})]),
    ("head_differs", record(answers={"head_birth_year": 1976}),
     [("head_birth_year", 0, {"years": 2.0})]),
    ("head_differs", record(answers={"head_birth_year": 1975}), []),
    ("married_young", record(members=(HEAD, {**CHILD, "m_age": 15, "m_marital": "nikoh"})),
     [("m_marital", 2, {"age": 15.0})]),
    ("size_changed", record(answers={"hh_size_before": "4", "hh_size_now": 9}),
     [("hh_size_now", 0, {"before": 4.0, "now": 9.0})]),
    ("income_none", record(incomes=(), answers={"income_sources": ["none"]}),
     [("income_sources", 0, {"sources": 0})]),
    ("income_none", record(incomes=({**CRAFT, "inc_amount": 0},)),
     [("income_sources", 0, {"sources": 1})]),
    ("income_none", record(incomes=({**CRAFT, "inc_known": "dk"},)), []),
    ("income_sum_differs", record(answers={"income_kgs": "3000"}),
     [("income_kgs", 0, {"sum": 3000.0, "rows": 30000.0})]),
    ("income_row_missing", record(answers={"income_sources": ["craft", "remit"]}),
     [("income_sources", 0, {"named": 2, "rows": 1})]),
    ("currency_foreign", record(incomes=({**CRAFT, "inc_currency": "TJS"},)),
     [("inc_currency", 1, {"currency": "TJS"})]),
    ("currency_foreign", record(country="TJ"), [("inc_currency", 1, {"currency": "KGS"})]),
    ("spending_beyond_income",
     record(answers={"exp_known": "exact", "exp_currency": "KGS", "exp_total": 10000}),
     [("exp_total", 0, {"times": 4.0})]),
    ("spending_beyond_income",
     record(answers={"exp_known": "exact", "exp_currency": "RUB", "exp_total": 10000}), []),
    ("food_beyond_spending", record(answers={"exp_total": 100, "exp_food": 101}),
     [("exp_food", 0, {"food": 101.0, "spent": 100.0})]),
    ("remittance_unnamed", record(members=(HEAD, {**CHILD, "mig_remit": "monthly"})),
     [("mig_remit", 2, {"often": "monthly"})]),
    ("remittance_from_nobody", record(answers={"income_sources": ["remit"]}),
     [("income_sources", 0, {"abroad": 0})]),
    ("gps_unmeasured", record(answers={"gps": {"lat": 39.65, "lon": 72.97, "acc": 0.0}}),
     [("gps", 0, {})]),
    ("gps_unmeasured", record(answers={"gps": {"lat": 39.65, "lon": 72.97, "acc": None}}), []),
    ("value_impossible", record(answers={"FCSStap": 8}), [("FCSStap", 0, {"value": 8.0})]),
    ("value_impossible", record(incomes=({**CRAFT, "inc_amount": 2e7},)),
     [("inc_amount", 1, {"value": 2e7})]),
    ("value_unusual", record(answers={"cattle": 51}), [("cattle", 0, {"value": 51.0})]),
    ("value_unusual", record(answers={"rooms": 21}), []),  # that is impossible
    ("straight_line", record(answers=EVERY_DAY), [("FCSStap", 0, {"value": 7.0, "items": 9})]),
    ("staples_never", record(answers={**EVERY_DAY, "FCSStap": 0}),
     [("FCSStap", 0, {"days": 0, "all": 49.0})]),
    ("coping_contradicts", record(answers={**EVERY_DAY, **dict.fromkeys(SAVINGS, 7)}),
     [("rCSILessQlty", 0, {"days": 7})]),
    ("unknown_much", record(members=(), incomes=(), answers={
        **{f"q{n}": "dk" for n in range(6)}, **{f"a{n}": "one" for n in range(6)}}),
     [("", 0, {"percent": 37.5, "answers": 16})]),
]  # fmt: skip


@pytest.mark.parametrize(("code", "given_", "expected"), ONE_RECORD)
def test_check_of_one_record_finds_what_it_is_for(
    code: str, given_: Record, expected: list[tuple[str, int, dict[str, Any]]]
) -> None:
    assert measures(code, given_) == expected


def test_every_check_has_an_example() -> None:
    by_itself = {code for code, _, expected in ONE_RECORD if expected}

    assert {check.code for check in CHECKS if check.when == ARRIVAL} == by_itself


def test_two_households_with_one_card_are_flagged_and_two_records_of_one_household_are_not() -> (
    None
):
    one, other = record(), record()
    again = replace(one, id=other.id, answers={**one.answers, "card_no": "kg 06 00123"})

    assert measures("card_repeated", one, other) == [("card_no", 0, {"households": 2})] * 2
    assert [f.bounds["others"] for f in found("card_repeated", one, other)] == [
        [str(other.id)],
        [str(one.id)],
    ]
    assert found("card_repeated", one, again) == []


def test_phone_of_three_households_is_flagged_and_of_two_is_not() -> None:
    sharing = [record(answers={"phone": "+996700123456"}) for _ in range(3)]

    assert len(found("phone_repeated", *sharing)) == 3
    assert found("phone_repeated", *sharing[:2]) == []


def test_document_is_compared_with_its_holder() -> None:
    told = {"id_doc": "passport", "id_last4": "4321", "district": "KG06207000000"}
    one, other = record(answers=told), record(answers=told)
    older = record(answers={**told, "head_birth_year": 1950})

    assert {f.record for f in found("document_repeated", one, other, older)} == {one.id, other.id}


def test_same_point_of_two_households_is_flagged() -> None:
    one = record()
    beside = record(answers={"gps": {"lat": 39.6501, "lon": 72.97, "acc": 5}})

    assert len(found("gps_repeated", one, record())) == 2
    assert found("gps_repeated", one, beside) == []


def test_point_far_from_the_middle_of_its_village_is_flagged() -> None:
    near = [record(answers={"gps": {"lat": 39.65 + n / 1e3, "lon": 72.97}}) for n in range(6)]
    far = record(answers={"gps": {"lat": 39.853, "lon": 72.97}})

    (finding,) = found("gps_far", *near, far)

    assert finding.record == far.id
    assert finding.measure == {"kilometres": 22.2}  # 0.2 degrees of a meridian


def test_point_well_outside_its_district_is_flagged() -> None:
    inside, beside, away = (record(outside_km=km) for km in (0.0, 2.0, 2.1))

    (finding,) = found("gps_outside", record(), inside, beside, away)

    assert (finding.record, finding.measure) == (away.id, {"kilometres": 2.1})


def test_one_tablet_in_two_countries_on_a_day_is_flagged() -> None:
    tablet = {"deviceid": "collect:abc"}
    here = record(answers=tablet)
    there = record(answers=tablet, country="TJ", at=MORNING + timedelta(hours=3))
    next_day = record(answers=tablet, country="TJ", at=MORNING + timedelta(days=1))
    other = record(answers={"deviceid": "collect:xyz"}, country="TJ")

    findings = found("tablet_abroad", here, there, next_day, other)

    assert {f.record for f in findings} == {here.id, there.id}
    assert findings[0].measure == {"countries": 2}


def test_two_interviews_at_once_are_flagged_once() -> None:
    first = record()
    second = record(at=MORNING + timedelta(minutes=30))
    third = record(at=MORNING + timedelta(hours=2))

    (finding,) = found("interviews_overlap", third, second, first)

    assert (finding.record, finding.measure) == (second.id, {"minutes": 10.0})
    assert finding.bounds["others"] == [str(first.id)]


def test_interviews_of_two_enumerators_do_not_overlap() -> None:
    assert found("interviews_overlap", record(), record(enumerator="K002")) == []


def test_pause_of_a_minute_between_two_households_is_flagged() -> None:
    first, second = record(), record(at=MORNING + timedelta(minutes=41))

    assert measures("pause_short", first, second) == [("start", 0, {"minutes": 1.0})]


def test_travel_faster_than_the_roads_allow_is_flagged() -> None:
    first = record()
    gps = {"lat": 40.65, "lon": 72.97}  # 111 km to the north
    second = record(at=MORNING + timedelta(minutes=70), answers={"gps": gps})
    slow = record(at=MORNING + timedelta(hours=3), answers={"gps": gps})

    assert measures("travel_fast", first, second) == [
        ("gps", 0, {"kilometres": 111.2, "minutes": 30})
    ]
    assert found("travel_fast", first, slow) == []


def test_number_far_from_all_others_of_its_country_is_flagged() -> None:
    herds = [record(answers={"sheep": 5 + n % 10}) for n in range(40)]
    rich = record(answers={"sheep": 900})
    abroad = record(country="TJ", answers={"sheep": 900})

    (finding,) = found("value_outlying", *herds, rich, abroad)

    assert (finding.record, finding.question, finding.measure) == (
        rich.id,
        "sheep",
        {"value": 900.0},
    )
    assert finding.bounds["of"] == 41


def test_amount_ten_times_what_is_usual_is_a_slip_and_thrice_is_not() -> None:
    usual = [record() for _ in range(20)]
    slip = record(incomes=({**CRAFT, "inc_amount": 26000.0},))
    thrice = record(incomes=({**CRAFT, "inc_amount": 7500.0},))

    assert measures("income_unit_slip", *usual, slip, thrice) == [
        ("inc_amount", 1, {"value": 26000.0, "times": 10.4})
    ]


def test_income_six_times_that_of_the_baseline_is_flagged() -> None:
    before = record()
    now = replace(
        visit(before, income_sources=["craft"]), incomes=({**CRAFT, "inc_amount": 15000},)
    )

    assert measures("income_changed", before, now) == [("income_sources", 0, {"times": 6.0})]
    assert found("income_changed", before, visit(before, income_sources=["craft"])) == []


def test_other_sex_of_the_head_at_the_follow_up_is_flagged() -> None:
    before = record()

    assert measures("head_sex_changed", before, visit(before, head_sex_now="male")) == [
        ("head_sex_now", 0, {"was": "female", "now": "male"})
    ]


def test_records_out_of_order_are_flagged() -> None:
    before = record()
    early = service(before, service_date="2014-03-01")

    assert measures("service_before_registration", before, early) == [
        ("service_date", 0, {"days": 94})
    ]
    assert measures("visited_before_registration", before, visit(before, today="2014-06-01")) == [
        ("today", 0, {"days": 2})
    ]
    assert measures("person_not_listed", before, service(before, person_line=3)) == [
        ("person_line", 0, {"line": 3.0})
    ]


def test_nearly_the_same_interview_by_one_enumerator_is_flagged() -> None:
    told = {f"q{n}": n for n in range(60)}
    first = record(answers=told)
    copy = record(at=MORNING + timedelta(hours=1), answers={**told, "q0": 99, "q1": 99})
    other = record(at=MORNING + timedelta(hours=2), answers={f"q{n}": n + 1 for n in range(60)})
    elsewhere = replace(copy, id=other.household or copy.id, enumerator="K002")

    (finding,) = found("nearly_identical", first, copy, other, elsewhere)

    assert finding.record == copy.id
    assert finding.measure == {"percent": 96.9, "answers": 65}


def test_check_that_breaks_is_named_and_the_others_go_on() -> None:
    def breaks(record: Record, limits: object) -> Sequence[Finding]:
        raise ZeroDivisionError

    broken = replace(BY_CODE["gps_missing"], find=breaks)
    told = evaluate([record(minutes=2)], [broken, BY_CODE["interview_short"]])

    assert told.broken == {"gps_missing": "ZeroDivisionError"}
    assert [code for code, _ in told.found] == ["interview_short"]


def test_every_code_has_words_and_a_known_gravity_and_owner() -> None:
    assert {check.code for check in CHECKS} | set(READ) == set(FLAGS)
    for check in CHECKS:
        assert check.group in GROUPS
        assert check.severity in SEVERITIES
        assert check.owner in OWNERS
        assert set(check.parameters()) <= set(TERMS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
NAMES = st.sampled_from([
    "consent", "gps", "hh_size", "income_sources", "income_kgs", "exp_total", "card_no", "phone",
    "head_birth_year", "FCSStap", "sheep", "today", "service_date", "person_line", "id_last4",
])  # fmt: skip
ROW_NAMES = st.sampled_from([
    "m_relation", "m_age", "m_sex", "m_birth_date", "mig_remit", "inc_amount", "inc_currency",
    "inc_known", "inc_times",
])  # fmt: skip


@PATIENT
@given(
    st.lists(
        st.tuples(
            st.dictionaries(NAMES, JSON),
            st.lists(st.dictionaries(ROW_NAMES, JSON), max_size=2),
        ),
        max_size=4,
    )
)
def test_no_answer_breaks_a_check(told: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> None:
    records = [
        replace(record(), answers={**a, "consent": "yes"}, members=rows, incomes=rows)
        for a, rows in told
    ]

    assert evaluate(records, CHECKS).broken == {}


@PATIENT
@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(1, 5))
def test_fences_hold_the_middle_half(values: list[float], times: float) -> None:
    low, high = fences(values, times)
    inside = sum(low <= v <= high for v in values)

    assert inside * 2 >= len(values)


@PATIENT
@given(st.floats(-89, 89), st.floats(-179, 179), st.floats(-89, 89), st.floats(-179, 179))
def test_distance_is_the_same_both_ways_and_at_most_half_the_way_round(
    lat: float, lon: float, lat_2: float, lon_2: float
) -> None:
    there = kilometres((lat, lon), (lat_2, lon_2))

    assert there == pytest.approx(kilometres((lat_2, lon_2), (lat, lon)))
    assert 0 <= there <= 20016


def test_totals_are_by_currency_and_none_where_a_source_is_not_known() -> None:
    roubles = {**CRAFT, "inc_currency": "RUB", "inc_amount": 100, "inc_times": 2}

    assert totals(record(incomes=(CRAFT, roubles, CRAFT))) == {"KGS": 60000.0, "RUB": 200.0}
    assert totals(record(incomes=(CRAFT, {**CRAFT, "inc_known": "refused"}))) is None
