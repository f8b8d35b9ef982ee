"""Section 4 of sync.md: the visits that are due, as tablets hear of them."""

from datetime import timedelta
from random import Random

import pytest
from django.utils import timezone

from surveys.entities.lists import next_revision
from surveys.entities.models import Entity, EntityList, Visit
from surveys.places.models import Place
from surveys.rounds.models import Round, Survey
from sync.models import Assignment, Device
from tests.surveys.entities.changing import add_entity, change_entity, delete_entity
from tests.sync.api.conftest import new_holdings
from tests.sync.api.holdings import Holdings

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_forms")]


@pytest.fixture
def endline(db: None) -> Round:
    survey = Survey.objects.create(code="rmp", name="RMP")
    until = timezone.localdate() + timedelta(days=10)
    return Round.objects.create(survey=survey, code="endline", name="Endline", closes_on=until)


def plan(entity: Entity, endline: Round) -> Visit:
    revision = next_revision(entity.entity_list_id)
    return Visit.objects.create(
        round=endline, entity=entity, due_on=endline.closes_on, revision=revision
    )


def close(visit: Visit) -> None:
    visit.closed_at = timezone.now()
    visit.revision = next_revision(visit.entity.entity_list_id)
    visit.save()


def test_sync_4_a_due_visit_says_whom_why_and_until_when(alai: Place, endline: Round) -> None:
    entity = add_entity("one", alai)
    held = new_holdings(alai).pull()
    visit = plan(entity, endline)

    page = held.pull_page()

    assert page["entities"][0]["upserts"] == []
    assert page["tasks"] == [
        {
            "id": visit.pk,
            "round": "endline",
            "household": str(entity.pk),
            "why": "Endline",
            "until": endline.closes_on.isoformat(),
            "state": "due",
        }
    ]
    assert held.pull_page()["tasks"] == []


def test_sync_4_a_closed_visit_is_told_as_done_and_not_on_a_fresh_start(
    alai: Place, endline: Round
) -> None:
    visit = plan(add_entity("one", alai), endline)
    held = new_holdings(alai).pull()
    assert list(held.tasks) == [visit.pk]
    close(visit)
    assert [task["state"] for task in held.pull_page()["tasks"]] == ["done"]
    assert Holdings(held.tablet).pull_page()["tasks"] == []


def test_sync_4_tasks_come_and_go_with_their_household(
    alai: Place, kara_suu: Place, endline: Round
) -> None:
    entity = add_entity("one", alai)
    plan(entity, endline)
    here, there = new_holdings(alai).pull(), new_holdings(kara_suu).pull()
    change_entity(entity, place=kara_suu)

    assert here.pull().tasks == {}
    assert [task["household"] for task in there.pull().tasks.values()] == [str(entity.pk)]


def test_sync_4_only_visits_of_the_tablets_rounds(alai: Place, endline: Round) -> None:
    plan(add_entity("one", alai), endline)
    other = Round.objects.create(survey=endline.survey, code="other", name="Other")
    held = new_holdings(alai)
    Assignment.objects.create(device=Device.objects.get(), round=other)
    assert held.pull().tasks == {}
    assert held.labels == {"one"}


@pytest.mark.parametrize("seed", range(6))
def test_sync_4_tasks_add_up_to_what_a_fresh_start_gives(
    seed: int, alai: Place, kara_suu: Place, endline: Round
) -> None:
    random = Random(seed)
    places = [alai, kara_suu]
    visits = [plan(add_entity(str(at), random.choice(places)), endline) for at in range(8)]
    tablets = [new_holdings(alai), new_holdings(kara_suu), new_holdings()]
    for _ in range(40):
        visit = random.choice(visits)
        visit.refresh_from_db()
        match random.randint(0, 3):
            case 0:
                close(visit)
            case 1:
                visit.closed_at = None
                visit.revision = next_revision(EntityList.objects.get().pk)
                visit.save()
            case 2:
                change_entity(visit.entity, place=random.choice(places))
            case 3:
                delete_entity(visit.entity) if random.random() < 0.2 else None
        random.choice(tablets).pull_page(limit=random.randint(1, 3))
    for held in tablets:
        held.pull(limit=2)
        assert held.tasks == Holdings(held.tablet).pull().tasks
        assert held.resets == 1
