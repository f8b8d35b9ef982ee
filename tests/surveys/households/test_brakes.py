"""Brakes: where too much of what comes is a duplicate, nobody is merged before a person looked."""

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.households.brakes import LEAST, MOST_HITS, lift_brake
from surveys.households.models import CandidateLink, LinkBrake, LinkFeature
from surveys.submissions.models import Submission
from tests.surveys.household_forms import FAMILY, arrive, drain, publish
from tests.surveys.households.families import ASANOVS, family_record, households
from tests.surveys.households.test_match import family

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forms(db: None) -> None:
    publish(FAMILY)


def arrives(instance_id: str, number: int, *, device: int = 7, district: str = "") -> None:
    place = district or f"KG0620{number % 5}000000"  # few of one batch in one district
    sent = arrive(family_record(instance_id, family(number), district=place))
    Submission.objects.filter(pk=sent.pk).update(device_id=device)


def test_tablet_that_sends_its_families_again_is_braked_and_the_rest_waits_for_a_person() -> None:
    for n in range(12):
        arrives(f"uuid:{n}", n)
    for n in range(12):
        arrives(f"uuid:again-{n}", n)
    drain()

    brake = LinkBrake.objects.get()
    assert (brake.kind, brake.subject, brake.why) == ("device", "7", "device_duplicates")
    assert brake.records >= LEAST
    assert 0.4 < (brake.share or 0) <= 0.6
    held = CandidateLink.objects.filter(state="open")
    assert held.exists()
    assert {each.brake_id for each in held} == {brake.pk}
    assert AuditEvent.objects.filter(action="link.braked").count() == 1
    assert len(households()) > 12


def test_other_tablets_are_merged_as_ever_while_one_is_braked() -> None:
    LinkBrake.objects.create(kind="device", subject="7", why="device_duplicates")
    arrives("uuid:1", 1, device=7)
    arrives("uuid:2", 1, device=7)
    arrives("uuid:3", 2, device=8)
    arrives("uuid:4", 2, device=8)
    drain()
    assert households() == {
        frozenset({"uuid:1"}), frozenset({"uuid:2"}), frozenset({"uuid:3", "uuid:4"})
    }  # fmt: skip


def test_brake_that_a_manager_lifts_lets_go_what_it_held_and_does_not_set_itself_again(
    alice: User,
) -> None:
    for n in range(12):
        arrives(f"uuid:{n}", n)
    for n in range(12):
        arrives(f"uuid:again-{n}", n)
    drain()
    brake = LinkBrake.objects.get()

    assert lift_brake(brake=brake, by=alice, reason="the tablet was set up anew") > 0
    drain()

    assert households() == {frozenset({f"uuid:{n}", f"uuid:again-{n}"}) for n in range(12)}
    assert not CandidateLink.objects.filter(state="open", brake=brake).exists()
    assert not LinkBrake.objects.filter(lifted_at=None).exists()
    event = AuditEvent.objects.get(action="link.brake_lifted")
    assert event.by == alice
    with pytest.raises(Problem, match="brake_lifted"):
        lift_brake(brake=brake, by=alice, reason="again")


def test_record_with_more_hits_than_a_family_has_is_asked_about() -> None:
    for n in range(MOST_HITS + 2):
        sent = arrive(family_record(f"uuid:{n}", ASANOVS))
        Submission.objects.filter(pk=sent.pk).update(device_id=n + 1)
    drain()
    brake = LinkBrake.objects.get()
    assert (brake.kind, brake.why) == ("record", "record_hits")
    assert max(map(len, households())) == MOST_HITS + 1
    assert CandidateLink.objects.filter(state="open", brake=brake).exists()


def test_batch_of_one_district_that_is_mostly_duplicates_is_braked() -> None:
    for n in range(11):
        for copy in ("a", "b", "c"):
            arrives(f"uuid:{copy}-{n}", n, device=0, district="KG06207000000")
    Submission.objects.update(device_id=None)
    drain()
    brake = LinkBrake.objects.get()
    assert (brake.kind, brake.subject) == ("batch", "kg06207000000")
    assert CandidateLink.objects.filter(state="open").exists()


def test_nothing_that_was_merged_before_a_brake_is_parted_by_linking_it_again() -> None:
    arrives("uuid:1", 1)
    arrives("uuid:2", 1)
    drain()
    LinkBrake.objects.create(kind="device", subject="7", why="device_duplicates")
    LinkFeature.objects.update(state=LinkFeature.State.WAITING)
    drain()
    assert households() == {frozenset({"uuid:1", "uuid:2"})}


def test_manager_is_told_on_the_first_page_and_an_analyst_is_not(
    as_alice: Client, as_bob: Client
) -> None:
    LinkBrake.objects.create(kind="device", subject="7", why="device_duplicates")
    assert "brake on merging" in as_alice.get("/").content.decode()
    assert "brake on merging" not in as_bob.get("/").content.decode()
