"""insert_rows beside bulk_create: the same rows, keys and answers to what is there already."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from backend.inserts import insert_rows
from surveys.households.models import LinkFeature
from surveys.places.models import Place

pytestmark = pytest.mark.django_db
AT = datetime(2014, 6, 3, 13, 20, 5, 123456, tzinfo=UTC)
HOSTILE = 'say "so" \\ {a,b} NULL Өзгөн\n\t😀 %s'


def feature(number: int, **more: Any) -> LinkFeature:
    record = {"name": HOSTILE, "big": 2**80, "part": [1.5, None, True]}
    known = {"record": record, "registers": True, "arrived_at": AT, "village": HOSTILE[:60]}
    return LinkFeature(record_id=UUID(int=number), **{**known, **more})


def stored() -> list[dict[str, Any]]:
    return list(LinkFeature.objects.order_by("pk").values())


def test_rows_are_as_bulk_create_writes_them() -> None:
    LinkFeature.objects.bulk_create([feature(1), feature(2, registers=False)])
    usual = stored()
    LinkFeature.objects.all().delete()
    insert_rows([feature(1), feature(2, registers=False)])
    assert stored() == usual
    assert usual[0]["record"]["name"] == HOSTILE
    assert usual[0]["arrived_at"] == AT


def test_rows_that_are_there_get_what_is_told_and_keep_the_rest() -> None:
    insert_rows([feature(1, district="a")])
    later = [feature(1, village="new", district="b"), feature(2)]
    insert_rows(later, unique=("record_id",), update=("village",))
    (first, _) = stored()
    assert (first["village"], first["district"]) == ("new", "a")


def test_rows_that_are_there_are_left_or_refused() -> None:
    insert_rows([feature(1, district="a")])
    insert_rows([feature(1, district="b")], unique=("record_id",))
    assert stored()[0]["district"] == "a"
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows([feature(1)])


def test_keys_that_the_database_makes_are_those_of_their_rows() -> None:
    places = insert_rows(Place(code=f"X{n}", name_en=f"place {n}", level=0) for n in range(40))
    found = Place.objects.in_bulk([place.pk for place in places])
    assert all(found[place.pk].code == place.code for place in places)
    places[0].name_en = "renamed"
    places[0].save()  # a row that is there, no second one
    assert Place.objects.filter(code="X0").count() == 1


def test_nothing_to_insert_asks_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert insert_rows([]) == []
