"""Lists that tablets choose from, made by registrations (openrosa.md E2, E3, E10)."""

import csv
import io
from dataclasses import replace
from itertools import pairwise
from uuid import UUID

import pytest

from surveys.entities.models import Entity, EntityList, EntityProblem
from surveys.entities.publish import entity_csv, entity_list_token, list_properties
from surveys.submissions.models import Submission
from surveys.xforms.schema import Schema
from tests.surveys.household_forms import (
    REGISTRATION,
    SERVICE,
    arrive,
    drain,
    entity_of,
    publish,
    registration,
    service,
)

pytestmark = pytest.mark.django_db
ID = entity_of("KG-06-00123")


@pytest.fixture(autouse=True)
def _forms(db: None) -> None:
    publish(REGISTRATION)
    publish(SERVICE)


def rows() -> list[list[str]]:
    return list(csv.reader(io.StringIO(entity_csv("households").decode(), newline="")))


def problems() -> list[str]:
    return list(EntityProblem.objects.values_list("code", flat=True))


def test_list_without_rows_already_has_its_columns() -> None:
    assert rows() == [
        ["name", "label", "__version", "district", "card_no", "hh_size", "last_service"]
    ]


def test_registration_puts_its_household_on_the_list() -> None:
    arrive(registration("uuid:1", head='Асан "кызы", Гүлнара'))
    drain()
    label = 'KG-06-00123 Асан "кызы", Гүлнара'
    assert rows()[1:] == [[str(ID), label, "1", "KG06207000000", "KG-06-00123", "2", ""]]
    assert entity_csv("households").count(b"\r\n") == 2


def test_token_changes_exactly_when_the_csv_does() -> None:
    seen = [(entity_list_token("households"), entity_csv("households"))]

    def look() -> None:
        seen.append((entity_list_token("households"), entity_csv("households")))

    arrive(registration("uuid:1"))
    drain()
    look()
    arrive(service("uuid:2"))
    drain()
    look()
    Submission.objects.update(state=0)
    drain()
    look()
    publish(Schema("other", "1", "Other", ("",), (), ()))
    look()
    trace = replace(SERVICE.fields[2], name="trace", path="trace", key="trace",
                    entity_property="trace")  # fmt: skip
    publish(replace(SERVICE, version="2", fields=(*SERVICE.fields, trace)))
    look()
    tokens, contents = zip(*seen, strict=True)
    assert [a == b for a, b in pairwise(tokens)] == [a == b for a, b in pairwise(contents)]
    assert len(set(tokens)) == 4
    assert all(len(token) == 32 and token == token.lower() for token in tokens)


def test_same_submission_again_applies_nothing_twice() -> None:
    arrive(registration("uuid:1"))
    drain()
    before = list(EntityList.objects.values_list()), list(Entity.objects.values_list())
    Submission.objects.update(state=0)
    drain()
    assert (list(EntityList.objects.values_list()), list(Entity.objects.values_list())) == before
    assert problems() == []


def test_edit_of_a_registration_leaves_the_entity_as_it_is() -> None:
    arrive(registration("uuid:1", head="one"))
    arrive(registration("uuid:2", head="two", replaces="uuid:1"))
    drain()
    assert Entity.objects.get().label == "KG-06-00123 one"
    assert problems() == []


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (registration("uuid:1", entity="oak"), "entity_id_invalid"),
        (
            registration("uuid:1").replace(b'dataset="households"', b'dataset="trees"'),
            "entity_list_unknown",
        ),
        (
            registration("uuid:1", card="", head="", entity=ID),
            "entity_label_blank",
        ),
    ],
)
def test_what_cannot_be_done_is_recorded_and_the_submission_taken(xml: bytes, code: str) -> None:
    record = arrive(xml)
    drain()
    record.refresh_from_db()
    assert record.state == Submission.State.PROCESSED
    assert problems() == [code]
    assert rows()[1:] == []


def test_two_records_cannot_make_the_same_entity() -> None:
    arrive(registration("uuid:1", head="one", entity=ID))
    arrive(registration("uuid:2", head="two", entity=ID))
    drain()
    assert Entity.objects.get().label == "KG-06-00123 one"
    assert EntityProblem.objects.get().submission.instance_id == "uuid:2"
    assert problems() == ["entity_id_exists"]


def test_update_changes_what_it_says_and_makes_a_version() -> None:
    arrive(registration("uuid:1"))
    arrive(service("uuid:2"))
    drain()
    entity = Entity.objects.get()
    assert (entity.version, entity.data["last_service"], entity.data["hh_size"]) == (
        2,
        "grant",
        "2",
    )
    assert problems() == []


def test_creating_forms_give_the_first_columns_and_all_others_theirs() -> None:
    assert list_properties("households") == ("district", "card_no", "hh_size", "last_service")
    assert list_properties("trees") == ()


def test_rows_come_in_the_order_they_were_made() -> None:
    cards = [f"KG-06-{n:05}" for n in range(5)]
    for card in cards:
        arrive(registration(f"uuid:{card}", card=card))
        drain()
    assert [UUID(row[0]) for row in rows()[1:]] == [entity_of(card) for card in cards]


def test_question_about_legal_aid_is_no_column_and_no_value_even_in_a_form_from_elsewhere() -> None:
    topic = replace(SERVICE.fields[3], entity_property="topic")
    publish(replace(SERVICE, version="2", fields=(*SERVICE.fields[:3], topic)))
    assert "topic" not in list_properties("households")
    arrive(registration("uuid:1"))
    legal = service("uuid:2", topic="divorce").replace(b'update=""', b'update="1"')
    arrive(legal.replace(b'version="1"', b'version="2"'))
    drain()
    assert b"divorce" not in entity_csv("households")
    assert problems() == ["entity_restricted"]
