"""The second stage: many workers, odd records, poison."""

import threading
import time
import uuid
from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from surveys.households.decide import decide_pair
from surveys.households.models import (
    CandidateLink,
    Household,
    LinkDecision,
    LinkFeature,
    LinkFrequency,
    LinkKey,
    Membership,
)
from surveys.lifecycle.link import link_waiting, link_waits
from surveys.lifecycle.process import process_waiting
from tests.surveys.household_forms import FAMILY, SERVICE, arrive, drain, publish, service
from tests.surveys.households.families import (
    ASANOVS,
    ASANOVS_AGAIN,
    BROTHERS,
    Line,
    entity_for,
    family_arrives,
    family_record,
    home_of,
    households,
)

pytestmark = pytest.mark.django_db
MEN = ("Асан", "Бакыт", "Нурлан", "Жеңиш", "Кубаныч", "Таалай", "Эрмек", "Данияр", "Максат", "Уран")
WOMEN = ("Айгүл", "Жаңыл", "Бермет", "Чолпон", "Нуриза", "Гүлнара", "Зууракан", "Каныкей")
KIN = ("Токтоев", "Сыдыков", "Мамытов", "Жолдошев", "Кадыров", "Өмүров", "Алиев")


@pytest.fixture(autouse=True)
def _forms(db: None) -> None:
    publish(FAMILY)
    publish(SERVICE)


def family(number: int) -> list[Line]:
    """One of many families of a village: husband, wife, two children."""
    kin = KIN[number % 7]
    man, boy = MEN[number % 10], MEN[(number // 10 + 3) % 10]
    woman, girl = WOMEN[number // 2 % 8], WOMEN[(number // 3 + 5) % 8]
    age = 30 + number * 7 % 31
    return [
        (f"{kin} {man}", age, "male", "head"),
        (f"{kin}а {woman}", age - 3 - number % 4, "female", "spouse"),
        (f"{kin} {boy}", 6 + number % 11, "male", "child"),
        (f"{kin}а {girl}", 2 + number % 13, "female", "child"),
    ]


def founders() -> set[uuid.UUID | None]:
    """Of the households that stand for themselves."""
    return set(Household.objects.filter(redirect_to=None).values_list("founder", flat=True))


def at_once(workers: int, work: Callable[[], None]) -> None:
    """Runs the work in so many threads, each with its own connection; fails if one does."""
    start, failures = threading.Barrier(workers), []

    def run() -> None:
        try:
            start.wait(20)
            work()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
    assert failures == []


def process_and_link(limit: int) -> None:
    while process_waiting(limit=limit) or link_waiting(limit=limit):
        pass


def settle() -> None:
    """Until nothing waits: a row that one worker marked and none took is due in a second."""
    until = time.monotonic() + 30
    while link_waits():
        assert time.monotonic() < until
        drain()
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_yard_at_the_same_moment_come_to_one_answer() -> None:
    for n in range(6):
        lines = (ASANOVS, ASANOVS_AGAIN, BROTHERS)[n % 3]
        family_arrives(f"uuid:{n}", lines, phone="0555123456")
    at_once(2, lambda: process_and_link(limit=1))
    settle()
    assert households() == {
        frozenset({"uuid:0", "uuid:1", "uuid:3", "uuid:4"}),
        frozenset({"uuid:2", "uuid:5"}),
    }
    pairs = list(CandidateLink.objects.values_list("a", "b"))
    assert len(pairs) == len(set(pairs))


@pytest.mark.django_db(transaction=True)
def test_storm_of_16_workers_links_a_village_to_the_state_that_one_worker_reaches() -> None:
    sent = [(f"uuid:{n}", family(n)) for n in range(60)]
    sent += [(f"uuid:again-{n}", family(n)) for n in range(0, 60, 3)]
    for instance_id, lines in sent:
        family_arrives(instance_id, lines)
    at_once(16, lambda: process_and_link(limit=3))
    settle()
    stormy, kept = households(), founders()
    assert not LinkFeature.objects.exclude(state=LinkFeature.State.LINKED).exists()

    LinkFeature.objects.update(state=LinkFeature.State.WAITING)  # everything again, by one
    decisions = LinkDecision.objects.count()
    drain()

    assert households() == stormy
    assert LinkDecision.objects.count() == decisions
    assert {frozenset({f"uuid:{n}", f"uuid:again-{n}"}) for n in range(0, 60, 3)} <= stormy
    assert founders() == kept


def test_keys_and_counts_are_what_the_records_say_after_edits_and_deletion() -> None:
    family_arrives("uuid:1", ASANOVS, phone="0555123456")
    drain()
    keys = set(LinkKey.objects.values_list("key", "kind"))
    counts = set(LinkFrequency.objects.values_list("kind", "place", "value", "count"))
    family_arrives("uuid:2", BROTHERS, replaces="uuid:1")
    drain()
    assert set(LinkKey.objects.values_list("key", "kind")) != keys
    family_arrives("uuid:3", ASANOVS, phone="0555123456", replaces="uuid:2")
    drain()
    assert set(LinkKey.objects.values_list("key", "kind")) == keys
    left = LinkFrequency.objects.exclude(count=0)
    assert set(left.values_list("kind", "place", "value", "count")) == counts


def test_record_that_becomes_a_refusal_leaves_no_keys_and_no_row() -> None:
    record = family_arrives("uuid:1", ASANOVS)
    drain()
    refused = family_record("uuid:2", (), replaces="uuid:1").replace(b'create="1"', b'create=""')
    arrive(refused)
    drain()
    assert not LinkKey.objects.exists()
    assert not LinkFeature.objects.filter(pk=record).exists()
    assert not LinkFrequency.objects.exclude(count=0).exists()


def test_poison_record_is_parked_after_its_tries_and_the_others_are_linked() -> None:
    poison = family_arrives("uuid:1", ASANOVS)
    family_arrives("uuid:2", ASANOVS_AGAIN)
    family_arrives("uuid:3", ASANOVS)
    while process_waiting():
        pass
    LinkFeature.objects.filter(pk=poison).update(record={"record_id": str(poison), "nonsense": 1})
    for _ in range(settings.PROCESS_MAX_TRIES + 2):
        LinkFeature.objects.update(try_after=None)
        while link_waiting():
            pass

    parked = LinkFeature.objects.get(pk=poison)
    assert parked.state == LinkFeature.State.PARKED
    assert parked.error.startswith(("TypeError in ", "KeyError in "))
    assert not LinkFeature.objects.filter(state=LinkFeature.State.WAITING).exists()
    assert households() == {frozenset({"uuid:1"}), frozenset({"uuid:2", "uuid:3"})}


def test_features_that_cannot_be_read_are_made_again_and_hold_up_nobody() -> None:
    family_arrives("uuid:1", ASANOVS)
    drain()
    LinkFeature.objects.update(features={"cut": "short"})
    family_arrives("uuid:2", ASANOVS_AGAIN)
    drain()
    assert households() == {frozenset({"uuid:1", "uuid:2"})}


ODD: dict[str, list[Line]] = {
    "no names": [("", 40, "male", "head"), ("", 38, "female", "spouse")],
    "one letter": [("А", 40, "male", "head"), ("Б", 38, "female", "spouse")],
    "digits and emoji": [("12345", 40, "male", "head"), ("😀😀", 38, "female", "spouse")],
    "marks from right to left": [("\u202eАсан\u202c", 40, "male", "head")],
    "sixty members": [(f"{MEN[n % 10]} {n}", n, "male", "child") for n in range(60)],
    "no member": [],
    "a very long name": [("Асан " * 500, 40, "male", "head")],
    "an age of a thousand": [("Асан", 1000, "male", "head")],
}


@pytest.mark.parametrize("name", ODD)
def test_odd_registration_is_linked_like_any_other_and_joins_no_stranger(name: str) -> None:
    family_arrives("uuid:1", ASANOVS)
    family_arrives("uuid:2", ODD[name], phone="(((((", card="")
    family_arrives("uuid:3", ODD[name], phone="0", card="...")
    drain()
    assert not LinkFeature.objects.exclude(state=LinkFeature.State.LINKED).exists()
    assert frozenset({"uuid:1"}) in households()


def test_one_phone_and_one_card_for_a_whole_village_make_no_large_household() -> None:
    for n in range(60):
        family_arrives(f"uuid:{n}", family(n), phone="0555000000", card="KG-06-00001")
    drain()
    assert max(len(each) for each in households()) <= 2


def test_batch_of_any_size_takes_the_same_number_of_queries() -> None:
    family_arrives("uuid:0", family(0))
    drain()
    counts = []
    for size in (2, 20):
        for n in range(size):
            family_arrives(f"uuid:{size}-{n}", family(n + size))
        while process_waiting():
            pass
        with CaptureQueriesContext(connection) as queries:
            assert link_waiting() == size
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 4


def test_same_card_in_another_district_is_found_though_nothing_else_is_blocked_together() -> None:
    one = family_arrives("uuid:1", ASANOVS, card="KG-06-00123", district="KG06207000000")
    other = family_arrives("uuid:2", ASANOVS_AGAIN, card="KG-06-00123", district="KG06226000000")
    drain()
    assert home_of(one) == home_of(other)


def test_service_whose_card_two_households_have_is_asked_about_and_a_person_says_whose_it_is(
    alice: User,
) -> None:
    one = family_arrives("uuid:1", ASANOVS, card="KG-06-00123")
    other = family_arrives("uuid:2", BROTHERS, card="KG-06-00123")
    visit = arrive(service("uuid:3", card="KG-06-00123", entity="")).record_id
    drain()
    assert home_of(one) != home_of(other)
    assert home_of(visit) is None
    asked = CandidateLink.objects.filter(kind="form", state="open")
    assert {frozenset((c.a, c.b)) for c in asked} == {
        frozenset((visit, one)), frozenset((visit, other))
    }  # fmt: skip
    assert {v for c in asked for v in c.vetoes} == {"card_shared"}

    decide_pair(a=visit, b=other, verdict="same", by=alice, reason="I was there")

    assert home_of(visit) == home_of(other)
    assert Membership.objects.get(pk=visit).basis == "person"


def test_form_whose_card_is_not_its_households_is_questioned_and_stays_meanwhile() -> None:
    one = family_arrives("uuid:1", ASANOVS, card="KG-06-00123")
    visit = arrive(service("uuid:2", card="KG-06-00999", entity=entity_for("uuid:1"))).record_id
    drain()
    assert home_of(visit) == home_of(one)
    question = CandidateLink.objects.get(kind="form")
    assert (question.state, question.vetoes) == ("open", ["card_differs"])
    decision = LinkDecision.objects.get(source="form")
    assert {decision.a, decision.b} == {one, visit}


def test_form_that_a_person_took_out_of_a_household_stays_out_when_it_is_processed_again(
    alice: User,
) -> None:
    one = family_arrives("uuid:1", ASANOVS, card="KG-06-00123")
    visit = arrive(service("uuid:2", card="KG-06-00999", entity=entity_for("uuid:1"))).record_id
    drain()
    decide_pair(a=visit, b=one, verdict="different", by=alice, reason="the wrong family")
    assert home_of(visit) is None
    call_command("reprocess")
    drain()
    assert home_of(visit) is None
    assert not CandidateLink.objects.filter(state="open").exists()
