"""Each veto: what it sends to a person however high the weight, and what it lets pass."""

from dataclasses import replace

import pytest

from surveys.linkage.clusters import LARGEST_CLUSTER, Match, Outcome, settle
from surveys.linkage.judge import Judgement
from surveys.linkage.model import pinned_model
from surveys.linkage.people import same_persons
from surveys.linkage.record import HouseholdRecord, PersonRecord
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

MOTHER = person("Токтогулова Бурулкан", "parent", "F", "1946-02-11")


def test_one_member_in_common_is_too_weak_a_roster() -> None:
    found = judged(
        household("R1", HEAD, WIFE), household("R2", HEAD, person("Каныкей", "other", "F", "1999"))
    )

    assert "roster_too_weak" in found.vetoes


def test_two_or_more_children_with_none_in_common_differ() -> None:
    others = (
        person("Токтогулов Улан", "child", "M", "2009-09-09"),
        person("Токтогулова Мээрим", "child", "F", "2017-07-07"),
    )

    assert (
        "children_differ"
        in judged(household("R1", *FAMILY), household("R2", HEAD, WIFE, *others)).vetoes
    )
    assert (
        "children_differ"
        not in judged(
            household("R1", *FAMILY, MOTHER), household("R2", HEAD, WIFE, *others, MOTHER)
        ).vetoes
    )


def test_heads_that_are_in_neither_list_differ() -> None:
    uncle = person("Токтогулов Эрмек", "head", "M", "1950-05-05")
    left = household("R1", HEAD, MOTHER, SON)
    right = household("R2", uncle, MOTHER, SON)

    assert "heads_differ" in judged(left, right).vetoes


def test_heads_may_differ_where_the_children_are_the_same_for_sure() -> None:
    baby = person("Токтогулов Данияр", "child", "M", "2019-12-01")
    left = household("R1", replace(HEAD, name="Токтогулов Бакыт"), SON, GIRL, baby)
    right = household("R2", replace(WIFE, relation="head"), SON, GIRL, baby)

    assert "heads_differ" not in judged(left, right).vetoes


@pytest.mark.parametrize(
    ("phones", "vetoed"), [(("0555123456",), False), ((), True), (("0555999999",), True)]
)
def test_over_four_kilometres_is_too_far_without_the_same_phone(
    phones: tuple[str, ...], vetoed: bool
) -> None:
    here = household("R1", *FAMILY, phones=("0555123456",), latitude=40.50, longitude=72.80)
    there = household("R2", *FAMILY, phones=phones, latitude=40.56, longitude=72.80)

    assert ("too_far" in judged(here, there).vetoes) == vetoed


def test_son_who_left_with_his_family_is_another_household() -> None:
    son = person("Токтогулов Нурлан", "child", "M", "1995-03-11")
    his_wife = person("Асель", "child_in_law", "F", "1998-12-02")
    his_child = person("Токтогулова Айша", "grandchild", "F", "2021-06-15")
    yard = household("R1", HEAD, WIFE, son, his_wife, his_child)
    new = household(
        "R2",
        replace(son, relation="head"),
        replace(his_wife, relation="spouse"),
        replace(his_child, relation="child"),
    )

    assert "split_household" in judged(yard, new).vetoes


def test_small_part_of_a_much_longer_list_with_another_head_is_a_split() -> None:
    parents = household("R1", HEAD, WIFE, SON, GIRL, MOTHER, person("Улан", "child", "M", "2018"))
    part = household("R2", replace(MOTHER, relation="head"), SON)

    assert "split_household" in judged(parents, part).vetoes


def test_second_wife_of_the_same_head_is_a_question() -> None:
    second = person("Каримова Насиба", "spouse", "F", "1990-10-10")
    brother = person("Токтогулов Чыңгыз", "other", "M", "1980-02-02")

    assert (
        "spouses_differ"
        in judged(
            household("R1", HEAD, WIFE, brother), household("R2", HEAD, second, brother)
        ).vetoes
    )


def test_second_wife_who_bears_the_name_of_the_first_is_a_question() -> None:
    second = replace(WIFE, birth="1991-11-21")
    one, other = household("R1", HEAD, WIFE), household("R2", HEAD, second)
    child = person("Токтогулов Данияр", "child", "M", "2019-12-01")

    assert "couples_differ" in judged(one, other).vetoes
    assert "couples_differ" in judged(one, household("R3", *wife_first(second))).vetoes
    assert "couples_differ" not in judged(one, household("R4", HEAD, WIFE)).vetoes
    year_only = household("R5", HEAD, replace(WIFE, birth="1991"))
    assert "couples_differ" not in judged(one, year_only).vetoes
    with_child = household("R6", HEAD, WIFE, child), household("R7", HEAD, second, child)
    assert "couples_differ" not in judged(*with_child).vetoes


def test_twin_brothers_whose_wives_bear_one_name_are_a_question() -> None:
    asan, usan = (person(f"Чоюнов {name}", "head", "M", "1975-03-30") for name in ("Асан", "Үсөн"))
    hers, other = (person("Анура", "spouse", "F", birth) for birth in ("1980-03-04", "1980-11-25"))

    assert (
        "couples_differ" in judged(household("R1", asan, hers), household("R2", usan, other)).vetoes
    )
    typo = household("R3", usan, hers)
    assert "couples_differ" not in judged(household("R1", asan, hers), typo).vetoes
    moved = household("R4", asan, other)
    assert "couples_differ" not in judged(household("R1", asan, hers), moved).vetoes


def wife_first(wife: PersonRecord) -> tuple[PersonRecord, PersonRecord]:
    return replace(wife, relation="head"), replace(HEAD, relation="spouse")


def test_couples_that_differ_keep_their_clusters_apart() -> None:
    second, phone = replace(WIFE, birth="1991-11-21"), {"phones": ("0555123456",)}
    records = [
        household("R0", HEAD, WIFE, round="1", **phone),
        household("R1", HEAD, WIFE, round="2", **phone),
        household("R2", HEAD, replace(WIFE, birth=""), round="1", **phone),
        household("R3", HEAD, second, round="2", **phone),
    ]

    outcomes = settled(records, [(0, 1), (1, 2), (2, 3)])

    assert [o.decision for o in outcomes] == ["auto", "auto", "review"]
    assert outcomes[-1].vetoes == ("couples_differ",)


def test_two_doors_of_one_enumerator_are_two_households_unless_sent_again() -> None:
    visit = {"enumerator": "E1", "device": "D1", "longitude": 72.80}
    one = household("R1", *FAMILY, **visit, latitude=40.500, phones=("0555123456",))
    door = household("R2", *FAMILY, **visit, latitude=40.503, phones=("0555999999",))
    later, again = (
        replace(door, submitted_at=f"2026-05-04T{clock}") for clock in ("14:00:00", "10:05:00")
    )

    assert "two_doors" in judged(one, later).vetoes
    assert "two_doors" not in judged(one, again).vetoes


def test_another_card_and_another_phone_are_two_households() -> None:
    one = household("R1", *FAMILY, card="KG0100073", phones=("0555123456",))
    other = household("R2", *FAMILY, card="KG0100528", phones=("0555999999",))

    assert "two_cards" in judged(one, other).vetoes
    assert "two_cards" not in judged(one, replace(other, card="KG0700073")).vetoes  # misread
    assert "two_cards" not in judged(one, replace(other, phones=one.phones)).vetoes


def test_brothers_next_door_who_differ_in_a_letter_are_not_merged_by_their_point() -> None:
    door = {"latitude": 40.5, "longitude": 72.8}
    emir = household("R1", person("Токтогулов Эмир", "head", "M", "1979-10-05"), **door)
    emil = household("R2", person("Токтогулов Эмил", "head", "M", "1979-10-05"), WIFE, **door)
    twice = replace(emil, head=emir.head, members=(*emir.members, *emil.members[1:]))

    assert "roster_too_weak" in judged(emir, emil).vetoes
    assert "roster_too_weak" not in judged(emir, twice).vetoes
    assert "roster_too_weak" not in judged(emir, replace(emil, round="2")).vetoes


def settled(
    records: list[HouseholdRecord],
    pairs: list[tuple[int, int]],
    apart: tuple[frozenset[str], ...] = (),
) -> list[Outcome]:
    known = {record.record_id: features(record) for record in records}
    matches = [
        Match(records[i].record_id, records[j].record_id, judged(records[i], records[j]))
        for i, j in pairs
    ]
    return settle(
        matches,
        members={name: [each] for name, each in known.items()},
        cluster_of={name: name for name in known},
        apart=apart,
        frequencies=VILLAGE,
        model=pinned_model(),
    )


def copies(count: int) -> list[HouseholdRecord]:
    return [household(f"R{i}", *FAMILY, round=str(i % 3)) for i in range(count)]


def test_not_the_same_anywhere_between_two_clusters_keeps_them_apart() -> None:
    outcomes = settled(copies(3), [(0, 1), (1, 2)], apart=(frozenset({"R0", "R2"}),))

    assert sorted((o.decision, o.vetoes) for o in outcomes) == [
        ("auto", ()),
        ("review", ("not_the_same",)),
    ]


def test_cluster_grows_to_a_bound_and_then_asks() -> None:
    records = copies(LARGEST_CLUSTER + 3)

    outcomes = settled(records, [(0, i) for i in range(1, len(records))])

    assert sum(o.decision == "auto" for o in outcomes) == LARGEST_CLUSTER - 1
    assert {o.vetoes for o in outcomes if o.decision == "review"} == {("cluster_too_large",)}


def test_two_people_of_one_submission_are_never_made_one() -> None:
    asan = person("Асан", "child", "M", "2012-05-05")
    outcomes = settled(
        [
            household("R0", HEAD, WIFE, asan, replace(asan, name="Асан Бакытович")),
            household("R1", HEAD, WIFE, asan),
            household("R2", HEAD, WIFE, replace(asan, name="АСАН")),
        ],
        [(0, 1), (1, 2)],
    )

    assert {o.decision for o in outcomes} == {"auto"}

    persons = same_persons(
        [
            features(household("R0", asan, replace(asan, name="Асан Бакытович"))),
            features(household("R1", asan)),
        ],
        VILLAGE,
        pinned_model(),
    )
    assert sorted(map(len, persons.groups)) == [1, 2]


def test_chain_of_pairs_joins_no_records_that_contradict_each_other() -> None:
    """Complete linkage light: half of the pairs across must bear no veto."""
    uncle = person("Токтогулов Эрмек", "head", "M", "1950-05-05")
    stranger = household("R9", uncle, person("Сайкал", "spouse", "F", "1955-01-09"))
    alike = Judgement(20.0, (), (), "auto", ())

    def joined(to: int) -> list[Outcome]:
        """A household of so many records, and one that is like the last of them alone."""
        records = [*copies(to), stranger]
        chain = [Match(f"R{i}", f"R{i + 1}", alike) for i in range(to - 1)]
        return settle(
            [*chain, Match(f"R{to - 1}", "R9", replace(alike, weight=10.0))],
            members={r.record_id: [features(r)] for r in records},
            cluster_of={r.record_id: r.record_id for r in records},
            apart=(),
            frequencies=VILLAGE,
            model=pinned_model(),
        )

    assert [(o.decision, o.vetoes) for o in joined(2)] == [("auto", ())] * 2  # one pair of two
    assert [(o.decision, o.vetoes) for o in joined(3)] == [
        *[("auto", ())] * 2,
        ("review", ("cross_pairs_vetoed",)),
    ]
