"""A table as JSON texts makes the same file as its typed cells, whatever the texts hold."""

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from surveys.datasets.files.sheets import Cell, CellColumn, Sheet, sheet_of_rows
from surveys.datasets.files.text_sheets import TextColumn, TextSheet
from surveys.datasets.files.to_csv import write_csv_zip
from surveys.datasets.files.to_xlsx import count_xlsx_rows, write_xlsx

ZONE = ZoneInfo("Asia/Dushanbe")
KINDS = ("string", "integer", "boolean", "date", "dateTime", "select_multiple", "geopoint")
COLUMNS = [
    *(TextColumn(CellColumn(kind, kind)) for kind in KINDS),
    TextColumn(CellColumn("label", "select_one"), lambda code: {"a": "=Алма"}.get(code, code)),
    TextColumn(CellColumn("mixed", "string"), mixed=True),
    TextColumn(CellColumn("end", "string")),
]
TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
HOSTILE = st.sampled_from([
    "=1+1", "+996", "-", "@x", "\tx", 'say "so", twice', "two\nlines", "back\\slash", "a\r\nb",
    "null", "true", "[1]", "{}", "_x0041_", " blanks ", "<b>&", "\ufffe", "", "Ҷумҳурии, Өзгөн;",
])  # fmt: skip
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(-1e6, 1e6).map(lambda n: round(n, 3) + 0.0)
POINTS = st.fixed_dictionaries(
    {"lat": st.integers(0, 9), "lon": st.integers(0, 9), "alt": st.none()}
)
NULL = object()  # as it may be stored, beside nothing at all
VALUES = st.tuples(
    TEXTS | HOSTILE | st.just(NULL),
    st.none() | st.just(NULL) | NUMBERS,
    st.none() | st.booleans(),
    st.none() | st.sampled_from(["2014-06-03", "1899-12-31"]),
    st.none() | st.sampled_from(["2014-06-03T17:30:00.000+00:00", "0001-01-02T00:00:00.000+00:00"]),
    st.none() | st.lists(HOSTILE, max_size=3),
    st.none() | POINTS,
    st.none() | st.sampled_from(["a", "b", "=b"]),
    st.none() | st.lists(HOSTILE, max_size=2) | POINTS | HOSTILE | st.integers(0, 5),
    st.just("."),
)


def as_texts(rows: Sequence[Sequence[Any]]) -> TextSheet:
    dumped = [[_text(value) for value in row] for row in rows]
    return TextSheet("s", COLUMNS, [dumped[:2], dumped[2:]], ZONE)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if value is NULL:
        return "null"
    return str(value) if type(value) is int else orjson.dumps(value).decode()


def as_cells(rows: Sequence[Sequence[Any]]) -> Sheet:
    sheet = as_texts(rows)
    cells = [
        [cell for read, text in zip(sheet.readers(), row, strict=True) for cell in read(text)]
        for chunk in sheet.chunks
        for row in chunk
    ]
    return sheet_of_rows("s", sheet.header, cells)


def csv_of(path: Path, sheet: Sheet | TextSheet, separator: str) -> list[list[str]]:
    write_csv_zip(path, [sheet], separator=separator)
    with zipfile.ZipFile(path) as archive:
        text = archive.read("s.csv").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def xlsx_of(path: Path, sheet: Sheet | TextSheet) -> tuple[list[tuple[Cell, ...]], list[str]]:
    notes: list[Any] = []
    write_xlsx(path, [sheet], notes=notes)
    page = load_workbook(path)["s"]
    return list(page.iter_rows(values_only=True)), [str(note) for note in notes]  # type: ignore[arg-type]


@pytest.mark.parametrize("separator", [",", ";"])
@settings(deadline=None, max_examples=60)
@given(rows=st.lists(VALUES, max_size=4))
def test_csv_of_texts_reads_as_that_of_cells(
    tmp_path_factory: pytest.TempPathFactory, separator: str, rows: list[tuple[Any, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("csv")
    found = csv_of(folder / "texts.zip", as_texts(rows), separator)
    assert found == csv_of(folder / "cells.zip", as_cells(rows), separator)
    assert len(found) == len(rows) + 1


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(VALUES, max_size=4))
def test_workbook_of_texts_reads_as_that_of_cells(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("xlsx")
    found = xlsx_of(folder / "texts.xlsx", as_texts(rows))
    assert found == xlsx_of(folder / "cells.xlsx", as_cells(rows))
    assert count_xlsx_rows(folder / "texts.xlsx") == {"s": len(rows)}


def test_what_texts_lose_is_counted_row_by_row_in_a_workbook(tmp_path: Path) -> None:
    row = ("\x01", 7, True, None, None, ["\x02", "y"], None, "b", None, ".")
    _, notes = xlsx_of(tmp_path / "x.xlsx", as_texts([row, row]))
    words = "2 texts lose control characters, which Excel cannot hold"
    assert notes == [f"s.string: {words}", f"s.select_multiple: {words}"]


def test_two_readers_find_in_a_workbook_of_texts_what_went_in(tmp_path: Path) -> None:
    row = (
        "Ӯзбек",
        7,
        False,
        "2014-06-03",
        None,
        ["x", "y"],
        {"lat": 40.5, "lon": 70},
        "b",
        2.5,
        ".",
    )
    file = tmp_path / "x.xlsx"
    (_, values), notes = xlsx_of(file, as_texts([row]))
    assert not notes
    assert [str(each) for each in values] == [
        "Ӯзбек", "7", "0", "2014-06-03 00:00:00", "None", "x y", "40.5", "70", "None", "None", "b",
        "2.5", ".",
    ]  # fmt: skip
    with CalamineWorkbook.from_path(str(file)) as book:
        (header, line) = book.get_sheet_by_name("s").to_python()
    assert header[0] == "string"
    assert [str(each) for each in line] == [
        "Ӯзбек", "7.0", "0.0", "2014-06-03", "", "x y", "40.5", "70.0", "", "", "b", "2.5", ".",
    ]  # fmt: skip
