"""A person settles what two tablets said about one household: verb, API, pages."""

import re
from typing import Any

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.entities.models import Entity, EntityConflict, EntityList
from surveys.entities.settle import Choice, settle_conflict
from surveys.places.models import Place
from surveys.privacy.models import Unmasking
from surveys.xforms.schema import schema_from_json, schema_to_json
from tests.conftest import make_user
from tests.surveys.entities.updates import ID, ONE, OTHER, last_service, update
from tests.surveys.household_forms import (
    REGISTRATION,
    SERVICE,
    arrive,
    drain,
    publish,
    registration,
)

pytestmark = pytest.mark.django_db
REGISTRATION_JSON = schema_to_json(REGISTRATION)
LISTS = "/api/v1/entity-lists/"


@pytest.fixture
def conflict(db: None, alai: Place) -> EntityConflict:
    """Two tablets say which service came last, and one of them another name."""
    publish(REGISTRATION)
    publish(SERVICE)
    arrive(registration("uuid:1", head="Асан"))
    arrive(update("uuid:2", "loan", base=1, branch=ONE, trunk=1, label="Асан уулу"))
    arrive(update("uuid:3", "seed", base=1, branch=OTHER, trunk=1, label="Асанов"))
    drain()
    return EntityConflict.objects.get()


def settle(
    conflict: EntityConflict, by: User, version: int = 3, **choices: Choice
) -> EntityConflict:
    return settle_conflict(
        conflict_id=conflict.pk,
        choices=choices,
        entity_version=version,
        reason="asked",
        by=by,
    )


def test_choice_makes_a_version_and_closes_the_conflict(
    conflict: EntityConflict, alice: User
) -> None:
    settled = settle(conflict, alice, last_service=Choice("theirs"), label=Choice("base"))
    entity = Entity.objects.get()
    assert (last_service(), entity.label, entity.version) == ("loan", "KG-06-00123 Асан", 4)
    assert (settled.settled_by, settled.reason) == (alice, "asked")
    assert entity.versions.get(version=4).by == alice
    assert entity.revision == EntityList.objects.get().revision == 2
    event = AuditEvent.objects.get(action="entity_conflict.settled")
    assert event.details == {"changed": ["label", "last_service"]}


def test_choice_of_what_is_so_already_makes_no_version(
    conflict: EntityConflict, alice: User
) -> None:
    settle(conflict, alice, last_service=Choice("ours"))
    assert (Entity.objects.get().version, EntityList.objects.get().revision) == (3, 1)


def test_value_of_ones_own_may_be_given_and_a_blank_one_clears(
    conflict: EntityConflict, alice: User
) -> None:
    settle(conflict, alice, last_service=Choice(value="fish"))
    assert last_service() == "fish"


def test_blank_value_clears_the_property(conflict: EntityConflict, alice: User) -> None:
    settle(conflict, alice, last_service=Choice(value=" "))
    assert last_service() is None


@pytest.mark.parametrize(
    "choices",
    [
        {"label": Choice(value=" ")},
        {"hh_size": Choice("ours")},
        {"last_service": Choice("mine")},
        {"last_service": Choice(value="x" * 10_001)},
        {"last_service": Choice(value="a\0b")},
    ],
)
def test_choice_that_makes_no_sense_is_refused_and_nothing_changes(
    conflict: EntityConflict, alice: User, choices: dict[str, Choice]
) -> None:
    with pytest.raises(Problem, match="value_invalid"):
        settle(conflict, alice, **choices)
    assert EntityConflict.objects.get().settled_at is None
    assert Entity.objects.get().version == 3


def test_base_cannot_be_chosen_where_it_is_not_known(alice: User, alai: Place) -> None:
    publish(REGISTRATION)
    publish(SERVICE)
    arrive(registration("uuid:1"))
    arrive(update("uuid:2", "loan", base=7))
    drain()
    with pytest.raises(Problem, match="value_invalid"):
        settle(EntityConflict.objects.get(), alice, version=2, last_service=Choice("base"))


def test_second_person_is_told_that_it_is_settled(conflict: EntityConflict, alice: User) -> None:
    settle(conflict, alice)
    with pytest.raises(Problem, match="conflict_settled"):
        settle(conflict, alice)


def test_who_looked_before_another_update_must_look_again(
    conflict: EntityConflict, alice: User
) -> None:
    arrive(update("uuid:4", "fish", base=3))
    drain()
    with pytest.raises(Problem, match="conflict_outdated") as caught:
        settle(conflict, alice, last_service=Choice("theirs"))
    assert caught.value.details["entity_version"] == 4
    assert last_service() == "fish"


def test_settling_reaches_the_household_that_stayed(conflict: EntityConflict, alice: User) -> None:
    arrive(registration("uuid:9", card="KG-06-00777"))
    drain()
    stayed = Entity.objects.exclude(pk=ID).get()
    Entity.objects.filter(pk=ID).update(redirect_to=stayed)
    settle(conflict, alice, version=1, last_service=Choice("theirs"))
    assert (last_service(stayed.pk), last_service(ID)) == ("loan", "seed")


# --- The API ----------------------------------------------------------------------------------


def get(client: Client, path: str, **query: Any) -> Any:
    answer = client.get(LISTS + path, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def post(client: Client, conflict: EntityConflict, **body: Any) -> Any:
    path = f"{LISTS}households/conflicts/{conflict.pk}/settle/"
    return client.post(path, body, content_type="application/json")


def test_lists_say_what_they_hold_and_what_waits(as_bob: Client, conflict: EntityConflict) -> None:
    (told,) = get(as_bob, "")
    assert (told["name"], told["entities"], told["open_conflicts"]) == ("households", 1, 1)
    assert {"name": "last_service", "masked": False} in told["properties"]


def test_label_is_masked_and_shown_with_a_reason(
    as_bob: Client, as_alice: Client, conflict: EntityConflict
) -> None:
    (row,) = get(as_bob, "households/entities/")["results"]
    assert (row["id"], row["label"], row["place"]) == (str(ID), None, "KG06207000000")
    assert row["properties"]["last_service"] == "seed"
    told = get(as_alice, f"households/entities/{ID}/", unmask="Comparing with the list")
    assert [version["label"] for version in told["versions"]][1:] == ["Асан уулу", "Асанов"]
    assert Unmasking.objects.get().target == "entities"
    sides = get(as_bob, "households/conflicts/")["results"][0]["fields"]
    assert {s["name"]: (s["ours"], s["masked"]) for s in sides} == {
        "label": (None, True),
        "last_service": ("seed", False),
    }


def test_property_of_a_personal_question_is_masked(as_bob: Client, alai: Place) -> None:
    publish(REGISTRATION)
    publish(SERVICE)
    personal = [
        {**f, "privacy": "sensitive"} if f["name"] == "hh_size" else f
        for f in REGISTRATION_JSON["fields"]
    ]
    publish(schema_from_json({**REGISTRATION_JSON, "version": "2", "fields": personal}))
    arrive(registration("uuid:1"))
    drain()
    (row,) = get(as_bob, "households/entities/")["results"]
    assert row["properties"]["hh_size"] is None


def test_conflict_is_settled_by_api(as_alice: Client, conflict: EntityConflict) -> None:
    answer = post(
        as_alice,
        conflict,
        choices={"last_service": {"take": "theirs"}, "label": {"value": "Асан"}},
        entity_version=3,
        reason="asked",
    )
    assert (answer.status_code, answer.json()["settled_by"]) == (200, "alice")
    assert (last_service(), Entity.objects.get().label) == ("loan", "Асан")
    assert get(as_alice, "households/conflicts/")["results"] == []
    assert len(get(as_alice, "households/conflicts/", state="settled")["results"]) == 1
    again = post(as_alice, conflict, choices={}, entity_version=4)
    assert (again.status_code, again.json()["code"]) == (409, "conflict_settled")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": [], "entity_version": 3},
        {"choices": {"label": "ours"}, "entity_version": 3},
        {"choices": {"label": {"take": "mine"}}, "entity_version": 3},
        {"choices": {"label": {}}, "entity_version": 3},
        {"choices": {}, "entity_version": "x"},
    ],
)
def test_body_of_another_shape_is_refused(
    as_alice: Client, conflict: EntityConflict, body: dict[str, Any]
) -> None:
    assert post(as_alice, conflict, **body).json()["code"] == "request_malformed"


def test_pages_name_the_place_in_the_language_of_the_reader(
    as_alice: Client, alice: User, conflict: EntityConflict
) -> None:
    names = {"name_en": "Alay", "name_ru": "Алайский", "name_local": "Алай"}
    Place.objects.filter(code="KG06207000000").update(**names)
    for language, name in (("ky", "Алай"), ("tg", "Алай"), ("ru", "Алайский"), ("en", "Alay")):
        User.objects.filter(pk=alice.pk).update(language=language)
        for address in ("/conflicts/", f"/conflicts/{conflict.pk}/", "/"):
            page = as_alice.get(address, headers={"accept": "text/html"}).content.decode()
            assert re.search(rf"\b{name}\b", page), address
            assert len(re.findall(r"\b(Alay|Алай|Алайский)\b", page)) == len(
                re.findall(rf"\b{name}\b", page)
            )


def test_analysts_read_and_do_not_settle(as_bob: Client, conflict: EntityConflict) -> None:
    assert post(as_bob, conflict, choices={}, entity_version=3).status_code == 403


def test_enumerators_read_nothing(as_charlie: Client, conflict: EntityConflict) -> None:
    assert as_charlie.get(LISTS).status_code == 403


def test_supervisor_of_another_oblast_sees_nothing(conflict: EntityConflict, naryn: Place) -> None:
    client = Client()
    client.force_login(make_user("n", User.Role.SUPERVISOR, place_codes=[naryn.code]))
    assert get(client, "households/entities/")["results"] == []
    assert get(client, "households/conflicts/")["results"] == []
    assert client.get(f"{LISTS}households/entities/{ID}/").status_code == 404
    assert post(client, conflict, choices={}, entity_version=3).status_code == 404
    assert client.get(f"/conflicts/{conflict.pk}/").status_code == 404


def test_held_updates_and_problems_are_listed(as_alice: Client, conflict: EntityConflict) -> None:
    arrive(update("uuid:5", "x", base=9, branch=ONE, trunk=1))
    arrive(registration("uuid:6", entity=ID))
    drain()
    (held,) = get(as_alice, "households/held/")["results"]
    (problem,) = get(as_alice, "households/problems/")["results"]
    assert (held["instance_id"], held["entity"]) == ("uuid:5", str(ID))
    assert (problem["instance_id"], problem["code"]) == ("uuid:6", "entity_id_exists")


def test_that_an_update_was_about_legal_aid_is_told_to_named_people_only(
    as_alice: Client, as_root: Client, conflict: EntityConflict
) -> None:
    arrive(update("uuid:5", "x", base=3, topic="divorce"))
    drain()
    assert len(get(as_alice, "households/problems/")["results"]) == 1
    assert get(as_root, "households/problems/")["results"] == []
    assert b"entity_restricted" not in as_root.get("/admin/entities/entityproblem/").content


@pytest.mark.parametrize(
    "path", ["nothing/entities/", "nothing/held/", "households/entities/?place=x", "a%00/held/"]
)
def test_what_does_not_exist_is_a_problem_and_no_error(
    as_alice: Client, conflict: EntityConflict, path: str
) -> None:
    assert as_alice.get(LISTS + path).status_code in {400, 404}


# --- The pages --------------------------------------------------------------------------------


def test_home_page_shows_the_card_while_something_waits(
    as_alice: Client, as_bob: Client, conflict: EntityConflict, alice: User
) -> None:
    assert b"Conflicts of the household list" in as_alice.get("/").content
    assert b"Conflicts of the household list" not in as_bob.get("/").content
    settle(conflict, alice)
    assert b"Conflicts of the household list" not in as_alice.get("/").content


def test_page_masks_names_until_a_reason_is_given(
    as_alice: Client, conflict: EntityConflict
) -> None:
    page = f"/conflicts/{conflict.pk}/"
    assert "Асанов" not in as_alice.get(page).content.decode()
    as_alice.post("/review/reason/", {"reason": "Comparing with the list", "next": page})
    assert "Асанов" in as_alice.get(page).content.decode()


def test_page_settles_and_goes_on(as_alice: Client, conflict: EntityConflict) -> None:
    sent = {
        "entity_version": "3",
        "take:last_service": "own",
        "value:last_service": "fish",
        "take:label": "",
        "reason": "asked",
    }
    answer = as_alice.post(f"/conflicts/{conflict.pk}/", sent)
    assert (answer.status_code, answer["Location"]) == (302, "/conflicts/")
    assert last_service() == "fish"
    assert b"asked" in as_alice.get("/conflicts/?state=settled").content
    assert b"asked" in as_alice.get(f"/conflicts/{conflict.pk}/").content


def test_page_that_is_outdated_says_so_and_shows_what_is_now(
    as_alice: Client, conflict: EntityConflict
) -> None:
    answer = as_alice.post(f"/conflicts/{conflict.pk}/", {"entity_version": "2"})
    assert answer.status_code == 409
    assert b"Changed meanwhile" in answer.content
    assert as_alice.post(f"/conflicts/{conflict.pk}/", {}).status_code == 400


@pytest.mark.parametrize("who", ["as_bob", "as_charlie"])
def test_page_is_for_those_who_may_settle(
    request: pytest.FixtureRequest, conflict: EntityConflict, who: str
) -> None:
    client = request.getfixturevalue(who)
    assert client.get("/conflicts/").status_code == 403
    assert client.get(f"/conflicts/{conflict.pk}/").status_code == 403


@pytest.mark.parametrize("model", ["entity", "entityversion", "heldaction", "entityproblem"])
def test_console_lists_hold_no_names(
    as_dilnoza: Client, conflict: EntityConflict, model: str
) -> None:
    arrive(update("uuid:5", "x", base=9, branch=ONE, trunk=1))
    drain()
    answer = as_dilnoza.get(f"/admin/entities/{model}/")
    assert answer.status_code == 200
    assert "Асан" not in answer.content.decode()
