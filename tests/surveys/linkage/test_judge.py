"""Two records: one household, two households, or a question for a person; and why."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.linkage.judge import Judgement, judge
from surveys.linkage.model import pinned_model
from surveys.linkage.record import HouseholdRecord
from tests.surveys.linkage.people import (
    FAMILY,
    GIRL,
    HEAD,
    SON,
    VILLAGE,
    WIFE,
    features,
    household,
    judged,
    person,
)

FIRST = household("R1", *FAMILY, phones=("0555 12 34 56",))
ROMAN = (
    person("BAKYT TOKTOGULOV", "head", "M", "1971-04-19"),
    person("Zhyldyz", "spouse", "F", "1975"),
    person("Nurlan Toktogulov", "child", "M", "2012-03-11"),
    person("Aiperi", "child", "F", "2015-11-23"),
)


def test_one_family_in_two_alphabets_is_one_household() -> None:
    found = judged(FIRST, household("R2", *ROMAN))

    assert (found.decision, found.vetoes) == ("auto", ())


def test_wife_who_answers_when_the_husband_is_away_is_the_same_household() -> None:
    wife, husband = replace(WIFE, relation="head"), replace(HEAD, relation="spouse")

    swapped = judged(FIRST, household("R2", wife, husband, SON, GIRL))
    without = judged(FIRST, household("R3", wife, SON, GIRL))

    assert swapped.decision == without.decision == "auto"
    assert level(swapped, "head") == "swapped"


def test_neighbours_phone_joins_nobody() -> None:
    others = (
        person("Каримов Талант", "head", "M", "1969-02-02"),
        person("Каримова Асел", "spouse", "F", "1972-09-30"),
        person("Каримов Улан", "child", "M", "2010-05-05"),
        person("Каримова Бермет", "child", "F", "2013-12-12"),
    )

    found = judged(FIRST, household("R2", *others, phones=("+996555123456",)))

    assert level(found, "phone") == "equal"
    assert found.decision == "none"


def test_brothers_in_one_yard_are_two_households() -> None:
    brother = (
        person("Токтогулов Талант", "head", "M", "1974-06-01"),
        person("Токтогулова Асел", "spouse", "F", "1979-01-21"),
        person("Токтогулов Улан", "child", "M", "2011-07-07"),
        person("Токтогулова Мээрим", "child", "F", "2014-02-14"),
    )
    yard = {"phones": ("0555123456",), "latitude": 40.5, "longitude": 72.8}

    found = judged(replace(FIRST, latitude=40.5, longitude=72.8), household("R2", *brother, **yard))

    assert found.decision == "none"


def test_reasons_add_up_to_the_weight_and_begin_with_the_prior() -> None:
    found = judged(FIRST, household("R2", *ROMAN))

    assert found.reasons[0].comparison == "prior"
    assert sum(reason.bits for reason in found.reasons) == pytest.approx(found.weight)


def test_phone_point_village_and_surname_are_worth_eight_bits_at_most() -> None:
    place = {"phones": ("0555123456",), "latitude": 40.5, "longitude": 72.8}
    found = judged(household("R1", *FAMILY, **place), household("R2", *FAMILY, **place))
    parts = {reason.comparison: reason.bits for reason in found.reasons}

    place_bits = sum(parts[name] for name in ("phone", "gps", "village", "surname"))

    assert place_bits > 8
    assert place_bits + parts["place_cap"] <= 8


def test_members_are_aligned_one_to_one_and_twins_with_themselves() -> None:
    twins = (person("Асан", "child", "M", "2012-05-05"), person("Үсөн", "child", "M", "2012-05-05"))
    left = household("R1", HEAD, *twins)
    right = household("R2", HEAD, twins[1], twins[0])

    found = judged(left, right)

    assert set(found.aligned) == {(0, 0, "strong"), (1, 2, "strong"), (2, 1, "strong")}


def test_card_rarely_shared_joins_an_empty_list_and_a_full_one() -> None:
    found = judged(
        household("R1", HEAD, card="KG-06-00123"), household("R2", *FAMILY, card="KG-06-00123")
    )
    empty = judged(household("R1", card="KG-06-00123"), household("R2", card="KG-06-00123"))

    assert found.decision == empty.decision == "auto"


def test_card_does_not_join_lists_that_contradict_it() -> None:
    others = (
        person("Каримов Талант", "head", "M", "1969-02-02"),
        person("Каримова Асел", "spouse", "F", "1972-09-30"),
    )

    found = judged(
        household("R1", *FAMILY, card="KG-06-00123"), household("R2", *others, card="KG-06-00123")
    )

    assert found.decision != "auto"


def test_card_misread_by_one_digit_is_weak_evidence() -> None:
    misread = judged(
        household("R1", *FAMILY, card="KG-06-00123"), household("R2", *FAMILY, card="KG-06-00723")
    )
    other = judged(
        household("R1", *FAMILY, card="KG-06-00123"), household("R2", *FAMILY, card="KG-06-00523")
    )

    assert (level(misread, "card"), level(other, "card")) == ("misread", "different")
    assert misread.weight > other.weight


def test_alone_and_certain_is_enough_for_a_list_of_one() -> None:
    grandmother = person("Ысакова Бурулкан", "head", "F", "1948-03-21")
    known = household("R1", grandmother, phones=("0700111222",))

    certain = judged(known, household("R2", grandmother, phones=("0700 11 12 22",)))
    without_phone = judged(household("R1", grandmother), household("R2", grandmother))

    assert certain.decision == "auto"
    assert without_phone.vetoes == ("roster_too_weak",)
    assert without_phone.decision != "auto"


def level(found: Judgement, comparison: str) -> str:
    return next(reason.level for reason in found.reasons if reason.comparison == comparison)


PEOPLE = st.builds(
    person,
    st.sampled_from(["Асан", "Үсөн", "Каримов К.", "Zarina Karimova", "", "7", "Бакыт Токтогул"]),
    st.sampled_from(["head", "spouse", "child", "parent", "child_in_law", ""]),
    st.sampled_from(["M", "F", ""]),
    st.sampled_from(["", "1970", "1970-01-01", "2012-05-05", "2012-05-06", "2013-05-05", "x"]),
)
HOUSEHOLDS = st.builds(
    lambda people, facts: household("R1", *people, **facts),
    st.lists(PEOPLE, max_size=6),
    st.fixed_dictionaries(
        {
            "phones": st.sampled_from([(), ("0555123456",), ("0555123457",)]),
            "card": st.sampled_from(["", "KG-06-00123", "KG-06-00723"]),
            "village": st.sampled_from(["KG-02-001", "KG-02-002", ""]),
            "latitude": st.sampled_from([None, 40.5, 40.51, 0.0]),
            "longitude": st.sampled_from([None, 72.8, 72.9]),
            "round": st.sampled_from(["1", "2"]),
        }
    ),
)


def test_child_of_one_list_who_is_a_wife_in_the_other_is_no_child_from_either_side() -> None:
    son = person("Каримов Талант", "child", "M", "2012-05-05")
    girl = {"name": "Каримова Асел", "sex": "F", "birth": "2013-06-06"}
    mother = person("Каримова Бурулкан", "spouse", "F", "1972-09-30")
    left = household(
        "R1", person("Каримов К.", "head", "M", "1970-01-01"), mother, son,
        person(girl["name"], "child", girl["sex"], girl["birth"]),
    )  # fmt: skip
    right = household(
        "R2", person("Токтогул Бакыт", "head", "M", "1950-02-02"), mother, son,
        person(girl["name"], "child_in_law", girl["sex"], girl["birth"]),
    )  # fmt: skip

    assert "heads_differ" in judged(left, right).vetoes
    assert judged(left, right).vetoes == judged(right, left).vetoes


@settings(max_examples=200)
@given(HOUSEHOLDS, HOUSEHOLDS)
def test_judgement_is_the_same_from_either_side(
    left: HouseholdRecord, right: HouseholdRecord
) -> None:
    ours, theirs = features(left), features(right)

    one, other = (judge(a, b, VILLAGE, pinned_model()) for a, b in ((ours, theirs), (theirs, ours)))

    assert one.weight == pytest.approx(other.weight)
    assert (one.decision, one.vetoes) == (other.decision, other.vetoes)
    assert {(j, i, kind) for i, j, kind in other.aligned} == set(one.aligned)


@given(HOUSEHOLDS)
def test_features_come_back_from_json_as_they_were(record: HouseholdRecord) -> None:
    made = features(record)

    assert type(made).from_json(made.to_json()) == made


@given(HOUSEHOLDS, HOUSEHOLDS)
def test_no_member_is_aligned_twice(left: HouseholdRecord, right: HouseholdRecord) -> None:
    aligned = judged(left, right).aligned

    assert len({i for i, _, _ in aligned}) == len({j for _, j, _ in aligned}) == len(aligned)


def test_weight_falls_as_members_go_missing() -> None:
    weights = [judged(FIRST, household("R2", *FAMILY[:n])).weight for n in (4, 3, 2, 1)]

    assert all(more > fewer for more, fewer in pairwise(weights))
