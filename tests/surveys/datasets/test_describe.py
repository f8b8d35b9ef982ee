"""What a form asks, as the API says it."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.xforms.models import Form
from surveys.xforms.schema import Schema
from tests.surveys.datasets.records import EN, RU, next_version, publish
from tests.surveys.datasets.test_records import problem

URL = "/api/v1/forms/"


def test_form_names_its_fields_repeats_and_languages(as_bob: Client, form: Form) -> None:
    shown = as_bob.get(f"{URL}visit/").json()

    assert {key: shown[key] for key in ("form_id", "title", "version", "versions")} == {
        "form_id": "visit",
        "title": "Visit",
        "version": "1",
        "versions": ["1"],
    }
    assert shown["languages"] == [RU, EN]
    assert shown["repeats"] == [
        {
            "name": "member",
            "path": "member",
            "parent": None,
            "labels": {RU: "Член семьи", EN: "Member"},
        }
    ]
    fields = {field["name"]: field for field in shown["fields"]}
    assert fields["village"] == {
        "name": "village",
        "path": "place/village",
        "type": "string",
        "labels": {RU: "Село", EN: "Village"},
        "choices": [],
        "privacy": "open",
        "repeat": None,
        "restricted": False,
        "masked": False,
        "coarsened": None,
        "short_name": "village",
        "missing": {},
    }
    assert fields["country"]["choices"][0] == {
        "name": "KG",
        "labels": {RU: "Кыргызстан", EN: "Kyrgyzstan"},
    }
    assert [n for n, f in fields.items() if f["masked"]] == ["head", "illness", "ban", "first_name"]
    assert fields["age"]["repeat"] == "member"
    assert fields["place_answer"]["path"] == "old/place"


def test_list_holds_every_published_form_also_a_retired_one(as_bob: Client, form: Form) -> None:
    next_version(form)
    Form.objects.filter(pk=form.pk).update(retired_at=timezone.now())
    publish(Schema("another", "1", "Another", ("",), (), ()))
    Form.objects.create(form_id="draft", title="Never published")

    page = as_bob.get(URL).json()

    assert (page["next"], page["previous"]) == (None, None)
    assert [(f["form_id"], f["versions"]) for f in page["results"]] == [
        ("another", ["1"]),
        ("visit", ["2", "1"]),
    ]


def test_list_costs_the_same_queries_however_many_forms(as_bob: Client, form: Form) -> None:
    def queries() -> int:
        as_bob.get(URL)  # now the schemas are in memory
        with CaptureQueriesContext(connection) as caught:
            as_bob.get(URL)
        return len(caught)

    few = queries()
    for number in range(5):
        publish(Schema(f"form{number}", "1", "Form", ("",), (), ()))
    assert queries() == few


def test_form_that_is_unknown_is_not_found(as_bob: Client, db: None) -> None:
    assert problem(as_bob, 404, url=f"{URL}nosuch/")["code"] == "not_found"
