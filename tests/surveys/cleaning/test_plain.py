"""A value of JSON is written as a tablet would have, or refused with a code."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.cleaning.plain import PlainError, write_plain
from surveys.xforms.schema import Choice, Field

CHOICES = (Choice("yes", {}), Choice("no", {}), Choice("1", {}))
TYPES = (
    "string", "integer", "decimal", "boolean", "date", "time", "dateTime", "geopoint", "geotrace",
    "geoshape", "select_one", "select_multiple", "image", "barcode",
)  # fmt: skip


def question(kind: str) -> Field:
    choices = CHOICES if kind.startswith("select") else ()
    return Field("q", "q", "q", kind, "", choices=choices)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("string", "Гүлнара", "Гүлнара"), ("string", 996555123456, "996555123456"),
        ("string", "a\x00b\x0b", "a\ufffdb\ufffd"), ("string", "", ""), ("string", None, ""),
        ("integer", 7, "7"), ("integer", "7", "7"), ("integer", Decimal("7.0"), "7.0"),
        ("decimal", Decimal("12.50"), "12.50"), ("decimal", 3, "3"), ("decimal", "1.5", "1.5"),
        ("decimal", Decimal("1E+3"), "1000"),
        ("boolean", True, "true"), ("boolean", "0", "0"),
        ("date", "2014-06-02", "2014-06-02"), ("time", "09:30", "09:30"),
        ("dateTime", "2014-06-02T09:00:00+05:00", "2014-06-02T09:00:00+05:00"),
        ("geopoint", "41.5 74.5 800 5", "41.5 74.5 800 5"),
        ("geopoint", {"lat": Decimal("41.5"), "lon": 74}, "41.5 74 0 0"),
        ("geotrace", [{"lat": 1, "lon": 2}, "3 4 0 0"], "1 2 0 0;3 4 0 0"),
        ("select_one", "yes", "yes"), ("select_one", 1, "1"),
        ("select_multiple", ["yes", "no"], "yes no"), ("select_multiple", "no yes", "no yes"),
        ("select_multiple", [], ""), ("image", "photo.jpg", "photo.jpg"),
    ],
)  # fmt: skip
def test_an_answer_is_written_as_a_tablet_writes_it(kind: str, value: Any, text: str) -> None:
    assert write_plain(value, question(kind)) == text


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("string", True, "wrong_type"), ("string", ["a"], "wrong_type"),
        ("string", {"a": 1}, "wrong_type"), ("integer", "много", "not_integer"),
        ("integer", Decimal("7.5"), "not_integer"), ("integer", True, "wrong_type"),
        ("integer", 10**50, "not_integer"), ("integer", 10**20, "not_integer"),
        ("decimal", "1,5", "not_decimal"), ("decimal", Decimal("1E+999999"), "not_decimal"),
        ("decimal", [1], "wrong_type"), ("boolean", "perhaps", "not_boolean"),
        ("date", "2014-02-30", "not_date"), ("date", "soon", "not_date"),
        ("date", 20140602, "wrong_type"), ("time", "25:00", "not_time"),
        ("dateTime", "yesterday", "not_datetime"), ("geopoint", "91 0 0 0", "not_geopoint"),
        ("geopoint", {"lat": "north", "lon": 1}, "not_geopoint"),
        ("geopoint", {"x": 1}, "wrong_type"), ("geotrace", "1 2;x", "not_geotrace"),
        ("select_one", "perhaps", "not_a_choice"), ("select_one", ["yes"], "wrong_type"),
        ("select_multiple", ["yes", "perhaps"], "not_a_choice"),
        ("select_multiple", ["yes no"], "not_a_choice"), ("select_multiple", [""], "not_a_choice"),
        ("select_multiple", [["yes"]], "wrong_type"), ("image", True, "wrong_type"),
    ],
)  # fmt: skip
def test_an_answer_that_does_not_fit_its_question_is_told_apart(
    kind: str, value: Any, code: str
) -> None:
    with pytest.raises(PlainError) as caught:
        write_plain(value, question(kind))
    assert caught.value.code == code


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(TYPES), VALUES)
def test_any_value_is_text_or_an_error_and_nothing_else(kind: str, value: Any) -> None:
    with suppress(PlainError):
        assert isinstance(write_plain(value, question(kind)), str)
