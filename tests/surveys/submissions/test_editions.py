"""Edits in any order, from several tablets, with and without their original (openrosa.md S14)."""

import itertools
import threading
from dataclasses import replace

import pytest
from django.db import connection

from surveys.cleaning.models import CleanRow, DeletedRecord, QualityFlag
from surveys.lifecycle.process import process_waiting
from surveys.submissions.models import Submission
from tests.surveys.household_forms import REGISTRATION, arrive, drain, publish, registration

pytestmark = pytest.mark.django_db

ORIGINAL = registration("uuid:1", head="one")
FIRST_EDIT = registration("uuid:2", head="two", replaces="uuid:1")
SECOND_EDIT = registration("uuid:3", head="three", replaces="uuid:2")
CHAIN = (ORIGINAL, FIRST_EDIT, SECOND_EDIT)
ORDERS = list(itertools.permutations(range(3)))


@pytest.fixture(autouse=True)
def _form(db: None) -> None:
    publish(REGISTRATION)


def heads() -> list[str]:
    return list(Submission.objects.filter(head=True).values_list("instance_id", flat=True))


def root_names() -> list[str]:
    return [row.values["head_name"] for row in CleanRow.objects.filter(repeat="")]


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("order", ORDERS)
def test_original_and_edits_in_any_order_are_one_record(
    order: tuple[int, ...], at_once: bool
) -> None:
    arrived = []
    for position in order:
        arrived.append(arrive(CHAIN[position]))
        if not at_once:
            drain()
    drain()

    assert heads() == ["uuid:3"]
    assert root_names() == ["three"]
    record_ids = set(Submission.objects.values_list("record_id", flat=True))
    assert record_ids == {arrived[0].record_id}
    assert set(CleanRow.objects.values_list("record_id", flat=True)) == record_ids
    assert CleanRow.objects.count() == 4
    assert not QualityFlag.objects.exists()
    assert Submission.objects.get(head=True).review_state == "edited"


def test_row_ids_survive_an_edit() -> None:
    arrive(ORIGINAL)
    drain()
    before = set(CleanRow.objects.values_list("pk", flat=True))
    arrive(FIRST_EDIT)
    drain()
    assert set(CleanRow.objects.values_list("pk", flat=True)) == before


def test_two_edits_of_one_edition_are_a_conflict_and_the_later_counts() -> None:
    arrive(ORIGINAL)
    arrive(FIRST_EDIT)
    arrive(registration("uuid:9", head="nine", replaces="uuid:1"))
    drain()
    assert heads() == ["uuid:9"]
    assert root_names() == ["nine"]
    assert list(QualityFlag.objects.values_list("code", flat=True)) == ["edit_conflict"]


def test_edit_whose_original_never_comes_is_a_record() -> None:
    arrive(FIRST_EDIT)
    drain()
    assert root_names() == ["two"]


def test_records_that_prove_to_be_one_leave_word_of_the_id_that_went() -> None:
    first, last = arrive(ORIGINAL), arrive(SECOND_EDIT)
    drain()
    assert sorted(root_names()) == ["one", "three"]

    arrive(FIRST_EDIT)
    drain()
    assert root_names() == ["three"]
    assert CleanRow.objects.filter(pk=first.record_id).exists()
    assert list(DeletedRecord.objects.values_list("pk", flat=True)) == [last.record_id]


def test_edits_that_name_each_other_in_a_circle_are_one_record() -> None:
    arrive(registration("uuid:1", head="one", replaces="uuid:2"))
    arrive(registration("uuid:2", head="two", replaces="uuid:1"))
    drain()
    assert root_names() == ["two"]


def test_same_instance_ids_of_another_form_are_strangers() -> None:
    publish(replace(REGISTRATION, form_id="other"))
    arrive(ORIGINAL)
    arrive(FIRST_EDIT.replace(b'id="registration"', b'id="other"'))
    drain()
    assert sorted(root_names()) == ["one", "two"]


def test_edition_that_cannot_be_processed_hides_nothing() -> None:
    arrive(ORIGINAL)
    broken = arrive(FIRST_EDIT)
    Submission.objects.filter(pk=broken.pk).update(raw_xml=b"<broken")
    drain()
    assert root_names() == ["one"]
    assert Submission.objects.get(pk=broken.pk).error.startswith("InstanceError in ")


def test_files_that_came_with_the_original_count_for_the_edit() -> None:
    arrive(registration("uuid:1", more="<photo>a.jpg</photo>"), files=["a.jpg"])
    arrive(registration("uuid:2", more="<photo>a.jpg</photo>", replaces="uuid:1"))
    drain()
    assert not QualityFlag.objects.exists()


def test_late_file_of_the_original_clears_the_flag_of_the_edit() -> None:
    original = registration("uuid:1", more="<photo>a.jpg</photo>")
    arrive(original)
    arrive(registration("uuid:2", more="<photo>a.jpg</photo>", replaces="uuid:1"))
    drain()
    assert list(QualityFlag.objects.values_list("code", flat=True)) == ["attachment_missing"]
    arrive(original, files=["a.jpg"])
    drain()
    assert not QualityFlag.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_many_edits_agree() -> None:
    for n in range(20):
        for xml in (SECOND_EDIT, ORIGINAL, FIRST_EDIT) if n % 2 else CHAIN:
            arrive(xml.replace(b"uuid:", f"uuid:{n}-".encode()))
    start = threading.Barrier(2)
    failures: list[Exception] = []

    def work() -> None:
        try:
            start.wait(10)
            for _ in range(60):
                process_waiting(limit=3)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    Submission.objects.update(try_after=None)
    drain()

    assert failures == []
    assert set(Submission.objects.values_list("state", flat=True)) == {1}
    assert sorted(heads()) == sorted(f"uuid:{n}-3" for n in range(20))
    assert root_names() == ["three"] * 20
