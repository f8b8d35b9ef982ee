"""Persons: the same members over the records of a household, and nobody else."""

from uuid import UUID

import pytest

from backend.accounts.models import User
from surveys.households.decide import decide_pair, revoke_decision
from surveys.households.models import LinkDecision, Person, PersonCandidate, PersonMembership
from surveys.lifecycle.delete import delete_record
from tests.surveys.household_forms import FAMILY, drain, publish
from tests.surveys.households.families import (
    ASANOVS,
    ASANOVS_AGAIN,
    BROTHERS,
    STRANGERS,
    family_arrives,
    households,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forms(db: None) -> None:
    publish(FAMILY)


def people() -> list[tuple[object, int, object]]:
    rows = PersonMembership.objects.order_by("record_id", "index")
    return list(rows.values_list("record_id", "index", "person_id"))


def test_members_of_one_family_over_two_registrations_are_the_same_persons() -> None:
    family_arrives("uuid:1", ASANOVS)
    family_arrives("uuid:2", ASANOVS_AGAIN)  # the wife is called the head this time
    drain()

    persons = Person.objects.filter(redirect_to=None)
    assert persons.count() == 4
    lines = {frozenset(p.memberships.values_list("index", flat=True)) for p in persons}
    assert lines == {frozenset({0, 1}), frozenset({2}), frozenset({3})}
    assert all(p.memberships.count() == 2 for p in persons)


def test_persons_keep_the_ids_of_the_older_record_and_part_again_when_the_merger_is_undone(
    alice: User,
) -> None:
    first = family_arrives("uuid:1", ASANOVS)
    family_arrives("uuid:2", ASANOVS_AGAIN)
    drain()
    assert set(Person.objects.filter(redirect_to=None).values_list("record_id", flat=True)) == {
        first
    }
    revoke_decision(decision=LinkDecision.objects.get(), by=alice, reason="two families")
    assert not Person.objects.filter(redirect_to__isnull=False).exists()
    assert len({person for _, _, person in people()}) == 8


def test_merger_and_its_undoing_leave_persons_as_they_were(alice: User) -> None:
    one, other = family_arrives("uuid:1", ASANOVS), family_arrives("uuid:2", BROTHERS)
    drain()
    before = people(), list(Person.objects.order_by("pk").values())
    said = decide_pair(a=one, b=other, verdict="same", by=alice, reason="one family")
    revoke_decision(decision=said, by=alice, reason="two after all")
    assert (people(), list(Person.objects.order_by("pk").values())) == before


def test_two_lines_of_one_roster_are_never_one_person(alice: User) -> None:
    twins = [*ASANOVS[:2], ("Асанов Асан", 5, "male", "child"), ("Асанов Үсөн", 5, "male", "child")]
    family_arrives("uuid:1", twins)
    family_arrives("uuid:2", twins[::-1])
    drain()
    of_record: dict[object, set[object]] = {}
    for record, _, person in people():
        assert person not in of_record.setdefault(record, set())
        of_record[record].add(person)
    assert len(set.union(*of_record.values())) == 4


def test_deleted_record_has_no_members_and_its_persons_keep_their_ids(alice: User) -> None:
    record = family_arrives("uuid:1", ASANOVS)
    drain()
    known = set(Person.objects.values_list("pk", flat=True))
    delete_record(record_id=record, by=alice)
    drain()
    assert people() == []
    assert set(Person.objects.values_list("pk", flat=True)) == known


def daughter_marries() -> tuple[UUID, UUID]:
    daughter = ("Асанова Айгүл Бакытовна", 24, "female")
    parents = family_arrives("uuid:1", [*ASANOVS, (*daughter, "sibling")])
    in_laws = family_arrives("uuid:2", [*STRANGERS, (*daughter, "child_in_law")])
    drain()
    return parents, in_laws


def test_woman_who_married_into_another_household_is_a_candidate_and_never_merged() -> None:
    daughter_marries()

    candidate = PersonCandidate.objects.get()
    assert {candidate.a.memberships.get().index, candidate.b.memberships.get().index} == {4, 2}
    assert candidate.state == "open"
    assert "name" in candidate.reasons
    assert not Person.objects.filter(redirect_to__isnull=False).exists()
    assert households() == {frozenset({"uuid:1"}), frozenset({"uuid:2"})}


def test_woman_is_no_candidate_while_both_households_are_one(alice: User) -> None:
    parents, in_laws = daughter_marries()

    def state() -> str:
        return PersonCandidate.objects.get().state

    said = decide_pair(a=parents, b=in_laws, verdict="same", by=alice, reason="one yard")
    assert state() == "settled"
    revoke_decision(decision=said, by=alice, reason="two after all")
    assert state() == "open"
    delete_record(record_id=in_laws, by=alice)
    drain()
    assert state() == "settled"
