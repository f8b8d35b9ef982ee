"""Phones, births and sexes as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.linkage import births
from surveys.linkage.births import birth_level
from surveys.linkage.normalize import Birth, read_birth, read_phone, read_sex


@pytest.mark.parametrize(
    ("text", "country", "phone"),
    [
        ("0555 12 34 56", "KG", "+996555123456"),
        ("996555123456", "KG", "+996555123456"),
        ("+996 (555) 12-34-56", "TJ", "+996555123456"),
        ("93 123 45 67", "TJ", "+992931234567"),
        ("0931 23-45-67", "TJ", "+992931234567"),
        ("8 10 992 93 123 45 67", "TJ", "+992931234567"),
        ("+7 926 123-45-67", "KG", "+79261234567"),
        ("0555 12 34 56", "", "+996555123456"),
        ("93 123 45 67", "", "+992931234567"),
        ("12345", "KG", ""),
        ("нет", "KG", ""),
        ("0000000000", "KG", ""),
        ("", "", ""),
    ],
)
def test_phone_is_read_as_it_is_dialled(text: str, country: str, phone: str) -> None:
    assert read_phone(text, country) == phone


@pytest.mark.parametrize(
    ("text", "birth"),
    [
        ("2001-10-04", Birth(2001, 10, 4)),
        ("04.10.2001", Birth(2001, 10, 4)),
        ("2001-10", Birth(2001, 10, 0)),
        ("1970", Birth(1970, estimated=True)),
        ("1970-01-01", Birth(1970, estimated=True)),
        ("1970 г.", Birth(1970, estimated=True)),
        ("2001-13-40", Birth(2001, estimated=True)),
        ("0001-01-01", Birth()),
        ("в мае", Birth()),
        ("", Birth()),
    ],
)
def test_birth_is_read_and_the_first_of_january_is_no_day(text: str, birth: Birth) -> None:
    assert read_birth(text) == birth


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("2001-10-04", "2001-10-04", births.DAY),
        ("2001-10-04", "2001-04-10", births.DAY_OFF),
        ("2001-10-04", "2001", births.YEAR),
        ("2001-10-04", "2003-10-04", births.SAME_DAY_OTHER_YEAR),
        ("2001-10-04", "2002-05-06", births.YEAR_OFF_ONE),
        ("2001-10-04", "2005-01-01", births.NEAR_ESTIMATE),
        ("2001-10-04", "2005-02-03", births.CONFLICT),
        ("1971-10-04", "1981-02-03", births.DIGIT),
        ("1960-01-01", "1967", births.FAR_ESTIMATE),
        ("1970-01-01", "1970-01-01", births.YEAR),
        ("2001", "", births.MISSING),
    ],
)
def test_births_agree_by_levels(left: str, right: str, level: int) -> None:
    assert birth_level(read_birth(left), read_birth(right)) == level
    assert birth_level(read_birth(right), read_birth(left)) == level


@pytest.mark.parametrize(
    ("text", "sex"), [("жен.", "F"), ("Мужской", "M"), ("аял", "F"), ("мард", "M"), ("?", "")]
)
def test_sex_is_read_in_four_languages(text: str, sex: str) -> None:
    assert read_sex(text) == sex


@given(st.text(max_size=30))
def test_no_text_is_too_odd_for_a_phone_or_a_birth(text: str) -> None:
    phone = read_phone(text)

    assert phone == "" or phone.startswith("+")
    assert read_birth(text).year in range(2101)
