"""Raw, corrected and analysis; why an answer is not there; what each page says of itself."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import Column
from surveys.datasets.missing import missing_codes, missing_kind
from surveys.xforms.models import Form
from surveys.xforms.schema import Choice, EntityDeclaration, Field
from tests.surveys.datasets.records import SCHEMA, make_record, publish
from tests.surveys.datasets.test_records import MEMBERS, URL, ids, problem

CODES = {"dk": "dont_know", "99": "dont_know", "-99": "dont_know", "refused": "refused"}


@pytest.mark.parametrize(
    ("value", "sent", "kind"),
    [
        (None, None, "not_asked"),
        (None, "", "skipped"),
        (None, " \n", "skipped"),
        (None, "много", "unreadable"),
        ([], None, "not_asked"),
        ("dk", "dk", "dont_know"),
        ("refused", "refused", "refused"),
        (99, "99", "dont_know"),
        (-99.0, "-99.0", "dont_know"),
        (["refused"], "refused", "refused"),
        (["refused", "work"], "refused work", ""),
        ("work", "work", ""),
        (0, "0", ""),
        (False, "no", ""),
        ({"lat": 1.0}, "1 2", ""),
    ],
)
def test_kinds_of_missing_are_told_apart(value: Any, sent: str | None, kind: str) -> None:
    assert missing_kind(value, sent, CODES) == kind


def codes(type_: str = "select_one", *, name: str = "q", missing: str = "", **choices: str) -> Any:
    made = tuple(Choice(code, {"en": label} if label else {}) for code, label in choices.items())
    return missing_codes(
        Column(name, Field(name, name, name, type_, "", choices=made, missing=missing))
    )


@pytest.mark.parametrize(
    ("label", "kind"),
    [("Don't know", "dont_know"), ("Не знаю", "dont_know"), ("", "dont_know"), ("Denmark", None)],
)
def test_code_counts_while_its_label_does_not_say_otherwise(label: str, kind: str | None) -> None:
    assert codes(DK=label).get("DK") == kind


def test_number_means_what_its_label_says_and_88_and_99_by_convention_without_one() -> None:
    said = codes(**{"77": "Refused to say", "99": "Ninety-nine", "9999": "Not applicable"})
    assert said == {"77": "refused", "9999": "not_applicable"}
    assert codes(**{"88": "", "99": "", "1": ""}) == {"88": "refused", "99": "dont_know"}


def test_of_numbers_only_negative_codes_are_missing_unless_the_form_says_so() -> None:
    assert codes("integer")["-99"] == "dont_know"
    assert "99" not in codes("integer")
    said = codes("integer", missing="dont_know=98 refused=97,99")
    assert said == {"98": "dont_know", "97": "refused", "99": "refused"}


def test_form_may_say_that_no_code_is_missing_and_the_outcome_of_a_visit_never_is() -> None:
    assert codes(missing="none", refused="Refused") == {}
    assert codes(name="trace", refused="Refused") == {}
    assert codes(name="debt_any", refused="Refused") == {"refused": "refused"}


def test_api_says_why_an_answer_is_not_there_when_asked(as_bob: Client, form: Form) -> None:
    row = make_record(form, {"country": "KG", "hh_size": -99, "needs": ["work"]})
    sent = {"country": "KG", "hh_size": "-99", "needs": "work", "village": "", "day": "soon"}
    CleanRow.objects.filter(pk=row.pk).update(verbatim=sent)

    (plain,) = as_bob.get(URL).json()["results"]
    (record,) = as_bob.get(URL, {"missing": 1}).json()["results"]

    assert "missing" not in plain
    why = record["missing"]
    assert {k: why.get(k) for k in ("country", "hh_size", "village", "day", "income", "head")} == {
        "country": None,
        "hh_size": "dont_know",
        "village": "skipped",
        "day": "unreadable",
        "income": "not_asked",
        "head": None,  # masked: whether the name is missing would tell
    }
    one = as_bob.get(f"{URL}{row.id}/", {"missing": 1}).json()
    assert one == record


def test_analysis_takes_codes_for_no_answer_out_of_numbers_only(as_bob: Client, form: Form) -> None:
    make_record(form, {"hh_size": -99, "income": -88, "country": "KG"})
    (record,) = as_bob.get(URL, {"layer": "analysis", "missing": 1}).json()["results"]
    assert (record["hh_size"], record["income"], record["country"]) == (None, None, "KG")
    assert (record["missing"]["hh_size"], record["missing"]["income"]) == ("dont_know", "refused")


def test_raw_layer_gives_text_as_it_was_sent(as_bob: Client, form: Form) -> None:
    row = make_record(form, {"hh_size": 5})
    CleanRow.objects.filter(pk=row.pk).update(verbatim={"hh_size": " 5.0 ", "head": "Асанова"})
    (record,) = as_bob.get(URL, {"layer": "raw"}).json()["results"]
    assert (record["hh_size"], record["head"]) == (" 5.0 ", None)
    assert problem(as_bob, 400, layer="raw", labels="ru")["field"] == "labels"
    assert problem(as_bob, 400, layer="final")["field"] == "layer"


def test_analysis_has_no_rejected_record_and_one_a_registered_household(
    as_bob: Client, db: None
) -> None:
    registers = EntityDeclaration("households", creates=True, updates=False)
    form = publish(replace(SCHEMA, entities=(registers,)))
    home, other = uuid.uuid4(), uuid.uuid4()
    make_record(form, household=home, members=[{"age": 1}])
    newest = make_record(form, household=home, members=[{"age": 2}], minutes=1)
    make_record(form, household=home, minutes=2, review_state="rejected")
    alone = make_record(form, household=other, minutes=3)
    unknown = [make_record(form, minutes=minutes) for minutes in (4, 5)]
    kept = [str(row.id) for row in (newest, alone, *unknown)]

    assert ids(as_bob, layer="analysis") == kept
    assert len(ids(as_bob)) == 6
    ages = [r["age"] for r in as_bob.get(MEMBERS, {"layer": "analysis"}).json()["results"]]
    assert ages == [2]


def test_analysis_of_a_form_of_services_keeps_every_service(as_bob: Client, form: Form) -> None:
    home = uuid.uuid4()
    for minutes in range(3):
        make_record(form, household=home, minutes=minutes)
    assert len(ids(as_bob, layer="analysis")) == 3


def test_page_says_layer_cut_off_filter_rows_and_schema_version(as_bob: Client, form: Form) -> None:
    for minutes in range(3):
        make_record(form, {"hh_size": minutes}, minutes=minutes)
    query = {"hh_size__gte": 1, "page_size": 1, "count": 1, "layer": "analysis"}
    about = as_bob.get(URL, query).json()["about"]
    assert about.pop("as_of") > "2026"
    assert about == {
        "layer": "analysis",
        "filter": {"hh_size__gte": "1"},
        "schema_version": "1.15",
        "count": 2,
    }
    assert as_bob.get(URL).json()["about"]["count"] is None


def test_blank_question_was_asked_and_an_absent_one_was_not(
    as_bob: Client, form: Form, drain: Callable[[], int]
) -> None:
    row = make_record(form)
    CleanRow.objects.filter(pk=row.pk).update(verbatim={"village": ""})
    (record,) = as_bob.get(URL, {"missing": 1, "fields": "village,income"}).json()["results"]
    assert record["missing"] == {"village": "skipped", "income": "not_asked"}
