"""CSV: what a spreadsheet and a script both read rightly."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.datasets.files.sheets import Cell, Sheet, sheet_of_rows
from surveys.datasets.files.to_csv import count_csv_rows, write_csv_zip


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


def test_a_column_of_many_kinds_is_written_cell_by_cell(tmp_path: Path) -> None:
    """1 and True are one key of a dictionary, 1.0 too: each is written as its kind is."""
    cells: list[Cell] = [1, True, 1.0, "=1", None, date(2014, 6, 3), False, 0]
    file = tmp_path / "x.zip"
    write_csv_zip(file, [Sheet("s", ["c", "end"], [[cells, ["."] * len(cells)]])])
    with zipfile.ZipFile(file) as archive:
        lines = archive.read("s.csv").decode("utf-8-sig").split()[1:]
    assert lines == ["1,.", "1,.", "1.0,.", "'=1,.", ",.", "2014-06-03,.", "0,.", "0,."]
