"""What a tablet wrote, and what we read in it (openrosa.md S17)."""

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.cleaning.coerce import (
    CHOICE_UNKNOWN,
    OFFSET_MISSING,
    UNREADABLE,
    coercer,
)
from surveys.xforms.schema import Choice, Field

TYPES = (
    "string", "integer", "decimal", "boolean", "date", "time", "dateTime", "geopoint", "geotrace",
    "geoshape", "select_one", "select_multiple", "image", "audio", "video", "file", "barcode",
)  # fmt: skip
LETTERS = (Choice("a", {}), Choice("b-1", {}), Choice("10", {}))


def coerce(type_: str, text: str, **more: Any) -> tuple[Any, str]:
    return coercer(Field("q", "q", "q", type_, "", **more))(text)


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("integer", "5", 5),
        ("integer", " -12 ", -12),
        ("integer", "+7", 7),
        ("integer", "5.0", 5),
        ("integer", "9999", 9999),
        ("integer", "007", 7),
        ("integer", "9223372036854775807", 9223372036854775807),
        ("decimal", "31.65", 31.65),
        ("decimal", "5", 5.0),
        ("decimal", ".5", 0.5),
        ("decimal", "1.0E10", 1e10),
        ("decimal", "-0.000000000123456789", -1.23456789e-10),
        ("boolean", "true", True),
        ("boolean", "0", False),
        ("date", "2014-06-03", "2014-06-03"),
        ("date", "2014-6-3", "2014-06-03"),
        ("date", "2014-06-03T23:30:00.000+06:00", "2014-06-03"),
        ("date", "2016-02-29", "2016-02-29"),
        ("time", "13:20:00.000+06:00", "13:20:00.000+06:00"),
        ("dateTime", "2014-06-03T19:20:00.000+06:00", "2014-06-03T13:20:00.000+00:00"),
        ("dateTime", "2014-06-03T19:20:00.000+06", "2014-06-03T13:20:00.000+00:00"),
        ("dateTime", "2014-06-03T00:20:00+0600", "2014-06-02T18:20:00.000+00:00"),
        ("dateTime", "2014-06-03T13:20:00Z", "2014-06-03T13:20:00.000+00:00"),
        ("geopoint", "40.5 72.8 960.5 4.2", {"lat": 40.5, "lon": 72.8, "alt": 960.5, "acc": 4.2}),
        ("geopoint", "40.5 72.8", {"lat": 40.5, "lon": 72.8, "alt": None, "acc": None}),
        ("geopoint", "-90 180 0 0", {"lat": -90.0, "lon": 180.0, "alt": 0.0, "acc": 0.0}),
        (
            "geotrace",
            "40 72 0 0; 41 73 0 0;",
            [
                {"lat": 40.0, "lon": 72.0, "alt": 0.0, "acc": 0.0},
                {"lat": 41.0, "lon": 73.0, "alt": 0.0, "acc": 0.0},
            ],
        ),
        ("select_multiple", "a  b-1\n10", ["a", "b-1", "10"]),
        ("image", "1456.png", "1456.png"),
        ("string", "  Асан кызы\nГүлнара ", "Асан кызы\nГүлнара"),
        ("barcode", "=1+1", "=1+1"),
    ],
)
def test_readable_answer_gets_its_type(type_: str, text: str, value: Any) -> None:
    found, code = coerce(type_, text, choices=LETTERS)
    assert (found, code) == (value, "")
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        ("integer", "5.5"),
        ("integer", "5,0"),
        ("integer", "пять"),
        ("integer", "1_000"),
        ("integer", "9223372036854775808"),
        ("integer", "٣"),
        ("decimal", "31,65"),
        ("decimal", "1e999"),
        ("decimal", "NaN"),
        ("decimal", "Infinity"),
        ("decimal", "12 000"),
        ("boolean", "да"),
        ("date", "2014-02-30"),
        ("date", "03.06.2014"),
        ("date", "2014-06-03 or later"),
        ("date", "0000-01-01"),
        ("time", "25:00"),
        ("dateTime", "yesterday"),
        ("dateTime", "0001-01-01T00:00:00+14:00"),
        ("geopoint", "40.5"),
        ("geopoint", "91 72 0 0"),
        ("geopoint", "40 181 0 0"),
        ("geopoint", "40 72 0 0 0"),
        ("geopoint", "40,5 72,8"),
        ("geotrace", "40 72 0 0; here"),
        ("geoshape", ";"),
    ],
)
def test_what_cannot_be_read_has_no_value_and_a_flag(type_: str, text: str) -> None:
    assert coerce(type_, text) == (None, UNREADABLE)


def test_time_stamp_without_offset_is_read_as_utc_and_flagged() -> None:
    expected = ("2014-06-03T13:20:00.000+00:00", OFFSET_MISSING)
    assert coerce("dateTime", "2014-06-03T13:20:00") == expected


@pytest.mark.parametrize(("type_", "value"), [("select_one", "zz"), ("select_multiple", ["zz"])])
def test_code_that_is_not_in_the_list_is_kept_and_flagged(type_: str, value: Any) -> None:
    assert coerce(type_, "zz", choices=LETTERS) == (value, CHOICE_UNKNOWN)


def test_choice_from_a_file_is_never_unknown() -> None:
    assert coerce("select_one", "zz", choices_file="households.csv") == ("zz", "")


def test_text_in_two_parts_is_composed() -> None:
    decomposed = "и\u0306од"
    assert coerce("string", decomposed) == ("йод", "")
    assert coerce("image", f"{decomposed}.jpg") == ("йод.jpg", "")


@given(st.sampled_from(TYPES), st.text())
def test_no_text_makes_any_type_raise_or_give_what_json_cannot_hold(type_: str, text: str) -> None:
    value, code = coerce(type_, text)
    assert (value is None) == (code == UNREADABLE)
    assert json.loads(orjson.dumps(value)) == value


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_every_64_bit_integer_is_read_back(number: int) -> None:
    assert coerce("integer", str(number)) == (number, "")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_decimal_is_read_back(number: float) -> None:
    value, code = coerce("decimal", repr(number))
    assert code == ""
    assert math.isclose(value, number, abs_tol=0)


OFFSETS = st.integers(min_value=-12 * 60, max_value=14 * 60).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=OFFSETS,
)


@given(MOMENTS, MOMENTS)
def test_order_of_time_stamps_as_text_is_the_order_of_time(one: datetime, other: datetime) -> None:
    first, second = (coerce("dateTime", at.isoformat())[0] for at in (one, other))
    milliseconds = [int(at.astimezone(UTC).timestamp() * 1000 // 1) for at in (one, other)]
    if milliseconds[0] != milliseconds[1]:
        assert (first < second) == (one < other)
    assert len(first) == len("2014-06-03T13:20:00.000+00:00")


@given(st.dates())
def test_every_civil_day_is_read_back(day: Any) -> None:
    assert coerce("date", day.isoformat()) == (day.isoformat(), "")
