"""The records API: what a query finds, in what order, a page at a time."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pandas
import pytest
from django.db.models import JSONField, Value
from django.db.models.functions import Cast
from django.test import Client

from surveys.cleaning.models import CleanRow, DeletedRecord
from surveys.places.models import Place
from surveys.xforms.models import Form
from surveys.xforms.schema import Field
from tests.surveys.datasets.records import SCHEMA, START, make_record, next_version, publish

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
            "submitted_at": "2014-06-01T08:00:00.000000+00:00",
            "received_at": "2014-06-01T09:00:00.000000+00:00",
            "updated_at": "2014-06-01T09:00:00.000000+00:00",
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


@pytest.mark.parametrize(
    ("query", "code", "detail"),
    [
        ({"nosuch": "1"}, "field_unknown", "nosuch"),
        ({"nosuch__gte": "1"}, "field_unknown", "nosuch"),
        ({"age": "1"}, "field_unknown", "age"),
        ({"hh_size__near": "1"}, "operator_unknown", "near"),
        ({"hh_size__contains": "1"}, "operator_unknown", "contains"),
        ({"hh_size__": "1"}, "operator_unknown", "hh_size"),
        ({"gps": "1"}, "operator_unknown", "gps"),
        ({"hh_size": "many"}, "value_invalid", "hh_size"),
        ({"hh_size": "NaN"}, "value_invalid", "hh_size"),
        ({"hh_size": "1e999999"}, "value_invalid", "hh_size"),
        ({"hh_size": ""}, "value_invalid", "hh_size"),
        ({"hh_size": ["1", "2"]}, "value_invalid", "hh_size"),
        ({"hh_size__in": "1,x"}, "value_invalid", "hh_size__in"),
        ({"country": "XX"}, "value_invalid", "KG, TJ"),
        ({"country__isnull": "perhaps"}, "value_invalid", "country"),
        ({"village": "a\0b"}, "value_invalid", "village"),
        ({"day": "3.6.2014"}, "value_invalid", "day"),
        ({"end": "yesterday"}, "value_invalid", "end"),
        ({"household": "x"}, "value_invalid", "household"),
        ({"place": "nowhere"}, "place_unknown", "nowhere"),
        ({"review_state": "fine"}, "value_invalid", "approved"),
        ({"updated_since": "x"}, "value_invalid", "updated_since"),
        ({"deleted": "yes"}, "value_invalid", "deleted"),
        ({"url": MEMBERS, "deleted": "1"}, "field_unknown", "deleted"),
        ({"url": f"{URL}{uuid.uuid4()}/", "hh_size": "1"}, "field_unknown", "hh_size"),
        ({"deleted": "1", "hh_size": "1"}, "operator_unknown", "hh_size"),
        ({"fields": "hh_size,nosuch"}, "field_unknown", "nosuch"),
        ({"labels": "fr"}, "value_invalid", "Русский (ru)"),
        ({"ordering": "nosuch"}, "field_unknown", "nosuch"),
        ({"ordering": "day,day,day,day,day,day"}, "value_invalid", "at most 5"),
    ],
)
def test_query_that_cannot_be_understood_is_refused_by_name(
    as_bob: Client, form: Form, query: dict[str, Any], code: str, detail: str
) -> None:
    refused = problem(as_bob, 400, **query)
    assert refused["code"] == code
    assert detail in refused["detail"]


@pytest.mark.parametrize("labels", ["ru", "Русский (ru)", "русский", "RU"])
def test_labels_stand_in_place_of_codes(as_bob: Client, form: Form, labels: str) -> None:
    make_record(form, {"country": "TJ", "needs": ["school", "unheard-of"], "village": "KG"})
    (record,) = as_bob.get(URL, {"labels": labels}).json()["results"]
    assert record["country"] == "Таджикистан"
    assert record["needs"] == ["Школа", "unheard-of"]
    assert record["village"] == "KG"


def test_fields_choose_what_a_record_holds(as_bob: Client, form: Form) -> None:
    root = make_record(form, {"country": "TJ", "hh_size": 3})
    (record,) = as_bob.get(URL, {"fields": "hh_size,version"}).json()["results"]
    assert record == {"id": str(root.id), "version": "1", "hh_size": 3}


def test_place_finds_it_and_what_lies_below(
    as_bob: Client, form: Form, osh: Place, alai: Place, naryn: Place
) -> None:
    in_osh = make_record(form, place=osh, minutes=1)
    in_alai = make_record(form, place=alai, minutes=2)
    make_record(form, place=naryn, minutes=3)
    make_record(form, minutes=4)
    assert ids(as_bob, place="KG06") == [str(in_osh.id), str(in_alai.id)]
    assert ids(as_bob, place="KG06207000000") == [str(in_alai.id)]
    assert len(ids(as_bob, place__in="KG06,KG04")) == 3
    assert len(ids(as_bob, place__isnull="true")) == 1


def test_one_record_by_its_permanent_id(as_bob: Client, form: Form) -> None:
    root = make_record(form, {"hh_size": 3})
    assert as_bob.get(f"{URL}{root.id}/").json()["hh_size"] == 3
    labelled = as_bob.get(f"{URL}{root.id}/", {"fields": "hh_size", "labels": "en"}).json()
    assert labelled == {"id": str(root.id), "hh_size": 3}
    assert problem(as_bob, 404, url=f"{URL}{uuid.uuid4()}/")["code"] == "not_found"
    for form_id in ("none", "visit%00", "visit%2F", "%D3%AF"):
        url = f"/api/v1/forms/{form_id}/records/"
        assert problem(as_bob, 404, url=url)["code"] == "not_found"


def test_rows_of_a_repeat_know_their_record(as_bob: Client, form: Form) -> None:
    second = make_record(form, members=[{"age": 30}, {"age": 2}], minutes=2)
    first = make_record(form, members=[{"age": 70}], minutes=1)

    rows = as_bob.get(MEMBERS).json()["results"]

    assert [(r["root_id"], r["parent_id"], r["index"], r["age"]) for r in rows] == [
        (str(first.id), str(first.id), 1, 70),
        (str(second.id), str(second.id), 1, 30),
        (str(second.id), str(second.id), 2, 2),
    ]
    assert [r["age"] for r in as_bob.get(MEMBERS, {"age__gte": 30}).json()["results"]] == [70, 30]
    older = as_bob.get(MEMBERS, {"ordering": "-age", "root_id": str(second.id)}).json()["results"]
    assert [r["age"] for r in older] == [30, 2]
    assert problem(as_bob, 404, url=MEMBERS.replace("member", "nosuch"))["code"] == "not_found"


def test_deleted_lists_ids_of_records_that_are_gone(as_bob: Client, form: Form) -> None:
    gone = [
        DeletedRecord.objects.create(
            record_id=uuid.uuid4(), form=form, deleted_at=START + timedelta(days=day)
        )
        for day in (1, 2)
    ]
    make_record(form)

    page = as_bob.get(URL, {"deleted": "1", "page_size": 1}).json()
    assert page["results"] == [
        {"id": str(gone[0].record_id), "deleted_at": "2014-06-02T09:00:00+00:00"}
    ]
    assert as_bob.get(page["next"]).json()["results"][0]["id"] == str(gone[1].record_id)
    assert ids(as_bob, deleted="1", updated_since="2014-06-03") == [str(gone[1].record_id)]


def test_records_of_all_versions_stand_in_one_list(as_bob: Client, form: Form) -> None:
    make_record(form, {"village": "Өзгөн", "hh_size": 3})
    fields = [f for f in SCHEMA.fields if f.name != "village"]
    next_version(form, fields=(Field("roof", "roof", "roof", "string", ""), *fields))
    make_record(form, {"roof": "tin"}, minutes=1)

    old, new = as_bob.get(URL).json()["results"]

    assert (old["village"], old["roof"], new["village"], new["roof"]) == (
        "Өзгөн",
        None,
        None,
        "tin",
    )
    assert len(ids(as_bob, village="Өзгөн")) == 1


def test_records_are_found_by_their_ids_and_households(as_bob: Client, form: Form) -> None:
    household = uuid.uuid4()
    a, b = make_record(form, household=household), make_record(form, minutes=1)
    assert ids(as_bob, household=household) == [str(a.id)]
    assert ids(as_bob, household__isnull="true") == [str(b.id)]
    assert ids(as_bob, id__in=f"{a.id},{b.id},{uuid.uuid4()}") == [str(a.id), str(b.id)]
    assert ids(as_bob, instance_id=b.instance_id) == [str(b.id)]
    assert ids(as_bob, instance_id__contains=str(a.id)[:13].upper()) == [str(a.id)]
    assert ids(as_bob, review_state__in="received,approved") == [str(a.id), str(b.id)]


def test_rows_of_a_repeat_are_found_by_position_and_parent(as_bob: Client, form: Form) -> None:
    record = make_record(form, members=[{"age": 1}, {"age": 2}, {"age": 3}])
    found = {"index__gte": "2", "index__in": "1,2", "parent_id": record.id}
    assert [r["age"] for r in as_bob.get(MEMBERS, found).json()["results"]] == [2]


def test_answer_of_another_type_in_an_older_version_is_outside_every_range(
    as_bob: Client, form: Form
) -> None:
    make_record(form, {"hh_size": "five"})
    make_record(form, {"hh_size": 4}, minutes=1)
    found = as_bob.get(URL, {"hh_size__lte": "5"}).json()["results"]
    assert [r["hh_size"] for r in found] == [4]
    ordered = as_bob.get(URL, {"ordering": "hh_size"}).json()["results"]
    assert {r["hh_size"] for r in ordered} == {"five", 4}


@pytest.mark.parametrize("name", ["queryset", "form", "data", "fields", "class", "a__in", "a-b.c"])
def test_questions_may_be_called_anything(as_bob: Client, db: None, name: str) -> None:
    """Also like an attribute of a class of ours, or like an operator."""
    odd = publish(replace(SCHEMA, fields=(Field(name, name, name, "string", ""),), repeats=()))
    made = make_record(odd, {name: "x"})
    shown = name if name != "fields" else "fields_answer"
    assert ids(as_bob, **{shown: "x"}) == [str(made.id)]
    assert ids(as_bob, **{f"{shown}__contains": "y"}) == []
    assert ids(as_bob, ordering=f"-{shown}") == [str(made.id)]


def test_times_are_all_written_alike_with_and_without_a_fraction(
    as_bob: Client, form: Form
) -> None:
    """pandas.to_datetime reads no column that mixes both."""
    for minute, micros in enumerate((0, 123_000)):
        made = make_record(form, minutes=minute)
        came = made.received_at.replace(microsecond=micros)
        CleanRow.objects.filter(pk=made.pk).update(received_at=came)

    times = [record["received_at"] for record in as_bob.get(URL).json()["results"]]

    read = pandas.to_datetime(times)
    assert [time.microsecond for time in read] == [0, 123_000]
    assert [time.minute for time in read] == [0, 1]
