"""CSV: what a spreadsheet and a script both read rightly."""

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.datasets.files.sheets import Cell, Sheet, TextReader, sheet_of_rows
from surveys.datasets.files.to_csv import (
    _field_of_text,
    _fields,
    _quoting,
    count_csv_rows,
    write_csv_zip,
)


def line(folder: Path, *cells: Cell, separator: str = ",") -> str:
    file = folder / "x.zip"
    header = [f"c{at}" for at, _ in enumerate(cells)]
    assert write_csv_zip(file, [sheet_of_rows("s", header, [cells])], separator=separator) == {
        "s": 1
    }
    assert count_csv_rows(file) == {"s": 1}
    with zipfile.ZipFile(file) as archive:
        return archive.read("s.csv").decode("utf-8-sig").partition("\r\n")[2]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("Ӯзбекҳо", "Ӯзбекҳо"),
        ("=1+1", "'=1+1"),
        ("+996", "'+996"),
        ("-", "'-"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ('say "so", twice', '"say ""so"", twice"'),
        ("two\nlines", '"two\nlines"'),
        (-5, "-5"),
        (Decimal("12345678901234567890.123"), "12345678901234567890.123"),
        (True, "1"),
        (None, ""),
        (date(2014, 6, 3), "2014-06-03"),
        (datetime(2014, 6, 3, 13, 20, tzinfo=UTC), "2014-06-03T13:20:00.000+00:00"),
    ],
)
def test_cell_is_written_so_that_it_reads_back(tmp_path: Path, cell: Cell, found: str) -> None:
    assert line(tmp_path, cell, "end") == f"{found},end\r\n"


def test_semicolon_separates_for_those_who_need_it(tmp_path: Path) -> None:
    assert line(tmp_path, "a,b", "c;d", separator=";") == 'a,b;"c;d"\r\n'


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"))))
def test_any_text_reads_back_but_for_the_apostrophe(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    text = line(tmp_path_factory.mktemp("any"), "first", *texts)
    (row,) = csv.reader(io.StringIO(text, newline=""))
    assert [cell.removeprefix("'") for cell in row[1:]] == [t.removeprefix("'") for t in texts]


@given(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text())
def test_short_way_from_json_gives_the_same_field(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    found = _field_of_text(text)
    for separator in (",", ";"):
        long_way = _fields(_quoting(separator))(json.loads(text))
        assert found is None or found == long_way


def test_equal_texts_are_read_once_and_fill_as_many_cells_as_the_header_has(tmp_path: Path) -> None:
    asked: list[str] = []

    def point(text: str) -> list[Cell]:
        asked.append(text)
        return json.loads(text) or [None, None]

    blocks = [[['"a"', "1.50"], ["[1, 2]", "null"]], [['"=b"', "true"], ["[1, 2]", "[3, 4]"]]]
    readers = [TextReader(lambda text: [json.loads(text)], as_it_is=True), TextReader(point, 2)]
    sheet = Sheet("s", ["q", "lat", "lon"], blocks, readers)
    assert write_csv_zip(tmp_path / "x.zip", [sheet]) == {"s": 4}
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        lines = archive.read("s.csv").decode("utf-8-sig").split("\r\n")
    assert lines == ["q,lat,lon", "a,1,2", "1.5,,", "'=b,1,2", "1,3,4", ""]
    assert asked == ["[1, 2]", "null", "[3, 4]"]
