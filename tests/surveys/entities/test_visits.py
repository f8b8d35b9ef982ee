"""Which households are due in a round that follows another (sync.md 4, tasks)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.audit.models import AuditEvent
from surveys.entities.models import Entity, EntityList, Visit
from surveys.entities.tasks import plan_visits_task
from surveys.entities.visits import plan_visits
from surveys.lifecycle.delete import delete_record, restore_record
from surveys.lifecycle.rebuild import rebuild_records
from surveys.places.models import Place
from surveys.rounds.models import Round, Survey
from surveys.submissions.models import Submission
from surveys.xforms.models import Form
from surveys.xforms.schema import Field
from tests.surveys.entities.changing import change_entity, delete_entity, restore_entity
from tests.surveys.household_forms import (
    REGISTRATION,
    SERVICE,
    YES_NO,
    arrive,
    drain,
    publish,
    registration,
    service,
)

pytestmark = pytest.mark.django_db
CARD, OTHER = "KG-06-00123", "KG-06-00456"


@pytest.fixture
def baseline(db: None) -> Round:
    survey = Survey.objects.create(code="rmp", name="RMP")
    return Round.objects.create(survey=survey, code="baseline", name="Baseline")


@pytest.fixture
def endline(baseline: Round) -> Round:
    """Open for ten more days; the service form belongs to it."""
    publish(REGISTRATION)
    publish(SERVICE)
    made = Round.objects.create(
        survey=baseline.survey,
        code="endline",
        name="Endline",
        follows=baseline,
        closes_on=timezone.localdate() + timedelta(days=10),
    )
    Form.objects.filter(form_id="registration").update(round=baseline)
    Form.objects.filter(form_id="service").update(round=made)
    return made


@pytest.fixture
def household(endline: Round) -> Entity:
    arrive(registration("uuid:1"))
    drain()
    return Entity.objects.get()


def due() -> set[str]:
    visits = Visit.objects.filter(closed_at=None)
    return set(visits.values_list("entity__data__card_no", flat=True))


def test_sync_4_a_registered_household_is_due_in_the_round_that_follows(
    household: Entity, endline: Round
) -> None:
    assert plan_visits(round=endline) == 1
    visit = Visit.objects.get()
    assert (visit.entity_id, visit.due_on) == (household.pk, endline.closes_on)
    assert visit.revision == EntityList.objects.get().revision
    assert AuditEvent.objects.filter(action="visits.planned").count() == 1


def test_planning_twice_changes_nothing(household: Entity, endline: Round) -> None:
    plan_visits(round=endline)
    before = list(Visit.objects.values_list()), EntityList.objects.get().revision
    assert plan_visits(round=endline) == 0
    assert (list(Visit.objects.values_list()), EntityList.objects.get().revision) == before


def test_a_round_that_follows_none_has_no_visits(household: Entity, baseline: Round) -> None:
    assert plan_visits(round=baseline) == 0


def test_nobody_is_due_before_a_round_begins_and_after_it_is_over(
    household: Entity, endline: Round
) -> None:
    today = timezone.localdate()
    endline.opens_on = today + timedelta(days=1)
    assert plan_visits(round=endline) == 0
    endline.opens_on = today
    assert plan_visits(round=endline) == 1
    endline.closes_on = today - timedelta(days=1)
    assert plan_visits(round=endline) == 1
    assert due() == set()


def test_a_round_that_is_prolonged_moves_its_visits(household: Entity, endline: Round) -> None:
    plan_visits(round=endline)
    endline.closes_on += timedelta(days=5)
    assert plan_visits(round=endline) == 1
    assert Visit.objects.get().due_on == endline.closes_on


def test_a_household_registered_meanwhile_is_due_at_the_next_plan(
    household: Entity, endline: Round
) -> None:
    plan_visits(round=endline)
    arrive(registration("uuid:2", card=OTHER))
    drain()
    assert due() == {CARD}
    plan_visits_task()
    assert due() == {CARD, OTHER}


def test_a_household_registered_in_this_very_round_is_not_due_in_it(
    household: Entity, endline: Round
) -> None:
    Form.objects.filter(form_id="registration").update(round=endline)
    assert plan_visits(round=endline) == 0


def test_only_the_communities_of_the_round_are_due(household: Entity, endline: Round) -> None:
    alai = Place.objects.create(code="KG06207000000", level=2, path="KG/KG06/KG06207000000")
    other = Place.objects.create(code="KG06226000000", level=2, path="KG/KG06/KG06226000000")
    change_entity(household, place=alai)
    endline.places.set([other])
    assert plan_visits(round=endline) == 0
    endline.places.add(alai)
    assert plan_visits(round=endline) == 1


@pytest.mark.parametrize(("answer", "planned"), [("yes", 1), ("no", 0), ("", 0)])
def test_only_who_agreed_to_be_visited_again_is_due(
    endline: Round, answer: str, planned: int
) -> None:
    question = Field(
        "consent_followup", "consent_followup", "consent_followup", "select_one", "", choices=YES_NO
    )
    form = Form.objects.get(form_id="registration")
    publish(replace(REGISTRATION, version="2", fields=(*REGISTRATION.fields, question)))
    said = f"<consent_followup>{answer}</consent_followup>"
    arrive(registration("uuid:1", version="2", more=said))
    drain()
    assert Submission.objects.get().form_id == form.pk
    assert plan_visits(round=endline) == planned


def test_sync_4_a_record_of_the_round_closes_the_visit(household: Entity, endline: Round) -> None:
    arrive(registration("uuid:2", card=OTHER))
    drain()
    plan_visits(round=endline)
    before = EntityList.objects.get().revision

    arrive(service("uuid:3"))
    drain()

    assert due() == {OTHER}
    closed = Visit.objects.exclude(closed_at=None).get()
    assert closed.entity_id == household.pk
    assert closed.revision > before
    assert plan_visits(round=endline) == 0


def test_a_record_that_came_before_the_plan_counts(household: Entity, endline: Round) -> None:
    arrive(service("uuid:2"))
    drain()
    assert plan_visits(round=endline) == 0


def test_a_record_of_another_round_closes_nothing(
    household: Entity, endline: Round, baseline: Round
) -> None:
    Form.objects.filter(form_id="service").update(round=baseline)
    plan_visits(round=endline)
    arrive(service("uuid:2"))
    drain()
    assert due() == {CARD}


def test_a_deleted_record_makes_its_household_due_again(household: Entity, endline: Round) -> None:
    plan_visits(round=endline)
    record = arrive(service("uuid:2"))
    drain()
    delete_record(record_id=record.record_id, by=None)
    assert due() == {CARD}
    restore_record(record_id=record.record_id, by=None)
    assert due() == set()


def test_a_record_moved_to_another_household_leaves_the_first_one_due(
    household: Entity, endline: Round
) -> None:
    arrive(registration("uuid:2", card=OTHER))
    arrive(service("uuid:3"))
    drain()
    plan_visits(round=endline)
    assert due() == {OTHER}

    edit = service("uuid:4", card=OTHER).replace(
        b"</instanceID>", b"</instanceID><deprecatedID>uuid:3</deprecatedID>"
    )
    arrive(edit)
    drain()

    plan_visits(round=endline)  # the one that was not planned, since it had its record
    assert due() == {CARD}


def test_legal_aid_closes_no_visit_since_tablets_would_see_it(
    household: Entity, endline: Round
) -> None:
    plan_visits(round=endline)
    before = EntityList.objects.get().revision
    arrive(service("uuid:2", topic="alimony"))
    drain()
    assert due() == {CARD}
    assert plan_visits(round=endline) == 0
    assert EntityList.objects.get().revision == before


def test_a_household_off_the_list_is_not_due_until_it_is_back(
    household: Entity, endline: Round
) -> None:
    plan_visits(round=endline)
    delete_entity(household)
    plan_visits(round=endline)
    assert due() == set()
    restore_entity(household)
    plan_visits(round=endline)
    assert due() == {CARD}


def test_processing_again_changes_no_visit(household: Entity, endline: Round) -> None:
    plan_visits(round=endline)
    arrive(service("uuid:2"))
    drain()
    before = list(Visit.objects.values_list())
    list(rebuild_records())
    drain()
    assert list(Visit.objects.values_list()) == before


def test_a_batch_without_visits_asks_for_them_once(household: Entity, endline: Round) -> None:
    for at in range(5):
        arrive(service(f"uuid:s{at}"))
    with CaptureQueriesContext(connection) as asked:
        drain()
    assert len([q for q in asked if "entities_visit" in q["sql"]]) == 1


def test_the_command_plans_and_says_so(
    household: Entity, endline: Round, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("plan_visits")
    call_command("plan_visits", "endline")
    said = capsys.readouterr().out.splitlines()
    assert said == ["endline: 1 visits changed", "endline: 0 visits changed"]
    with pytest.raises(CommandError, match="baseline"):
        call_command("plan_visits", "baseline")
