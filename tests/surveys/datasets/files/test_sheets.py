"""JSON texts of a column → its cells."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from surveys.datasets.files.sheets import Cell, CellColumn
from surveys.datasets.files.text_sheets import TextColumn

ZONE = ZoneInfo("Asia/Bishkek")
EVENING = datetime(2014, 6, 3, 23, 30, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("kind", "text", "cells"),
    [
        ("integer", "1", (1,)),
        ("integer", "null", (None,)),
        ("integer", "12345678901234567890123", (12345678901234567890123,)),
        ("integer", '["b"]', ("b",)),
        ("integer", '{"a": 1}', ("{'a': 1}",)),
        ("decimal", "-0.5", (-0.5,)),
        ("select_multiple", '["a", "b"]', ("a b",)),
        ("select_multiple", "[]", ("",)),
        ("date", '"2014-06-03"', (date(2014, 6, 3),)),
        ("date", '"soon"', ("soon",)),
        ("date", "7", (7,)),
        ("dateTime", '"2014-06-03T17:30:00.000+00:00"', (EVENING,)),
        ("geopoint", '{"lat": 1, "lon": 2}', (1, 2, None, None)),
        ("geopoint", "null", (None, None, None, None)),
    ],
)
def test_texts_become_cells(kind: str, text: str, cells: tuple[Cell, ...]) -> None:
    assert TextColumn(CellColumn("q", kind)).cells(text, ZONE, " ") == cells


def test_moment_is_told_by_the_clocks_of_the_zone() -> None:
    text = f'"{EVENING.astimezone(UTC).isoformat()}"'
    (cell,) = TextColumn(CellColumn("q", "dateTime")).cells(text, ZONE, " ")
    assert isinstance(cell, datetime)
    assert cell.isoformat() == "2014-06-03T23:30:00+06:00"


def test_what_becomes_of_a_value_is_asked_of_values_alone() -> None:
    column = TextColumn(CellColumn("q", "select_one"), {"a": "Алма"}.__getitem__)
    assert [column.cells(text, ZONE, " ") for text in ('"a"', "null")] == [("Алма",), (None,)]
