"""Columns of values → columns of cells."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from surveys.datasets.files.sheets import CellColumn, CellReader

ZONE = ZoneInfo("Asia/Bishkek")
EVENING = datetime(2014, 6, 3, 23, 30, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("kind", "values", "columns"),
    [
        ("integer", [1, None, 3], [[1, None, 3]]),
        ("integer", [1, ["b"], {"a": 1}], [[1, "b", "{'a': 1}"]]),
        ("select_multiple", [["a", "b"], None, []], [["a b", None, ""]]),
        ("date", ["2014-06-03", None, "soon"], [[date(2014, 6, 3), None, "soon"]]),
        ("date", ["2014-06-03", 7], [[date(2014, 6, 3), 7]]),
        ("dateTime", ["2014-06-03T17:30:00.000+00:00"], [[EVENING]]),
        ("geopoint", [{"lat": 1, "lon": 2}, None], [[1, None], [2, None], [None] * 2, [None] * 2]),
    ],
)
def test_values_become_cells(kind: str, values: list[Any], columns: list[list[Any]]) -> None:
    found = CellReader(CellColumn("q", kind), ZONE, " ").columns(values)
    assert [list(column) for column in found] == columns


def test_moment_is_told_by_the_clocks_of_the_zone() -> None:
    (column,) = CellReader(CellColumn("q", "dateTime"), ZONE, " ").columns([
        EVENING.astimezone(UTC).isoformat()
    ])  # fmt: skip
    assert column[0].isoformat() == "2014-06-03T23:30:00+06:00"
