"""Updates of entities, in the worker and in the database (openrosa.md E6 to E10)."""

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from surveys.entities.apply import force_held
from surveys.entities.models import (
    Entity,
    EntityConflict,
    EntityDeparture,
    EntityList,
    EntityVersion,
    HeldAction,
    ListPlace,
)
from surveys.lifecycle.process import process_waiting
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


@pytest.fixture(autouse=True)
def _forms(db: None) -> None:
    publish(REGISTRATION)
    publish(SERVICE)


def state() -> list[list[tuple[object, ...]]]:
    """All that tablets could notice."""
    return [list(m.objects.order_by("pk").values_list())
            for m in (Entity, EntityList, EntityVersion, ListPlace, EntityDeparture)]  # fmt: skip


def in_five_days() -> int:
    return force_held(now=timezone.now() + timedelta(hours=121))


def test_update_makes_the_next_version_and_raises_the_revision() -> None:
    arrive(registration("uuid:1"))
    drain()
    arrive(update("uuid:2", "loan", base=1))
    drain()
    entity = Entity.objects.get()
    assert (entity.version, entity.revision, entity.data["last_service"]) == (2, 2, "loan")
    assert EntityList.objects.get().revision == 2
    assert ListPlace.objects.get().revision == 2
    assert list(entity.versions.order_by("version").values_list("version", "base_version")) == [
        (1, None),
        (2, 1),
    ]


def test_blank_answer_clears_a_property_and_an_irrelevant_question_leaves_it() -> None:
    arrive(registration("uuid:1"))
    arrive(update("uuid:2", "loan", base=1))
    arrive(update("uuid:3", None, base=2))
    drain()
    assert last_service() == "loan"
    arrive(update("uuid:4", "", base=3))
    drain()
    assert last_service() is None


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_E8_chain_arrives_in_any_order_each_in_its_own_batch(order: tuple[int, ...]) -> None:
    chain = [registration("uuid:0")]
    chain += [update(f"uuid:{n}", str(n), base=n, branch=ONE) for n in (1, 2, 3)]
    for n in order:
        arrive(chain[n])
        drain()
    assert (last_service(), Entity.objects.get().version) == ("3", 4)
    assert not HeldAction.objects.exists()
    assert not EntityConflict.objects.exists()
    assert problems() == []


def test_E8_update_before_its_create_holds_the_action_and_not_the_submission() -> None:
    early = arrive(update("uuid:2", "loan", base=1))
    drain()
    early.refresh_from_db()
    held = HeldAction.objects.get()
    assert early.state == Submission.State.PROCESSED
    assert (held.entity_id, held.force_after) == (ID, early.received_at + timedelta(hours=120))
    assert not Entity.objects.exists()


def test_E8_what_waits_in_vain_is_forced_after_five_days_and_shown_as_a_conflict() -> None:
    arrive(registration("uuid:1"))
    arrive(update("uuid:2", "loan", base=3, branch=ONE, trunk=1))
    drain()
    assert force_held(now=timezone.now()) == 0
    assert in_five_days() == 1
    version = EntityVersion.objects.get(version=2)
    assert (version.forced, version.conflict, last_service()) == (True, "hard", "loan")
    assert EntityConflict.objects.get().fields == [
        {"name": "last_service", "base": None, "theirs": "", "ours": "loan"}
    ]
    assert not HeldAction.objects.exists()


def test_E8_update_of_an_entity_that_never_came_is_a_problem_and_done_should_it_come() -> None:
    arrive(update("uuid:2", "loan", base=1))
    drain()
    assert in_five_days() == 1
    assert problems() == ["entity_unknown"]
    assert in_five_days() == 0
    arrive(registration("uuid:1"))
    drain()
    assert (last_service(), problems()) == ("loan", [])
    assert not HeldAction.objects.exists()


def test_E8_forced_upsert_makes_the_entity() -> None:
    arrive(update("uuid:2", "loan", base=2, branch=ONE, create="1", label="Асан"))
    drain()
    assert not Entity.objects.exists()
    in_five_days()
    assert (Entity.objects.get().label, last_service()) == ("Асан", "loan")


def test_E6_upsert_creates_and_then_updates() -> None:
    arrive(update("uuid:1", "loan", create="1", label="Асан"))
    arrive(update("uuid:2", "seed", create="1", label="Асан", base=1))
    drain()
    assert (Entity.objects.get().version, last_service(), problems()) == (2, "seed", [])


def test_E8_updates_of_two_tablets_are_kept_field_by_field() -> None:
    arrive(registration("uuid:1"))
    arrive(update("uuid:2", "loan", base=1, branch=ONE, trunk=1))
    arrive(update("uuid:3", "seed", base=1, branch=uuid4(), trunk=1))
    drain()
    conflict = EntityConflict.objects.get()
    assert (conflict.kind, conflict.version.version, last_service()) == ("hard", 3, "seed")
    assert conflict.fields == [
        {"name": "last_service", "base": "", "theirs": "loan", "ours": "seed"}
    ]


def test_E10_processing_again_changes_nothing_that_a_tablet_could_notice() -> None:
    for record in (
        registration("uuid:1"),
        update("uuid:2", "loan", base=1, branch=ONE, trunk=1),
        update("uuid:3", "seed", base=1),
        update("uuid:4", "held", base=9, branch=uuid4(), trunk=1),
        update("uuid:5", "never", base=1, entity=entity_of("none")),
    ):
        arrive(record)
    drain()
    before, held = state(), list(HeldAction.objects.values_list())
    Submission.objects.update(state=0)
    drain()
    assert state() == before
    assert list(HeldAction.objects.values_list()) == held


def test_E10_edit_of_a_record_does_not_update_again_whichever_comes_first() -> None:
    arrive(registration("uuid:1"))
    arrive(update("uuid:3", "seed", base=1, replaces="uuid:2"))
    drain()
    arrive(update("uuid:2", "loan", base=1))
    arrive(update("uuid:4", "fish", base=1, replaces="uuid:3"))
    drain()
    assert (Entity.objects.get().version, last_service()) == (2, "seed")
    assert problems() == []


def test_E10_edit_that_corrects_which_household_it_is_updates_that_one() -> None:
    arrive(registration("uuid:1"))
    arrive(registration("uuid:2", card="KG-06-00999"))
    arrive(update("uuid:3", "loan", base=1))
    other = entity_of("KG-06-00999")
    arrive(update("uuid:4", "loan", base=1, entity=other, replaces="uuid:3"))
    drain()
    assert last_service(other) == "loan"


def test_E9_other_updates_are_done_when_one_cannot_be() -> None:
    arrive(registration("uuid:1"))
    arrive(update("uuid:2", "x").replace(b'dataset="households"', b'dataset="trees"'))
    arrive(update("uuid:3", "loan", base=1))
    drain()
    assert (last_service(), problems()) == ("loan", ["entity_list_unknown"])


@pytest.mark.parametrize("base", ["", "0", "-1", "1.0", "١", "9" * 40, "last"])
def test_E9_garbage_for_a_version_is_taken_for_none(base: str) -> None:
    arrive(registration("uuid:1"))
    arrive(update("uuid:2", "loan", base=base, branch="not a uuid", trunk=base))
    drain()
    assert (last_service(), problems()) == ("loan", [])


def test_E9_label_of_ten_thousand_characters_is_cut() -> None:
    arrive(registration("uuid:1", head="Ү" * 10_000))
    drain()
    assert len(Entity.objects.get().label) == 500


def many(how_many: int, *, same: bool = False) -> bytes:
    entity = '<entity dataset="households" create="1" id="{}"><label>a</label></entity>'
    ids = [entity_of("x" if same else str(n)) for n in range(how_many)]
    blocks = "".join(f"<meta>{entity.format(i)}</meta>" for i in ids)
    return registration("uuid:1", create="").replace(b"</data>", f"{blocks}</data>".encode())


def test_E9_a_thousand_entities_in_one_submission_are_taken_and_no_more() -> None:
    arrive(many(1100))
    drain()
    assert Entity.objects.count() == 999  # the first block of the record asks for nothing
    assert problems() == ["entity_too_many"]


def test_E9_one_id_twice_in_a_submission_makes_one_entity() -> None:
    arrive(many(2, same=True))
    drain()
    Submission.objects.update(state=0)
    drain()
    assert Entity.objects.count() == 1
    assert problems() == ["entity_id_exists"]


def test_legal_aid_moves_no_list() -> None:
    arrive(registration("uuid:1"))
    drain()
    before = state()
    arrive(update("uuid:2", "legal aid", base=1, topic="violence", label="violence"))
    drain()
    assert state() == before
    assert problems() == ["entity_restricted"]


def test_entity_is_where_its_deepest_property_says_and_moves_when_that_changes() -> None:
    osh = Place.objects.create(code="KG06", level=1, path="KG/KG06", name_en="Osh")
    alai, kara = (
        Place.objects.create(
            code=code, level=2, path=f"{osh.path}/{code}", parent=osh, name_en=code
        )
        for code in ("KG06207000000", "KG06226000000")
    )
    arrive(registration("uuid:1"))
    drain()
    assert Entity.objects.get().place == alai
    arrive(update("uuid:2", kara.code, base=1))
    arrive(update("uuid:3", "KG06", base=2))
    drain()
    assert Entity.objects.get().place == alai
    assert [(p.place, p.revision) for p in ListPlace.objects.order_by("pk")] == [(alai, 2)]
    assert not EntityDeparture.objects.exists()


def test_entity_that_moves_leaves_a_departure_behind() -> None:
    alai, kara = (
        Place.objects.create(code=code, level=2, path=code, name_en=code)
        for code in ("KG06207000000", "KG06226000000")
    )
    arrive(registration("uuid:1"))
    drain()
    Entity.objects.update(data={"card_no": CARD})
    arrive(update("uuid:2", kara.code, base=1))
    drain()
    assert Entity.objects.get().place == kara
    departure = EntityDeparture.objects.get()
    assert (departure.entity_id, departure.place, departure.revision) == (ID, alai, 2)
    assert set(ListPlace.objects.values_list("place", "revision")) == {(alai.pk, 2), (kara.pk, 2)}


def in_two_threads(work: Callable[[], object]) -> None:
    start, failures = threading.Barrier(2), []

    def run() -> None:
        try:
            start.wait(10)
            work()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_entity_bring_its_updates_into_one_order() -> None:
    arrive(registration("uuid:0"))
    drain()
    for n in range(40):
        arrive(update(f"uuid:{n + 1}", str(n), base=1, branch=uuid4(), trunk=1))

    def work() -> None:
        while process_waiting(limit=3):
            pass

    in_two_threads(work)
    drain()
    versions = EntityVersion.objects.order_by("version")
    assert list(versions.values_list("version", flat=True)) == list(range(1, 42))
    assert versions.last().data["last_service"] == last_service()
    assert EntityConflict.objects.count() == 39
    assert set(Submission.objects.values_list("state", flat=True)) == {1}
