"""From a record's value to the cells of a file."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from surveys.datasets.files.sheets import CellColumn

DUSHANBE = ZoneInfo("Asia/Dushanbe")


@pytest.mark.parametrize(
    ("kind", "value", "cells"),
    [
        ("string", "2014-06-03", ("2014-06-03",)),
        ("date", "2014-06-03", (date(2014, 6, 3),)),
        ("date", "soon", ("soon",)),
        ("dateTime", "2014-06-03T13:20:00.000+00:00", (datetime(2014, 6, 3, 13, 20, tzinfo=UTC),)),
        ("dateTime", "0001-01-01T00:00:00.000+00:00", (datetime(1, 1, 1, tzinfo=UTC),)),
        ("integer", 5, (5,)),
        ("decimal", Decimal("0.10"), (Decimal("0.10"),)),
        ("boolean", False, (False,)),
        ("select_multiple", ["a", "b"], ("a b",)),
        ("geopoint", {"lat": 1.5, "lon": 2, "alt": None}, (1.5, 2, None, None)),
        ("geopoint", None, (None, None, None, None)),
        ("geotrace", [{"lat": 1, "lon": 2}, {"lat": 3, "lon": 4}], ("1 2 0 0; 3 4 0 0",)),
        ("string", None, (None,)),
        ("string", {"odd": 1}, ("{'odd': 1}",)),
    ],
)
def test_value_becomes_cells_of_its_type(kind: str, value: Any, cells: tuple[Any, ...]) -> None:
    column = CellColumn("q", kind)
    assert column.cells(value, DUSHANBE, " ") == cells
    assert len(column.header()) == len(cells)


def test_labels_stand_side_by_side_with_what_separates_them() -> None:
    column = CellColumn("q", "select_multiple")
    assert column.cells(["Own house", "Rent"], DUSHANBE, "; ") == ("Own house; Rent",)


def test_time_is_told_by_the_clocks_of_the_zone() -> None:
    (cell,) = CellColumn("q", "dateTime").cells("2014-06-03T20:20:00.000+00:00", DUSHANBE, " ")
    assert isinstance(cell, datetime)
    assert (cell.day, cell.hour) == (4, 1)


def test_point_names_its_four_columns() -> None:
    assert CellColumn("gps", "geopoint").header() == ("gps_lat", "gps_lon", "gps_alt", "gps_acc")
