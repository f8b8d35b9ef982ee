"""Clean can always be rebuilt; records go and come back."""

from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.cleaning.models import CleanRow, DeletedRecord, QualityFlag
from surveys.cleaning.write import COLUMNS
from surveys.entities.models import Entity, EntityList
from surveys.households.models import Household, Membership
from surveys.lifecycle.delete import delete_record, restore_record
from surveys.submissions.models import Submission
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
ALL_COLUMNS = [*COLUMNS, "updated_at"]


@pytest.fixture(autouse=True)
def _forms(db: None) -> None:
    publish(REGISTRATION)
    publish(SERVICE)


@pytest.fixture
def season(_forms: None) -> None:
    for n in range(6):
        card = f"KG-06-{n % 4:05}"
        arrive(
            registration(
                f"uuid:{n}",
                card=card,
                entity=entity_of(str(n)),
                more=f"<photo>{n}.jpg</photo><odd>{n}</odd>",
            )
        )
        arrive(service(f"uuid:s{n}", card=card, entity=entity_of(str(n))))
    edit = registration("uuid:e", card="KG-06-00009", replaces="uuid:1", entity=entity_of("1"))
    arrive(edit)
    drain()


def everything() -> list[object]:
    return [
        sorted(CleanRow.objects.values_list(*ALL_COLUMNS), key=lambda row: str(row[0])),
        sorted(QualityFlag.objects.values_list()),
        sorted(Household.objects.values_list(), key=str),
        sorted(Membership.objects.values_list(), key=str),
        sorted(Entity.objects.values_list(), key=str),
        sorted(EntityList.objects.values_list()),
        sorted(Submission.objects.values_list("pk", "record_id", "head", "review_state")),
    ]


@pytest.mark.usefixtures("season")
def test_reprocessing_everything_changes_nothing() -> None:
    before = everything()
    call_command("reprocess")
    assert everything() == before
    assert not Submission.objects.waiting().exists()


@pytest.mark.usefixtures("season")
def test_rows_that_were_lost_are_made_again_as_they_were() -> None:
    before = CleanRow.objects.order_by("pk").values_list(*COLUMNS)
    wanted = list(before)
    CleanRow.objects.all().delete()
    QualityFlag.objects.all().delete()
    call_command("reprocess")
    assert list(before.all()) == wanted
    assert QualityFlag.objects.count() == 10


@pytest.mark.usefixtures("season")
def test_only_what_changed_is_written_again() -> None:
    stamps = dict(CleanRow.objects.values_list("pk", "updated_at"))
    spoilt = CleanRow.objects.filter(repeat="roster/member").first()
    CleanRow.objects.filter(pk=spoilt.pk).update(values={"name": "x"})
    call_command("reprocess", "--form", "registration")
    after = dict(CleanRow.objects.values_list("pk", "updated_at"))
    assert [pk for pk in stamps if after[pk] != stamps[pk]] == [spoilt.pk]


def test_parked_rows_can_be_sent_again_by_command() -> None:
    record = arrive(registration("uuid:1"))
    Submission.objects.filter(pk=record.pk).update(state=Submission.State.PARKED, error="x")
    call_command("reprocess")
    assert not CleanRow.objects.exists()
    call_command("reprocess", "--parked")
    assert CleanRow.objects.exists()


def test_unknown_form_cannot_be_reprocessed() -> None:
    with pytest.raises(CommandError, match="no form 'nowhere'"):
        call_command("reprocess", "--form", "nowhere")


def test_deleted_record_leaves_and_comes_back_under_its_id(alice: User) -> None:
    record = arrive(registration("uuid:1"))
    drain()
    rows = list(CleanRow.objects.order_by("pk").values_list("pk", "household_id"))

    delete_record(record_id=record.record_id, by=alice)
    assert not CleanRow.objects.exists()
    assert not Membership.objects.exists()
    assert [d.pk for d in DeletedRecord.objects.all()] == [record.record_id]

    restore_record(record_id=record.record_id, by=alice)
    assert list(CleanRow.objects.order_by("pk").values_list("pk", "household_id")) == rows
    assert not DeletedRecord.objects.exists()
    events = AuditEvent.objects.filter(by=alice).order_by("pk").values_list("action", flat=True)
    assert list(events) == ["record.deleted", "record.restored"]


def test_edit_of_a_deleted_record_stays_deleted() -> None:
    record = arrive(registration("uuid:1"))
    drain()
    delete_record(record_id=record.record_id, by=None)
    arrive(registration("uuid:2", replaces="uuid:1"))
    drain()
    assert not CleanRow.objects.exists()
    restore_record(record_id=record.record_id, by=None)
    assert CleanRow.objects.get(repeat="").instance_id == "uuid:2"


def test_reprocessing_does_not_bring_a_deleted_record_back() -> None:
    record = arrive(registration("uuid:1"))
    drain()
    delete_record(record_id=record.record_id, by=None)
    call_command("reprocess")
    assert not CleanRow.objects.exists()


def test_record_that_never_was_cannot_be_deleted() -> None:
    with pytest.raises(Problem, match="not_found"):
        delete_record(record_id=uuid4(), by=None)
