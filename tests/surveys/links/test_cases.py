"""Cases: what is gathered, what waits for whom, who has it open, what is decided and taken back."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.entities.models import Entity
from surveys.households.models import CandidateLink, LinkDecision, Membership
from surveys.links.adjudicate import decide_case, undo
from surveys.links.casefile import CaseFile, open_case
from surveys.links.cases import open_cases
from surveys.links.claim import HOLDS, claim_case, release_claim, renew_claim
from surveys.links.models import Adjudication, CaseClaim
from surveys.links.queue import CaseQueue, waiting_cases
from surveys.places.models import Place
from tests.conftest import make_user
from tests.surveys.household_forms import arrive, registration, service
from tests.surveys.links.families import candidate, home, homes, pictures, register, settle

WHY = "They were asked"


def opened(user: User, link: CandidateLink) -> CaseFile:
    file = open_case(user, link.pk)
    assert file is not None
    return file


def decide(
    user: User, link: CandidateLink, verdict: str, *ticked: UUID | None, looked: str = ""
) -> Adjudication:
    return decide_case(
        candidate_id=link.pk,
        verdict=verdict,
        ticked=[node for node in ticked if node],
        reason=WHY,
        looked=looked or opened(user, link).seal,
        by=user,
    )


def waiting(user: User, **asked: Any) -> list[int]:
    return [case.pk for case in waiting_cases(CaseQueue(user, **asked)).cases]


def code_of(raised: pytest.ExceptionInfo[Problem]) -> str:
    return raised.value.code


@pytest.fixture
def three(two: tuple[UUID, UUID]) -> tuple[UUID, UUID, UUID]:
    third = register("KG-06-00013", head="Бермет Токтоева")
    settle()
    return (*two, third)


# What a case is


def test_candidates_that_touch_one_record_are_one_case(
    alice: User, three: tuple[UUID, UUID, UUID]
) -> None:
    first, second, third = three
    strong, weak = candidate(first, second, 10.0), candidate(second, third, 4.0)

    (case,) = open_cases(alice)
    assert case.keys == sorted([strong.pk, weak.pk])
    assert (case.weight, set(case.records)) == (10.0, set(three))


def test_candidates_of_one_household_are_one_case_with_all_its_records(
    alice: User, three: tuple[UUID, UUID, UUID], link: CandidateLink
) -> None:
    first, second, third = three
    decide(alice, link, "same")
    candidate(first, third, 5.0)

    (case,) = open_cases(alice)
    file = opened(alice, CandidateLink.objects.get(pk=case.pk))
    assert {side.record_id for side in file.sides.sides} == {first, second, third}
    assert set(file.sides.nodes) == {home(first), home(third)}


def test_pair_found_by_two_models_is_asked_once(alice: User, link: CandidateLink) -> None:
    newer = CandidateLink.objects.get(pk=link.pk)
    newer.pk, newer.model = None, "newer"
    newer.save(force_insert=True)

    (case,) = open_cases(alice)
    assert case.keys == [newer.pk]


def test_large_case_shows_twelve_records_and_says_how_many_more(
    alice: User, forms: None, alai: Place
) -> None:
    records = [register(f"KG-06-{n:05}", head=f"Head {n}") for n in range(15)]
    settle()
    links = [candidate(records[0], other, 15.0 - n) for n, other in enumerate(records[1:])]

    file = opened(alice, links[0])
    assert (len(file.sides.sides), file.sides.more) == (12, 3)
    decide(alice, links[0], "different")
    left = CandidateLink.objects.filter(state="open")
    assert set(left.values_list("pk", flat=True)) == {each.pk for each in links[11:]}


# The queue


def test_queue_is_ordered_by_weight_age_or_place(
    alice: User, three: tuple[UUID, UUID, UUID], naryn: Place
) -> None:
    first, second, _ = three
    fourth = register("KG-04-00001", head="Алтынай", district=naryn.code)
    fifth = register("KG-04-00007", head="Алтынай", district=naryn.code)
    settle()
    old, new = candidate(first, second, 4.0), candidate(fourth, fifth, 8.0)
    CandidateLink.objects.filter(pk=old.pk).update(found_at=timezone.now() - timedelta(days=3))
    CandidateLink.objects.filter(pk=new.pk).update(place=naryn)

    assert waiting(alice) == [new.pk, old.pk]
    assert waiting(alice, order="age") == [old.pk, new.pk]
    assert waiting(alice, order="place") == [new.pk, old.pk]
    assert waiting(alice, places=("KG04",)) == [new.pk]
    assert waiting(alice, places=("KG04", "KG06")) == [new.pk, old.pk]


def test_queue_is_narrowed_by_veto(alice: User, three: tuple[UUID, UUID, UUID]) -> None:
    candidate(three[0], three[1], vetoes=["too_far"])

    assert len(waiting(alice, veto="too_far")) == 1
    assert waiting(alice, veto="two_doors") == []


def test_case_that_touches_a_hidden_record_is_not_offered_but_counted(
    alice: User, dilnoza: User, two: tuple[UUID, UUID], naryn: Place
) -> None:
    elsewhere = register("KG-04-00001", district=naryn.code)
    settle()
    link = candidate(two[0], elsewhere)

    found = waiting_cases(CaseQueue(dilnoza))
    assert (list(found.cases), found.elsewhere) == ([], 1)
    assert waiting(alice) == [link.pk]
    with pytest.raises(Problem) as raised:
        decide(dilnoza, link, "same")
    assert code_of(raised) == "not_allowed"
    assert not LinkDecision.objects.filter(source="person").exists()


def test_hidden_record_of_a_household_keeps_its_case_from_who_may_not_see_it(
    dilnoza: User, alice: User, three: tuple[UUID, UUID, UUID], link: CandidateLink
) -> None:
    decide(alice, link, "same")
    CleanRow.objects.filter(record_id=three[1]).update(restricted=True)
    candidate(three[0], three[2])

    found = waiting_cases(CaseQueue(dilnoza))
    assert (list(found.cases), found.elsewhere) == ([], 1)


@pytest.mark.parametrize("cases", [1, 12])
def test_queue_takes_the_same_queries_whatever_waits(
    dilnoza: User,
    forms: None,
    alai: Place,
    cases: int,
    django_assert_num_queries: Any,
) -> None:
    for n in range(cases):
        one = register(f"KG-06-{n:05}", head=f"A {n}")
        other = register(f"KG-07-{n:05}", head=f"B {n}")
        settle()
        candidate(one, other)
    asked = CaseQueue(dilnoza, places=("KG06",), order="place")

    with django_assert_num_queries(7):
        assert len(waiting_cases(asked).cases) == cases


# Who has it open


def test_case_that_somebody_has_open_is_offered_to_nobody_else(
    alice: User, dilnoza: User, link: CandidateLink
) -> None:
    assert claim_case(keys=[link.pk], by=alice, visit="a") is None

    taken = claim_case(keys=[link.pk], by=dilnoza, visit="b")
    assert taken is not None
    assert taken.by == alice
    found = waiting_cases(CaseQueue(dilnoza))
    assert (list(found.cases), found.taken) == ([], 1)
    assert waiting(alice) == [link.pk]
    assert waiting(alice, state="mine") == [link.pk]
    with pytest.raises(Problem) as raised:
        decide(dilnoza, link, "same")
    assert code_of(raised) == "link_claimed"


def test_claim_ends_by_leaving_or_after_a_while(
    alice: User, dilnoza: User, link: CandidateLink
) -> None:
    claim_case(keys=[link.pk], by=alice, visit="a")
    release_claim(by=alice, visit="another page of hers")
    assert waiting(dilnoza) == []
    release_claim(by=alice, visit="a")
    assert waiting(dilnoza) == [link.pk]

    claim_case(keys=[link.pk], by=alice, visit="a")
    CaseClaim.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert claim_case(keys=[link.pk], by=dilnoza, visit="b") is None
    assert not renew_claim(by=alice, visit="a")


def test_page_that_stays_open_keeps_its_claim(alice: User, link: CandidateLink) -> None:
    claim_case(keys=[link.pk], by=alice, visit="a")
    CaseClaim.objects.update(until=timezone.now() + timedelta(seconds=1))

    assert renew_claim(by=alice, visit="a")
    assert CaseClaim.objects.get().until > timezone.now() + HOLDS - timedelta(minutes=1)


# Deciding


def test_same_makes_one_household_and_its_entities_and_log_follow(
    dilnoza: User, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    made = decide(dilnoza, link, "same")

    assert homes(*two) == 1
    assert CandidateLink.objects.get().state == "settled"
    assert Entity.objects.exclude(redirect_to=None).count() == 1
    (decision,) = made.decisions.all()
    assert (decision.verdict, decision.by, decision.reason) == ("same", dilnoza, WHY)
    assert AuditEvent.objects.filter(action="link.decided", by=dilnoza).count() == 1


def test_different_keeps_them_apart_for_good(
    dilnoza: User, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    decide(dilnoza, link, "different")

    assert homes(*two) == 2
    assert waiting(dilnoza) == []


def test_later_puts_it_off_and_decides_nothing(
    dilnoza: User, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    decide(dilnoza, link, "unsure")

    assert homes(*two) == 2
    assert waiting(dilnoza) == []
    assert waiting(dilnoza, state="later") == [link.pk]
    decide(dilnoza, link, "same")
    assert homes(*two) == 1


def test_ticked_ones_are_one_family_and_the_others_are_not(
    dilnoza: User, three: tuple[UUID, UUID, UUID]
) -> None:
    first, second, third = three
    fourth = register("KG-06-00019", head="Зууракан")
    settle()
    link = candidate(first, second)
    candidate(second, third)
    apart = candidate(third, fourth)

    decide(dilnoza, link, "same", home(first), home(second))

    assert homes(first, second) == 1
    assert homes(first, third, fourth) == 3
    assert waiting(dilnoza) == [apart.pk]  # how the others stand to each other was not said


def test_one_ticked_is_different_from_the_others(
    dilnoza: User, three: tuple[UUID, UUID, UUID]
) -> None:
    first, second, third = three
    stays = candidate(first, second)
    candidate(second, third)

    decide(dilnoza, stays, "different", home(third))

    assert waiting(dilnoza) == [stays.pk]


def test_same_overrules_what_was_said_before_among_them(
    dilnoza: User, alice: User, three: tuple[UUID, UUID, UUID]
) -> None:
    first, second, third = three
    decide(alice, candidate(first, third), "different")
    link = candidate(first, second)
    candidate(second, third)

    decide(dilnoza, link, "same")

    assert homes(*three) == 1


def test_form_whose_card_several_families_have_joins_them_only_when_all_are_one(
    alice: User, two: tuple[UUID, UUID]
) -> None:
    visit = arrive(service("uuid:visit", card="KG-06-99999")).record_id
    settle()
    link = candidate(visit, two[0], 0.0, kind="form", aligned=[], place_id=None)
    candidate(visit, two[1], 0.0, kind="form", aligned=[])

    decide(alice, link, "same", visit, home(two[1]))

    assert home(visit) == home(two[1])
    assert homes(*two) == 2


def test_all_of_a_case_is_one_family_even_where_only_a_form_holds_it_together(
    alice: User, two: tuple[UUID, UUID]
) -> None:
    visit = arrive(service("uuid:visit", card="KG-06-99999")).record_id
    settle()
    link = candidate(visit, two[0], 0.0, kind="form", aligned=[])
    candidate(visit, two[1], 0.0, kind="form", aligned=[])

    decide(alice, link, "same")

    assert homes(visit, *two) == 1


@pytest.mark.parametrize(
    ("verdict", "reason", "code"),
    [("same", "  ", "reason_missing"), ("maybe", WHY, "decision_invalid"),
     ("same", "x" * 501, "value_invalid"), ("same", "a\0b", "value_invalid")],
)  # fmt: skip
def test_word_that_cannot_be_kept_is_refused(
    dilnoza: User, link: CandidateLink, verdict: str, reason: str, code: str
) -> None:
    seal = opened(dilnoza, link).seal
    with pytest.raises(Problem) as raised:
        decide_case(candidate_id=link.pk, verdict=verdict, reason=reason, looked=seal, by=dilnoza)
    assert code_of(raised) == code


def test_one_alone_is_no_family_of_several(
    dilnoza: User, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    with pytest.raises(Problem) as raised:
        decide(dilnoza, link, "same", home(two[0]))
    assert code_of(raised) == "decision_invalid"


# Staleness


def test_who_looked_before_somebody_decided_is_asked_to_look_again(
    alice: User, dilnoza: User, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    looked = opened(dilnoza, link).seal
    decide(alice, link, "unsure")

    with pytest.raises(Problem) as raised:
        decide(dilnoza, link, "same", looked=looked)

    assert code_of(raised) == "link_changed"
    assert homes(*two) == 2


def test_who_looked_before_a_record_was_edited_is_asked_to_look_again(
    dilnoza: User, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    looked = opened(dilnoza, link).seal
    CleanRow.objects.filter(pk=two[0]).update(instance_id="uuid:edited")

    with pytest.raises(Problem) as raised:
        decide(dilnoza, link, "same", looked=looked)
    assert code_of(raised) == "link_changed"


def test_who_looked_before_another_record_joined_the_case_is_asked_to_look_again(
    dilnoza: User, three: tuple[UUID, UUID, UUID], link: CandidateLink
) -> None:
    looked = opened(dilnoza, link).seal
    candidate(three[1], three[2])

    with pytest.raises(Problem) as raised:
        decide(dilnoza, link, "same", looked=looked)
    assert code_of(raised) == "link_changed"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_one_case_at_the_same_moment_one_is_told_to_look_again(
    alice: User, dilnoza: User, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    seals = {user.pk: opened(user, link).seal for user in (alice, dilnoza)}
    start, codes = threading.Barrier(2), []

    def say(user: User, verdict: str) -> None:
        start.wait()
        try:
            decide(user, link, verdict, looked=seals[user.pk])
            codes.append("decided")
        except Problem as problem:
            codes.append(problem.code)
        finally:
            connection.close()

    both = [
        threading.Thread(target=say, args=each)
        for each in ((alice, "same"), (dilnoza, "different"))
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert sorted(codes) == ["decided", "link_changed"]
    assert Adjudication.objects.count() == 1


# Undo


@pytest.mark.parametrize("verdict", ["same", "different", "unsure"])
def test_undo_shows_the_state_before(
    dilnoza: User, three: tuple[UUID, UUID, UUID], verdict: str
) -> None:
    link = candidate(three[0], three[1])
    candidate(three[1], three[2])
    before, states = pictures(), list(CandidateLink.objects.order_by("pk").values("pk", "state"))
    made = decide(dilnoza, link, verdict)

    undone = undo(adjudication_id=made.pk, by=dilnoza, reason="The wrong ones")

    assert pictures() == before
    assert list(CandidateLink.objects.order_by("pk").values("pk", "state")) == states
    assert waiting(dilnoza) == [link.pk]
    assert (undone.undone_by, undone.undone_because) == (dilnoza, "The wrong ones")
    assert not Entity.objects.exclude(redirect_to=None).exists()
    assert LinkDecision.objects.filter(source="person").count() == 2 * made.decisions.count()


def test_what_was_undone_cannot_be_undone_again(dilnoza: User, link: CandidateLink) -> None:
    made = decide(dilnoza, link, "same")
    undo(adjudication_id=made.pk, by=dilnoza, reason=WHY)

    with pytest.raises(Problem) as raised:
        undo(adjudication_id=made.pk, by=dilnoza, reason=WHY)
    assert code_of(raised) == "decision_revoked"


def test_who_may_not_see_a_record_cannot_undo_what_was_said_of_it(
    alice: User, two: tuple[UUID, UUID], naryn: Place, link: CandidateLink
) -> None:
    made = decide(alice, link, "same")
    stranger = make_user("stranger", User.Role.SUPERVISOR, place_codes=[naryn.code])

    with pytest.raises(Problem) as raised:
        undo(adjudication_id=made.pk, by=stranger, reason=WHY)
    assert code_of(raised) == "not_found"
    assert homes(*two) == 1


def test_merged_family_that_registers_again_keeps_what_was_decided(
    dilnoza: User, two: tuple[UUID, UUID], link: CandidateLink
) -> None:
    decide(dilnoza, link, "different")
    edited = registration(
        "uuid:edited", card="KG-06-00007", replaces="uuid:KG-06-00007-Gulnara Asanova-KG06207000000"
    )
    arrive(edited)
    settle()

    assert homes(*two) == 2
    assert Membership.objects.count() == 2
