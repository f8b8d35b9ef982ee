"""One card number, however it was typed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.cleaning.answers import Answers, Row
from surveys.households.identity import (
    Known,
    Questions,
    household_record,
    normalize_card_number,
    questions_of,
)
from surveys.linkage.record import HouseholdRecord, PersonRecord
from surveys.xforms.schema import Schema, read_schema
from surveys.xforms.xlsform import xlsform_to_xform


@pytest.mark.parametrize(
    "typed",
    [
        "KG-06-00123",
        "kg 06 00123",
        "kg0600123",
        " KG–06—00123 ",
        "KG.06.00123",
        "KG_06/00123",
        "КG-06-00123",  # the first letter in Cyrillic
        "КГ-06-00123",  # both in Cyrillic
        "ＫＧ－０６－００１２３",  # full width, from an input method
        "KG-O6-OO123",  # letters for zeros
        "KG-О6-ОО123",  # in Cyrillic
        "№ KG-06-00123",
        "KG-06-00\u200b123",  # a space without width
    ],
)
def test_ways_to_type_a_card_number_are_one(typed: str) -> None:
    assert normalize_card_number(typed) == "KG-06-00123"


@pytest.mark.parametrize(
    ("one", "other"), [("KG-06-00123", "KG-06-00124"), ("KG-06-00123", "TJ-06-00123")]
)
def test_different_cards_stay_different(one: str, other: str) -> None:
    assert normalize_card_number(one) != normalize_card_number(other)


@pytest.mark.parametrize("text", ["", "  ", "--", "№ -"])
def test_text_without_letters_or_digits_is_no_card(text: str) -> None:
    assert normalize_card_number(text) == ""


@given(st.text())
def test_normalizing_twice_changes_nothing(text: str) -> None:
    once = normalize_card_number(text)
    assert normalize_card_number(once) == once


def asked(name: str) -> Questions:
    workbook = Path(f"data/forms/{name}.xlsx").read_bytes()
    return questions_of(read_schema(xlsform_to_xform(workbook).xform))


def test_registration_of_the_programme_is_understood_by_the_names_of_its_questions() -> None:
    found = asked("registration")
    assert found.names_head
    assert found.head == {
        "name": ("head_name", "head_name_lat"), "sex": ("head_sex",), "birth": ("head_birth_year",)
    }  # fmt: skip
    assert found.roster == "main/roster/member"
    assert found.member["name"] == ("m_name",)
    assert found.member["birth"] == ("m_birth_date", "m_birth_year")
    assert found.member["relation"] == ("m_relation",)
    assert (found.phones, found.points) == (("phone",), ("gps",))
    assert found.enumerator == ("enum_code", "username")
    assert found.places["district"] == ("district",)


def test_service_names_a_person_of_the_household_and_no_head() -> None:
    found = asked("service")
    assert not found.names_head
    assert found.head["name"] == ("person_name",)
    assert found.roster == ""


def test_record_of_the_programme_becomes_what_linkage_compares() -> None:
    root = Row(
        values={"gps": {"lat": 40.5, "lon": 72.8, "alt": None, "acc": 6.0}},
        verbatim={
            "head_name": " Асанов \u0000 Бакыт ", "head_sex": "male", "head_birth_year": "1972",
            "phone": "0555 12 34 56", "enum_code": "E-07", "village": "KG06226000000-V01",
            "country": "KG", "district": "KG06226000000",
        },
    )  # fmt: skip
    members = [
        Row("main/roster/member", root, {"m_age": 12.0}, {"m_name": "Чолпон", "m_sex": "female",
            "m_relation": "child", "m_birth_date": "2002-03-04", "m_birth_year": "2001"}),
        Row("main/roster/member", root, {"m_age": 7.0}, {"m_name": "Тилек", "m_sex": "male"}),
        Row("main/housing", root, {}, {"m_name": "no member"}),
    ]  # fmt: skip
    known = Known(
        record_id="r", card="KG-06-00123", round="base", device="7",
        submitted_at="2014-06-03T09:40:00+06:00",
        place_path=("KG", "KG06000000000", "KG06226000000"),
    )  # fmt: skip

    record = household_record(asked("registration"), Answers([root, *members]), known)

    assert record.head == PersonRecord("Асанов Бакыт", "head", "male", "1972")
    assert record.members == (
        PersonRecord("Чолпон", "child", "female", "2002-03-04"),
        PersonRecord("Тилек", "", "male", "2007"),
    )
    assert (record.latitude, record.longitude, record.accuracy_m) == (40.5, 72.8, 6.0)
    assert (record.phones, record.card) == (("0555 12 34 56",), "KG-06-00123")
    place = (record.country, record.district, record.village)
    assert place == ("KG", "KG06226000000", "kg06226000000-v01")
    assert (record.enumerator, record.device, record.round) == ("E-07", "7", "base")


def test_form_that_asks_nothing_of_a_household_gives_an_empty_record() -> None:
    schema = Schema("x", "1", "X", ("",), (), ())
    assert not questions_of(schema).tells
    record = household_record(questions_of(schema), Answers([Row()]), Known(record_id="r"))
    assert record == HouseholdRecord(record_id="r", head=PersonRecord())
