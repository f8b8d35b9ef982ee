"""Which household a record belongs to, in whatever order things arrive."""

import itertools
import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from surveys.cleaning.models import CleanRow
from surveys.entities.models import Entity
from surveys.households.models import Household, Membership
from surveys.lifecycle.process import process_waiting
from surveys.places.models import Place
from surveys.submissions.models import Submission
from tests.surveys.household_forms import (
    REGISTRATION,
    SERVICE,
    arrive,
    drain,
    entity_of,
    publish,
    refusal,
    registration,
    service,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forms(db: None) -> None:
    publish(REGISTRATION)
    publish(SERVICE)


def household_of(submission: Submission) -> object:
    submission.refresh_from_db()
    return CleanRow.objects.get(pk=submission.record_id).household_id


def test_registration_makes_a_household_where_it_lives() -> None:
    alai = Place.objects.create(
        code="KG06207000000", level=2, path="KG/KG06000000000/KG06207000000", name_en="Alai"
    )
    record = arrive(registration("uuid:1"))
    drain()

    household = Household.objects.get()
    assert household.place == alai
    assert Membership.objects.cards([household.pk]) == {household.pk: ["KG-06-00123"]}
    rows = CleanRow.objects.filter(record_id=record.record_id)
    assert set(rows.values_list("household_id", "place")) == {(household.pk, alai.pk)}


@pytest.mark.parametrize("typed", ["KG-06-00123", "kg 06 00123", "КГ 0600123"])
def test_same_card_is_the_same_household(typed: str) -> None:
    one = arrive(registration("uuid:1", card="KG-06-00123"))
    other = arrive(registration("uuid:2", card=typed, entity=entity_of("another")))
    drain()
    assert household_of(one) == household_of(other) is not None


def test_other_card_is_another_household() -> None:
    one = arrive(registration("uuid:1", card="KG-06-00123"))
    other = arrive(registration("uuid:2", card="KG-06-00124"))
    drain()
    assert household_of(one) != household_of(other)


def test_refusal_has_no_household_and_no_entity() -> None:
    record = arrive(refusal("uuid:1"))
    drain()
    assert household_of(record) is None
    assert not Household.objects.exists()
    assert not Entity.objects.exists()


STORIES = list(itertools.permutations(["registration", "by entity", "by card"]))


@pytest.mark.parametrize("order", STORIES, ids=[" ".join(order) for order in STORIES])
@pytest.mark.parametrize("at_once", [True, False])
def test_service_finds_its_household_whichever_comes_first(
    order: tuple[str, ...], at_once: bool
) -> None:
    sent = {
        "registration": registration("uuid:1"),
        "by entity": service("uuid:2", card="", entity=entity_of("KG-06-00123")),
        "by card": service("uuid:3", card="kg 06 00123", entity=""),
    }
    records = {}
    for name in order:
        records[name] = arrive(sent[name])
        if not at_once:
            drain()
    drain()
    homes = {household_of(record) for record in records.values()}
    assert homes == {Household.objects.get().pk}
    basis = dict(Membership.objects.values_list("record_id", "basis"))
    assert {name: basis[r.record_id] for name, r in records.items()} == {
        "registration": "registration",
        "by entity": "entity",
        "by card": "card",
    }


def test_entity_goes_before_a_card_typed_wrong() -> None:
    one = arrive(registration("uuid:1", card="KG-06-00123"))
    arrive(registration("uuid:2", card="KG-06-00999"))
    visit = arrive(service("uuid:3", card="KG-06-00999", entity=entity_of("KG-06-00123")))
    drain()
    assert household_of(visit) == household_of(one)


def test_service_for_an_unregistered_card_makes_no_household() -> None:
    visit = arrive(service("uuid:3", card="KG-06-00777"))
    drain()
    assert household_of(visit) is None
    assert not Household.objects.exists()


def test_corrected_card_keeps_the_household_and_its_services() -> None:
    first = arrive(registration("uuid:1", card="KG-06-00123"))
    visit = arrive(service("uuid:2", card="", entity=entity_of("KG-06-00123")))
    drain()
    home = household_of(first)
    edit = registration(
        "uuid:3", card="KG-06-00124", replaces="uuid:1", entity=entity_of("KG-06-00123")
    )
    arrive(edit)
    drain()

    assert household_of(first) == household_of(visit) == home
    assert Membership.objects.cards([home]) == {home: ["KG-06-00124"]}
    late = arrive(registration("uuid:4", card="KG-06-00123", entity=entity_of("late")))
    drain()
    assert household_of(late) != home


def test_record_that_leaves_a_shared_card_takes_its_services_along() -> None:
    one = arrive(registration("uuid:1", card="KG-06-00123"))
    other = arrive(registration("uuid:2", card="KG-06-00123", entity=entity_of("other")))
    visit = arrive(service("uuid:3", card="", entity=entity_of("other")))
    drain()
    assert household_of(one) == household_of(other) == household_of(visit)

    arrive(registration("uuid:4", card="KG-06-00555", replaces="uuid:2", entity=entity_of("other")))
    drain()
    assert household_of(other) == household_of(visit) != household_of(one)


def test_edit_to_a_refusal_leaves_the_household() -> None:
    record = arrive(registration("uuid:1"))
    drain()
    arrive(
        refusal("uuid:2").replace(
            b"</instanceID>", b"</instanceID><deprecatedID>uuid:1</deprecatedID>"
        )
    )
    drain()
    assert household_of(record) is None
    assert not Membership.objects.exists()


def test_batch_of_any_size_takes_the_same_number_of_queries() -> None:
    arrive(registration("uuid:0", card="KG-06-00000"))
    drain()  # what is read once in a process is known from here on
    counts = []
    for size in (2, 30):
        for n in range(size):
            arrive(registration(f"uuid:{size}-{n}", card=f"KG-{size:02}-{n:05}"))
        with CaptureQueriesContext(connection) as queries:
            assert process_waiting() == size
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_meet_one_card_make_one_household() -> None:
    for n in range(40):
        arrive(registration(f"uuid:{n}", card=f"KG-06-{n % 20:05}", entity=entity_of(str(n))))
    start = threading.Barrier(2)
    failures: list[Exception] = []

    def work() -> None:
        try:
            start.wait(10)
            while process_waiting(limit=4):
                pass
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert failures == []
    drain()
    assert set(Submission.objects.values_list("state", flat=True)) == {1}
    assert Household.objects.filter(redirect_to=None).count() == 20
    assert Membership.objects.count() == 40
