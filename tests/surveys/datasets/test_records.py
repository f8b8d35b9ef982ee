"""The records API: what a query finds, in what order, a page at a time."""

import json
import uuid
from typing import Any

import pytest
from django.db.models import JSONField, Value
from django.db.models.functions import Cast
from django.test import Client

from surveys.places.models import Place
from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record

URL = "/api/v1/forms/visit/records/"
MEMBERS = "/api/v1/forms/visit/repeats/member/records/"


def ids(client: Client, **query: Any) -> list[str]:
    response = client.get(query.pop("url", URL), query)
    assert response.status_code == 200, response.content
    return [record["id"] for record in response.json()["results"]]


def problem(client: Client, status: int, **query: Any) -> dict[str, Any]:
    response = client.get(query.pop("url", URL), query)
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    return response.json()


def test_record_has_its_keys_and_one_key_a_question(as_bob: Client, form: Form, osh: Place) -> None:
    household = uuid.uuid4()
    answers = {"country": "KG", "hh_size": 5, "needs": ["work", "seeds"], "place": "Ӯзбек"}
    root = make_record(form, answers, place=osh, household=household)

    page = as_bob.get(URL).json()

    assert (page["next"], page["previous"]) == (None, None)
    assert page["results"] == [
        {
            "id": str(root.id),
            "instance_id": root.instance_id,
            "form_id": "visit",
            "version": "1",
            "household": str(household),
            "place": "KG06000000000",
            "submitted_at": "2014-06-01T08:00:00+00:00",
            "received_at": "2014-06-01T09:00:00+00:00",
            "updated_at": "2014-06-01T09:00:00+00:00",
            "review_state": "received",
            "country": "KG",
            "village": None,
            "head": None,
            "illness": None,
            "ban": None,
            "hh_size": 5,
            "income": None,
            "needs": ["work", "seeds"],
            "day": None,
            "end": None,
            "has_land": None,
            "gps": None,
            "place_answer": "Ӯзбек",
        }
    ]


FOUND = [
    ({"country": "KG"}, "a"),
    ({"country__in": "KG,TJ"}, "ab"),
    ({"country__isnull": "true"}, "c"),
    ({"country__isnull": "false"}, "ab"),
    ({"village": "Өзгөн"}, "a"),
    ({"village__contains": "өЗГӨ"}, "a"),
    ({"village__contains": "ҷайҲ"}, "b"),
    ({"village__contains": "%"}, ""),
    ({"hh_size": "10"}, "b"),
    ({"hh_size__gte": "5"}, "ab"),
    ({"hh_size__gt": "5"}, "b"),
    ({"hh_size__lte": "9.5"}, "a"),
    ({"hh_size__lt": "5"}, ""),
    ({"hh_size__in": "5,10,11"}, "ab"),
    ({"income": "0.10"}, "a"),
    ({"income__gte": "-1", "income__lt": "12345678901234567890.124"}, "ab"),
    ({"income": "12345678901234567890.123"}, "b"),
    ({"needs": "work"}, "ab"),
    ({"needs": "seeds"}, "b"),
    ({"needs__in": "school,seeds"}, "ab"),
    ({"needs__contains": "school"}, "a"),
    ({"needs__isnull": "1"}, "c"),
    ({"day": "2014-06-03"}, "a"),
    ({"day__gte": "2014-06-03", "day__lte": "2014-06-04"}, "ab"),
    ({"end": "2014-06-03T18:20:00+05:00"}, "a"),
    ({"end": "2014-06-03T18:20:00 05:00"}, "a"),
    ({"end": "2014-06-03"}, "a"),
    ({"end__lte": "2014-06-03"}, "a"),
    ({"end__gt": "2014-06-03"}, "b"),
    ({"end__lt": "2014-06-03T13:20:00Z"}, ""),
    ({"has_land": "true"}, "a"),
    ({"has_land": "0"}, "b"),
    ({"gps__isnull": "false"}, "a"),
    ({"review_state": "approved"}, "b"),
    ({"version": "1"}, "abc"),
    ({"received_at__gte": "2014-06-01T09:01:00Z"}, "bc"),
    ({"received_at": "2014-06-01"}, "abc"),
    ({"updated_since": "2014-06-01T09:02:00Z"}, "c"),
    ({"country": "KG", "hh_size": "10"}, ""),
]


@pytest.mark.parametrize(("query", "found"), FOUND)
def test_filter_finds_what_it_says(
    as_bob: Client, form: Form, query: dict[str, str], found: str
) -> None:
    a = make_record(
        form,
        {
            "country": "KG",
            "village": "Өзгөн",
            "hh_size": 5,
            "income": 0.1,
            "needs": ["work", "school"],
            "day": "2014-06-03",
            "end": "2014-06-03T13:20:00.000+00:00",
            "has_land": True,
            "gps": {"lat": 40.5, "lon": 72.8, "alt": None, "acc": 9.0},
        },
    )
    b = make_record(
        form,
        {
            "country": "TJ",
            "village": "Ҷайҳун",
            "hh_size": 10,
            "income": 1,
            "needs": ["work", "seeds"],
            "day": "2014-06-04",
            "end": "2014-06-03T19:00:00.000+00:00",
            "has_land": False,
        },
        minutes=1,
        review_state="approved",
    )
    type(b).objects.filter(pk=b.pk).update(values=_with_long_decimal(b.values))
    c = make_record(form, {}, minutes=2)

    names = {str(row.id): name for name, row in (("a", a), ("b", b), ("c", c))}
    assert "".join(names[i] for i in ids(as_bob, **query)) == found


def _with_long_decimal(values: dict[str, Any]) -> Any:
    text = json.dumps({**values, "income": "#"}).replace('"#"', "12345678901234567890.123")
    return Cast(Value(text), JSONField())
