"""What tablets hold of a household follows the corrections of the record that put it there."""

from dataclasses import replace

import pytest

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.corrections.decide import decide_corrections
from surveys.corrections.models import Correction
from surveys.corrections.propose import Because, Wish, propose_corrections
from surveys.entities.models import Entity, EntityConflict, EntityVersion
from surveys.lifecycle.rebuild import rebuild_records
from surveys.privacy.access import unmask
from surveys.xforms.schema import Schema
from tests.surveys.entities.updates import update
from tests.surveys.household_forms import SERVICE, arrive, drain
from tests.surveys.household_forms import publish as publish_schema

CALL = Because("Called the family")
YEAR, SEX = "main/head/head_birth_year", "main/head/head_sex"


def correct(record: CleanRow, new: object, by: User, alice: User, path: str = YEAR) -> Correction:
    granted = unmask(user=by, reason="comparing with the paper", target="x")
    (made,) = propose_corrections(
        record_id=record.pk, wishes=[Wish(record.pk, path, new)], because=CALL, by=by,
        granted=granted,
    )  # fmt: skip
    granted = unmask(user=alice, reason="comparing with the paper", target="x")
    decide_corrections(correction_id=made.pk, move="approve", by=alice, granted=granted)
    drain()
    return made


def revoke(correction: Correction, by: User) -> None:
    decide_corrections(correction_id=correction.pk, move="revoke", by=by, why="It was right")
    drain()


def entity() -> Entity:
    return Entity.objects.get()


def year() -> str:
    return str(entity().data["head_birth_year"])


def tablets_save(name: str) -> None:
    """The service form saves its type as this property."""
    fields = tuple(
        replace(f, entity_property=name) if f.name == "service_type" else f for f in SERVICE.fields
    )
    schema: Schema = replace(SERVICE, fields=fields)
    publish_schema(schema)


@pytest.fixture
def first(record: CleanRow) -> str:
    return year()


def test_list_of_tablets_follows_a_correction_and_its_revocation(
    record: CleanRow, first: str, gulnara: User, alice: User
) -> None:
    before = entity()
    correction = correct(record, 1951, gulnara, alice)
    after = entity()
    assert (year(), after.version) == ("1951", before.version + 1)
    assert after.revision > before.revision
    assert {k for k in before.data if before.data[k] != after.data.get(k)} <= {
        "head_birth_year", "vuln_score", "vulnerable",
    }  # fmt: skip

    list(rebuild_records())
    drain()
    assert entity().version == after.version

    revoke(correction, alice)
    assert (entity().data, entity().label) == (before.data, before.label)
    assert entity().version == after.version + 1
    assert not EntityConflict.objects.exists()


def test_correction_of_a_correction_is_followed_too(
    record: CleanRow, first: str, gulnara: User, alice: User
) -> None:
    correct(record, 1951, gulnara, alice)
    second = correct(record, 1952, gulnara, alice)
    assert year() == "1952"
    revoke(second, alice)
    assert year() == "1951"


def test_what_another_tablet_changed_stays_and_only_the_corrected_property_moves(
    record: CleanRow, first: str, gulnara: User, alice: User
) -> None:
    tablets_save("last_service")
    arrive(update("uuid:s1", "seeds", base=1, entity=entity().pk))
    drain()
    correction = correct(record, 1951, gulnara, alice)
    assert (year(), entity().data["last_service"]) == ("1951", "seeds")
    assert EntityConflict.objects.get().kind == "soft"
    revoke(correction, alice)
    assert (year(), entity().data["last_service"]) == (first, "seeds")
    assert EntityConflict.objects.count() == 1


def test_same_property_changed_by_a_tablet_is_a_conflict_for_a_person(
    record: CleanRow, first: str, gulnara: User, alice: User
) -> None:
    tablets_save("head_birth_year")
    arrive(update("uuid:s1", "1960", base=1, entity=entity().pk))
    drain()
    assert year() == "1960"
    correct(record, 1951, gulnara, alice)
    assert year() == "1951"
    conflict = EntityConflict.objects.get()
    assert conflict.kind == "hard"
    (told,) = [each for each in conflict.fields if each["name"] == "head_birth_year"]
    assert (told["base"], told["theirs"], told["ours"]) == (first, "1960", "1951")


def test_correction_of_what_no_list_keeps_makes_no_version(
    record: CleanRow, gulnara: User, alice: User
) -> None:
    before = EntityVersion.objects.count()
    correct(record, 7, gulnara, alice, "main/housing/rooms")
    assert EntityVersion.objects.count() == before
