"""One card number, however it was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.households.identity import normalize_card_number


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
