"""What takes a household off the lists, and brings it back: deletion, merger, another place."""

import pytest

from backend.accounts.models import User
from surveys.entities.models import Entity, EntityDeparture
from surveys.entities.publish import entity_csv, entity_states
from surveys.lifecycle.delete import delete_record, restore_record
from surveys.lifecycle.places import merge_place, undo_merge
from surveys.places.models import Place
from surveys.submissions.models import Submission
from tests.surveys.entities.updates import CARD, ID, ONE, last_service, problems, update
from tests.surveys.household_forms import (
    REGISTRATION,
    SERVICE,
    arrive,
    drain,
    entity_of,
    publish,
    registration,
)

pytestmark = pytest.mark.django_db
TWIN = entity_of("the other tablet")


@pytest.fixture(autouse=True)
def _forms(db: None) -> None:
    publish(REGISTRATION)
    publish(SERVICE)


def csv() -> bytes:
    return entity_csv("households")


def twice() -> Submission:
    """One card, registered by two tablets: one household, two entities."""
    arrive(registration("uuid:1"))
    twin = arrive(registration("uuid:2", entity=TWIN, head="Гүлнара"))
    drain()
    return twin


def test_deleted_registration_leaves_the_list_and_comes_back_when_restored(alice: User) -> None:
    record = arrive(registration("uuid:1"))
    arrive(update("uuid:2", "loan", base=1))
    drain()
    before = csv()
    delete_record(record_id=record.record_id, by=alice)
    assert str(ID).encode() not in csv()
    assert entity_states("households", [str(ID)]) == {str(ID): True}
    assert EntityDeparture.objects.get().entity_id == ID
    restore_record(record_id=record.record_id, by=alice)
    assert csv() == before
    assert entity_states("households", [str(ID)]) == {str(ID): False}


def test_update_of_a_deleted_household_is_kept_for_its_return(alice: User) -> None:
    record = arrive(registration("uuid:1"))
    drain()
    delete_record(record_id=record.record_id, by=alice)
    deleted = csv()
    arrive(update("uuid:2", "loan", base=1))
    drain()
    assert csv() == deleted
    restore_record(record_id=record.record_id, by=alice)
    assert (last_service(), problems()) == ("loan", [])
    assert ID in Entity.objects.filter(deleted_at=None).values_list("pk", flat=True)


def test_deleted_service_does_not_undo_what_it_said(alice: User) -> None:
    arrive(registration("uuid:1"))
    service = arrive(update("uuid:2", "loan", base=1))
    drain()
    delete_record(record_id=service.record_id, by=alice)
    assert last_service() == "loan"


def test_held_update_of_a_deleted_record_is_never_done(alice: User) -> None:
    service = arrive(update("uuid:2", "loan", base=1))
    drain()
    delete_record(record_id=service.record_id, by=alice)
    arrive(registration("uuid:1"))
    drain()
    assert last_service() is None
    restore_record(record_id=service.record_id, by=alice)
    assert last_service() == "loan"


def test_of_a_household_registered_twice_the_older_stays_on_the_list() -> None:
    arrive(registration("uuid:1"))
    drain()
    before = csv()
    arrive(registration("uuid:2", entity=TWIN))
    drain()
    assert Entity.objects.get(pk=TWIN).redirect_to_id == ID
    assert csv() == before
    assert entity_states("households", [str(ID), str(TWIN)]) == {str(ID): False, str(TWIN): True}


def test_update_of_a_merged_household_reaches_the_one_that_stayed() -> None:
    twice()
    arrive(update("uuid:3", "loan", base=1, branch=ONE, trunk=1, entity=TWIN))
    arrive(update("uuid:4", "seed", base=2, branch=ONE, trunk=1, entity=TWIN))
    drain()
    assert (last_service(ID), last_service(TWIN)) == ("seed", None)
    assert Entity.objects.get(pk=ID).version == 3
    assert problems() == []


def test_households_that_part_again_are_both_on_the_list_as_before() -> None:
    arrive(registration("uuid:1"))
    arrive(registration("uuid:2", card="KG-06-00999", entity=TWIN))
    drain()
    before = csv()
    arrive(registration("uuid:3", card=CARD, entity=TWIN, replaces="uuid:2"))
    drain()
    assert str(TWIN).encode() not in csv()
    arrive(registration("uuid:4", card="KG-06-00999", entity=TWIN, replaces="uuid:3"))
    drain()
    assert csv() == before


def test_when_the_one_that_stayed_is_deleted_the_other_takes_its_place(alice: User) -> None:
    first = arrive(registration("uuid:1"))
    arrive(registration("uuid:2", entity=TWIN))
    drain()
    before = csv()
    delete_record(record_id=first.record_id, by=alice)
    assert str(TWIN).encode() in csv()
    assert str(ID).encode() not in csv()
    restore_record(record_id=first.record_id, by=alice)
    assert csv() == before


def test_three_registrations_of_one_card_lead_to_the_first() -> None:
    third = entity_of("third")
    twice()
    arrive(registration("uuid:3", entity=third))
    drain()
    assert set(Entity.objects.values_list("pk", "redirect_to")) == {
        (ID, None),
        (TWIN, ID),
        (third, ID),
    }


def test_households_follow_their_village_when_it_is_merged_and_parted() -> None:
    alai, kara = (
        Place.objects.create(code=code, level=2, path=code, name_en=code)
        for code in ("KG06207000000", "KG06226000000")
    )
    arrive(registration("uuid:1"))
    drain()
    merge_place(place=alai, into=kara, on=Submission.objects.get().received_at.date())
    drain()
    assert Entity.objects.get().place == kara
    undo_merge(place=Place.objects.get(pk=alai.pk))
    drain()
    assert Entity.objects.get().place == alai
