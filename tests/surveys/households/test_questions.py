"""Forms that name a household: which they are at, and what a person is asked about them."""

import uuid

import pytest

from backend.accounts.models import User
from surveys.households.decide import decide_pair, revoke_decision
from surveys.households.models import CandidateLink, LinkFeature
from surveys.xforms.schema import EntityDeclaration, Field, Schema
from tests.surveys.household_forms import FAMILY, SERVICE, arrive, drain, publish, service
from tests.surveys.households.families import (
    ASANOVS,
    BROTHERS,
    STRANGERS,
    Line,
    entity_for,
    family_arrives,
    home_of,
)

pytestmark = pytest.mark.django_db
CARD = "KG-06-00123"
MEN = ("Асан", "Бакыт", "Нурлан", "Жеңиш", "Кубаныч", "Таалай", "Эрмек", "Данияр", "Максат", "Уран")
GRANT = Schema(
    form_id="grant",
    version="1",
    title="Grant",
    languages=("",),
    fields=(
        Field("card_no", "card_no", "card_no", "string", "", role="household_key"),
        Field("person_name", "person_name", "person_name", "string", "", privacy="direct"),
    ),
    repeats=(),
    entities=(EntityDeclaration("households", creates=False, updates=True),),
    entity_lists=("households",),
)


@pytest.fixture(autouse=True)
def _forms(db: None) -> None:
    for schema in (FAMILY, SERVICE, GRANT):
        publish(schema)


def grant(instance_id: str, *, name: str, card: str = "", entity: object = "") -> uuid.UUID:
    return arrive(
        f"""<data id="grant" version="1"><card_no>{card}</card_no><person_name>{name}</person_name>
        <meta><instanceID>{instance_id}</instanceID>
        <entity dataset="households" update="1" id="{entity}"/></meta></data>""".encode()
    ).record_id


def asked(record: uuid.UUID) -> set[tuple[uuid.UUID, str]]:
    """The registrations that a person is asked about beside this record, and why."""
    open_ones = CandidateLink.objects.filter(kind="form", state="open")
    return {
        (({each.a, each.b} - {record}).pop(), veto)
        for each in open_ones
        if record in (each.a, each.b)
        for veto in each.vetoes
    }


def test_person_whom_no_roster_of_the_household_knows_is_asked_about() -> None:
    one = family_arrives("uuid:1", ASANOVS)
    known = grant("uuid:2", name="Gulnara Asanova", entity=entity_for("uuid:1"))
    unknown = grant("uuid:3", name="Сыдыков Эрмек", entity=entity_for("uuid:1"))
    drain()
    assert home_of(known) == home_of(unknown) == home_of(one)
    assert (asked(known), asked(unknown)) == (set(), {(one, "person_not_listed")})


def test_form_that_came_before_the_family_is_checked_against_it_when_it_comes() -> None:
    record = grant("uuid:1", name="Сыдыков Эрмек", card=CARD)
    drain()
    assert asked(record) == set()
    one = family_arrives("uuid:2", ASANOVS, card=CARD)
    drain()
    assert home_of(record) == home_of(one)
    assert asked(record) == {(one, "person_not_listed")}


def test_form_whose_card_a_second_and_a_third_family_register_is_asked_about_with_all() -> None:
    one = family_arrives("uuid:1", ASANOVS, card=CARD)
    record = arrive(service("uuid:2", card=CARD, entity="")).record_id
    drain()
    assert home_of(record) == home_of(one)
    other = family_arrives("uuid:3", BROTHERS, card=CARD)
    drain()
    assert home_of(record) is None
    assert asked(record) == {(one, "card_shared"), (other, "card_shared")}
    third = family_arrives("uuid:4", STRANGERS, card=CARD)
    drain()
    assert {who for who, _ in asked(record)} == {one, other, third}

    family_arrives("uuid:5", BROTHERS, card="KG-06-00124", replaces="uuid:3")
    family_arrives("uuid:6", STRANGERS, card="KG-06-00125", replaces="uuid:4")
    drain()

    assert (home_of(record), asked(record)) == (home_of(one), set())
    assert not LinkFeature.objects.filter(state=LinkFeature.State.WAITING).exists()


def test_answer_about_a_form_is_kept_and_the_question_comes_back_when_it_is_undone(
    alice: User,
) -> None:
    one = family_arrives("uuid:1", ASANOVS, card=CARD)
    record = grant("uuid:2", name="Сыдыков Эрмек", card=CARD)
    drain()
    (question,) = CandidateLink.objects.filter(kind="form")
    said = decide_pair(a=record, b=one, verdict="different", by=alice, reason="another family")
    drain()
    assert (home_of(record), asked(record)) == (None, set())

    revoke_decision(decision=said, by=alice, reason="it was theirs")
    drain()

    assert (home_of(record), asked(record)) == (home_of(one), {(one, "person_not_listed")})
    assert CandidateLink.objects.get(kind="form").pk == question.pk


def neighbours(number: int) -> list[Line]:
    return [(f"Токтоев {MEN[number % 10]}", 30 + number, "male", "head")]


def test_card_of_a_whole_village_asks_only_about_those_who_list_the_person() -> None:
    families = [family_arrives(f"uuid:{n}", neighbours(n), card=CARD) for n in range(20)]
    named = grant("uuid:a", name="Токтоев Нурлан", card=CARD)
    unknown = grant("uuid:b", name="Каримова Зарина", card=CARD)
    nobody = arrive(service("uuid:c", card=CARD, entity="")).record_id
    drain()
    assert asked(named) == {(families[n], "card_shared") for n in (2, 12)}
    assert asked(unknown) == asked(nobody) == set()
    assert {home_of(record) for record in (named, unknown, nobody)} == {None}
