"""What persons decide of households, and how it is taken back."""

import uuid

import pytest
from django.db import DatabaseError, transaction

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.entities.models import Entity
from surveys.entities.publish import entity_csv
from surveys.households.decide import decide_cluster, decide_pair, revoke_decision
from surveys.households.models import (
    CandidateLink,
    Household,
    LinkDecision,
    LinkFeature,
    Membership,
)
from surveys.lifecycle.delete import delete_record, restore_record
from tests.surveys.household_forms import FAMILY, SERVICE, arrive, drain, publish, service
from tests.surveys.households.families import (
    ASANOVS,
    ASANOVS_AGAIN,
    BROTHERS,
    STRANGERS,
    entity_for,
    family_arrives,
    home_of,
    households,
)

pytestmark = pytest.mark.django_db
REASON = "I know both families"


@pytest.fixture(autouse=True)
def _forms(db: None) -> None:
    publish(FAMILY)
    publish(SERVICE)


def link_again(*records: uuid.UUID) -> None:
    LinkFeature.objects.filter(record_id__in=records).update(state=LinkFeature.State.WAITING)
    drain()


def test_same_family_under_another_spelling_and_head_is_merged_by_rule() -> None:
    first = family_arrives("uuid:1", ASANOVS, phone="0555 12 34 56")
    again = family_arrives("uuid:2", ASANOVS_AGAIN, phone="+996 555 123456")
    drain()

    assert home_of(first) == home_of(again)
    decision = LinkDecision.objects.get()
    assert (decision.verdict, decision.source, decision.by) == ("same", "rule", None)
    assert decision.weight > 11
    why = CandidateLink.objects.get()
    assert why.weight == pytest.approx(sum(bits for _, _, bits in why.reasons))
    assert (why.decision, why.state) == ("auto", "settled")


def test_brothers_in_one_yard_with_one_phone_stay_two_households() -> None:
    family_arrives("uuid:1", ASANOVS, phone="0555123456")
    family_arrives("uuid:2", BROTHERS, phone="0555123456")
    drain()
    assert households() == {frozenset({"uuid:1"}), frozenset({"uuid:2"})}


def test_person_joins_what_the_rule_did_not_and_everything_follows(alice: User) -> None:
    one = family_arrives("uuid:1", ASANOVS)
    other = family_arrives("uuid:2", BROTHERS)
    visit = arrive(service("uuid:3", card="", entity=entity_for("uuid:2"))).record_id
    drain()
    decide_pair(a=other, b=one, verdict="same", by=alice, reason=REASON)

    assert home_of(one) == home_of(other) == home_of(visit)
    assert set(CleanRow.objects.values_list("household_id", flat=True)) == {home_of(one)}
    drain()
    led = Entity.objects.get(redirect_to__isnull=False)
    assert {led.pk, led.redirect_to_id} == {entity_for("uuid:1"), entity_for("uuid:2")}
    assert AuditEvent.objects.filter(action="link.decided", by=alice).count() == 1


def test_undo_of_a_merger_gives_back_ids_services_and_the_list_of_the_tablets(alice: User) -> None:
    one = family_arrives("uuid:1", ASANOVS)
    other = family_arrives("uuid:2", BROTHERS)
    visit = arrive(service("uuid:3", card="", entity=entity_for("uuid:2"))).record_id
    drain()
    before = [home_of(r) for r in (one, other, visit)], entity_csv("households")
    merger = decide_pair(a=one, b=other, verdict="same", by=alice, reason=REASON)
    drain()
    merged = entity_csv("households")
    revoke_decision(decision=merger, by=alice, reason="they are brothers")
    drain()

    assert merged != before[1]
    assert ([home_of(r) for r in (one, other, visit)], entity_csv("households")) == before
    assert not Household.objects.filter(redirect_to__isnull=False).exists()


def test_merger_by_rule_that_a_person_undid_is_never_made_again(alice: User) -> None:
    one, other = family_arrives("uuid:1", ASANOVS), family_arrives("uuid:2", ASANOVS_AGAIN)
    drain()
    homes = Household.objects.order_by("created_at").values_list("pk", flat=True)
    revoke_decision(decision=LinkDecision.objects.get(), by=alice, reason="another family")
    assert [home_of(one), home_of(other)] == list(homes)

    link_again(one, other)
    family_arrives("uuid:3", ASANOVS_AGAIN)
    drain()

    assert home_of(one) != home_of(other)
    said = LinkDecision.objects.filter(source="person").values_list("verdict", flat=True)
    assert list(said) == ["different"]


def test_third_record_never_brings_together_whom_a_person_called_different(alice: User) -> None:
    one, other = family_arrives("uuid:1", ASANOVS), family_arrives("uuid:2", ASANOVS_AGAIN)
    drain()
    decide_pair(a=one, b=other, verdict="different", by=alice, reason=REASON)
    third = family_arrives("uuid:3", ASANOVS)
    drain()

    assert home_of(one) != home_of(other)
    assert home_of(third) in (home_of(one), home_of(other))
    question = CandidateLink.objects.get(state="open")
    assert third in (question.a, question.b)
    assert "not_the_same" in question.vetoes


def test_undo_of_an_undo_merges_again(alice: User) -> None:
    one, other = family_arrives("uuid:1", ASANOVS), family_arrives("uuid:2", ASANOVS_AGAIN)
    drain()
    undo = revoke_decision(decision=LinkDecision.objects.get(), by=alice, reason="wrong")
    revoke_decision(decision=undo, by=alice, reason="right after all")
    assert home_of(one) == home_of(other)


def test_same_said_by_mistake_and_taken_back_is_open_as_before(alice: User) -> None:
    one, other = family_arrives("uuid:1", ASANOVS), family_arrives("uuid:2", BROTHERS)
    drain()
    CandidateLink.objects.all().delete()
    a, b = sorted((one, other))
    CandidateLink.objects.create(a=a, b=b, model="x", decision="review", weight=5, state="open")
    said = decide_pair(a=one, b=other, verdict="same", by=alice, reason=REASON)
    assert CandidateLink.objects.get().state == "settled"
    revoke_decision(decision=said, by=alice, reason="a slip")
    assert CandidateLink.objects.get().state == "open"
    assert home_of(one) != home_of(other)


def test_decision_is_taken_back_once(alice: User) -> None:
    one, other = family_arrives("uuid:1", ASANOVS), family_arrives("uuid:2", BROTHERS)
    drain()
    said = decide_pair(a=one, b=other, verdict="unsure", by=alice, reason=REASON)
    revoke_decision(decision=said, by=alice, reason="a slip")
    with pytest.raises(Problem, match="decision_revoked"):
        revoke_decision(decision=said, by=alice, reason="again")


def test_decision_about_what_is_not_there_or_no_decision_at_all_is_refused(alice: User) -> None:
    one = family_arrives("uuid:1", ASANOVS)
    drain()
    with pytest.raises(Problem, match="record_unknown"):
        decide_pair(a=one, b=uuid.uuid4(), verdict="same", by=alice, reason=REASON)
    with pytest.raises(Problem, match="decision_invalid"):
        decide_pair(a=one, b=one, verdict="same", by=alice, reason=REASON)
    with pytest.raises(Problem, match="decision_invalid"):
        decide_pair(a=one, b=uuid.uuid4(), verdict="withdrawn", by=alice, reason=REASON)
    with pytest.raises(Problem, match="decision_invalid"):
        decide_cluster(pairs=[], verdict="same", by=alice, reason=REASON)
    assert not LinkDecision.objects.exists()


def test_no_decision_can_be_changed_or_deleted(alice: User) -> None:
    one, other = family_arrives("uuid:1", ASANOVS), family_arrives("uuid:2", BROTHERS)
    drain()
    decide_pair(a=one, b=other, verdict="same", by=alice, reason=REASON)
    for change in (lambda d: d.update(verdict="different"), lambda d: d.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(LinkDecision.objects)


def test_deleted_record_no_longer_joins_others_and_does_when_it_is_back(alice: User) -> None:
    one = family_arrives("uuid:1", ASANOVS)
    bridge, other = family_arrives("uuid:2", BROTHERS), family_arrives("uuid:3", ASANOVS[:1])
    drain()
    pairs = [(one, bridge), (bridge, other)]
    decide_cluster(pairs=pairs, verdict="same", by=alice, reason=REASON)
    drain()
    whole = entity_csv("households")
    assert home_of(one) == home_of(other)

    delete_record(record_id=bridge, by=alice)
    assert home_of(one) != home_of(other)
    assert not Entity.objects.filter(redirect_to__isnull=False).exists()
    drain()
    restore_record(record_id=bridge, by=alice)
    drain()
    assert home_of(one) == home_of(bridge) == home_of(other)
    assert entity_csv("households") == whole


def test_id_of_a_household_whose_founder_is_deleted_leads_to_the_family(alice: User) -> None:
    first, again = family_arrives("uuid:1", ASANOVS), family_arrives("uuid:2", ASANOVS_AGAIN)
    drain()
    known = home_of(first)
    delete_record(record_id=first, by=alice)
    assert Household.objects.get(pk=known).redirect_to_id == home_of(again)
    restore_record(record_id=first, by=alice)
    drain()
    assert home_of(first) == home_of(again) == known


def test_edit_that_contradicts_takes_the_rules_word_back_and_leaves_a_persons(alice: User) -> None:
    one, other = family_arrives("uuid:1", ASANOVS), family_arrives("uuid:2", ASANOVS_AGAIN)
    joined = family_arrives("uuid:3", ASANOVS_AGAIN[:2])
    drain()
    decide_pair(a=one, b=joined, verdict="same", by=alice, reason=REASON)
    assert home_of(one) == home_of(other) == home_of(joined)
    family_arrives("uuid:4", BROTHERS, replaces="uuid:2")
    family_arrives("uuid:5", STRANGERS, replaces="uuid:3")
    drain()

    assert home_of(other) != home_of(one) == home_of(joined)
    taken_back = LinkDecision.objects.filter(source="rule", verdict="withdrawn")
    assert {d.revokes.verdict for d in taken_back} == {"same"}


def test_linking_everything_again_writes_no_decision_and_moves_nobody() -> None:
    records = [family_arrives("uuid:1", ASANOVS), family_arrives("uuid:2", ASANOVS_AGAIN)]
    records.append(family_arrives("uuid:3", BROTHERS))
    drain()
    before = list(LinkDecision.objects.values()), list(Membership.objects.order_by("pk").values())
    candidates = list(CandidateLink.objects.order_by("pk").values())
    link_again(*records)
    after = list(LinkDecision.objects.values()), list(Membership.objects.order_by("pk").values())
    assert after == before
    assert list(CandidateLink.objects.order_by("pk").values()) == candidates
