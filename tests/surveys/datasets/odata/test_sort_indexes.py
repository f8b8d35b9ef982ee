"""Orders people asked for: an index for each, in the order of the feed, never in a writer's way."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.expressions import OrderBy
from django.db.models.fields.json import KeyTransform
from django.test import Client
from django.utils import timezone

from surveys.cleaning.models import CleanRow
from surveys.datasets import sort_indexes
from surveys.datasets.models import SortIndex
from surveys.datasets.sort_indexes import keep_sort_indexes, note_order
from surveys.datasets.tables import dataset_of_form
from surveys.xforms.models import Form
from tests.surveys.datasets.odata.conftest import SVC
from tests.surveys.datasets.records import make_record, publish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def form(monkeypatch: pytest.MonkeyPatch) -> Iterator[Form]:
    monkeypatch.setattr(sort_indexes, "WORTH_IT", 3)
    sort_indexes._note.cache_clear()
    form = publish()
    for at in range(5):
        make_record(form, {"hh_size": at, "day": f"2014-06-0{at + 1}"}, minutes=at)
    yield form
    for name in made():
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX {name}")


def made() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'row_sort_%'")
        return [name for (name,) in cursor.fetchall()]


def note(form: Form, *names: str) -> None:
    dataset = dataset_of_form(form)
    for name in names:
        column = dataset.root.column(name)
        assert column is not None
        note_order(form, dataset, dataset.root, column)


def test_order_that_was_asked_for_has_an_index_that_postgresql_takes(form: Form) -> None:
    note(form, "hh_size", "day")
    assert keep_sort_indexes() == 2
    assert keep_sort_indexes() == 0
    number = SortIndex.objects.get(key="hh_size")
    rows = CleanRow.objects.filter(form=form, repeat="")
    answer = KeyTransform("hh_size", "values")
    first = OrderBy(answer, nulls_first=True), "-received_at", "-id"
    last = OrderBy(answer, descending=True, nulls_last=True), "-received_at", "-id"
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
        plans = [rows.order_by(*order)[:2].explain() for order in (first, last)]
        cursor.execute("RESET enable_seqscan; RESET enable_bitmapscan")
    assert all(number.index_name in plan for plan in plans), plans
    assert "Sort" not in plans[0]


def test_sorting_a_feed_asks_for_it(form: Form, bob_reads: Client) -> None:
    assert bob_reads.get(f"{SVC}/Submissions", {"$orderby": "hh_size"}).status_code == 200
    assert bob_reads.get(f"{SVC}/Submissions", {"$orderby": "place/village"}).status_code == 200
    assert list(SortIndex.objects.values_list("key", flat=True)) == ["hh_size"]


def test_small_table_is_sorted_without(form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sort_indexes, "WORTH_IT", 6)
    note(form, "hh_size")
    assert keep_sort_indexes() == 0
    make_record(form, {"hh_size": 9}, minutes=9)
    assert keep_sort_indexes() == 1


def test_what_nobody_asks_for_any_more_is_dropped(form: Form) -> None:
    note(form, "hh_size", "income")
    keep_sort_indexes()
    old = timezone.now() - timedelta(days=31)
    SortIndex.objects.filter(key="income").update(asked_at=old)
    keep_sort_indexes()
    (left,) = SortIndex.objects.all()
    assert (left.key, made()) == ("hh_size", [left.index_name])


def test_a_table_has_so_many_and_the_latest_stay(
    form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sort_indexes, "MOST_A_TABLE", 1)
    note(form, "hh_size")
    keep_sort_indexes()
    note(form, "income")
    keep_sort_indexes()
    (left,) = SortIndex.objects.all()
    assert (left.key, made()) == ("income", [left.index_name])


def test_answer_too_long_for_an_index_has_none_and_is_kept(form: Form) -> None:
    """Random text cannot be packed; a number's column never holds it, unless somebody wrote it."""
    long = "".join(chr(0x4E00 + at * 7919 % 20_000) for at in range(4000))
    CleanRow.objects.filter(values__hh_size=1).update(values={"hh_size": long})
    note(form, "hh_size")
    assert keep_sort_indexes() == 1
    assert made() == []
    assert keep_sort_indexes() == 0
