"""Workbooks: what goes in comes out, by openpyxl, and hostile text does no harm."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from surveys.datasets.files.sheet_xml import MOST_CHARACTERS
from surveys.datasets.files.sheets import Cell, sheet_of_rows
from surveys.datasets.files.to_xlsx import (
    FORBIDDEN_IN_NAME,
    count_xlsx_rows,
    sheet_name,
    write_xlsx,
)


def written(path: Path, *cells: Cell) -> list[object]:
    """The cells of one row after a round trip."""
    file = path / "x.xlsx"
    write_xlsx(file, [sheet_of_rows("s", [f"c{at}" for at, _ in enumerate(cells)], [cells])])
    return [cell.value for cell in load_workbook(file)["s"][2]]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("Ҷумҳурии Тоҷикистон, Өзгөн", "Ҷумҳурии Тоҷикистон, Өзгөн"),
        ("=cmd|'/c calc'!A0", "=cmd|'/c calc'!A0"),
        ("+996 555 12 34 56", "+996 555 12 34 56"),
        ("-1", "-1"),
        ("@sum", "@sum"),
        ("#N/A", "#N/A"),
        ("00123", "00123"),
        ("a\x00b\x1fc\ud800", "abc"),
        ("_x0041_", "_x005F_x0041_"),  # what Excel shows as _x0041_
        ("two\nlines", "two\nlines"),
        ("  spaces  ", "  spaces  "),
        (5, 5),
        (-0.5, -0.5),
        (Decimal("0.10"), 0.1),
        (10**15 - 1, 10**15 - 1),
        (1234567890123456, "1234567890123456"),
        (True, 1),
        (date(2014, 6, 3), datetime(2014, 6, 3)),  # noqa: DTZ001  openpyxl reads dates so
        (datetime(2014, 6, 3, 13, 20, tzinfo=UTC), datetime(2014, 6, 3, 13, 20)),  # noqa: DTZ001
        (date(1899, 12, 31), "1899-12-31"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00+00:00"),
        (None, None),
    ],
)
def test_cell_comes_back_as_it_should(tmp_path: Path, cell: Cell, found: object) -> None:
    assert written(tmp_path, cell, "end") == [found, "end"]


def test_text_too_long_for_a_cell_says_that_it_was_cut(tmp_path: Path) -> None:
    (text, _) = written(tmp_path, "я" * 40_000, "end")
    assert isinstance(text, str)
    assert len(text) == MOST_CHARACTERS
    assert text.endswith("я …[cut]")


def test_text_that_is_just_as_long_as_a_cell_is_no_loss(tmp_path: Path) -> None:
    notes: list[str] = []
    rows = [["я" * MOST_CHARACTERS, "=" * MOST_CHARACTERS], ["=" + "я" * MOST_CHARACTERS, "a\tb"]]
    write_xlsx(tmp_path / "x.xlsx", [sheet_of_rows("s", ["a", "b"], rows)], notes=notes)
    assert notes == ["s.a: 1 texts are cut at 32,767 characters"]


@settings(deadline=None, max_examples=40)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=20))
def test_any_text_leaves_a_workbook_that_opens(tmp_path_factory: object, text: str) -> None:
    folder = tmp_path_factory.mktemp("any")  # type: ignore[attr-defined]
    (found, _) = written(folder, text, "end")
    assert isinstance(found, str | None)


def test_table_longer_than_a_sheet_goes_on_in_the_next(tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    rows = [[number] for number in range(7)]
    sheets = write_xlsx(
        file, [sheet_of_rows("s", ["n"], rows), sheet_of_rows("t", ["n"], [])], most_rows=4
    )
    assert sheets == {"s": 3, "s (2)": 3, "s (3)": 1, "t": 0} == count_xlsx_rows(file)
    book = load_workbook(file)
    found = [row[0].value for name in book.sheetnames[:3] for row in book[name].iter_rows(2)]
    assert found == list(range(7))


def test_table_that_fills_a_sheet_exactly_needs_no_second(tmp_path: Path) -> None:
    sheets = write_xlsx(tmp_path / "x.xlsx", [sheet_of_rows("s", ["n"], [[1], [2]])], most_rows=3)
    assert sheets == {"s": 2}


def test_row_count_sees_through_text_that_looks_like_a_row(tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    write_xlsx(file, [sheet_of_rows("s", ["n"], [["<row r='1'>"], ["</row>"]] * 5000)])
    assert count_xlsx_rows(file) == {"s": 10_000}


def test_table_with_more_columns_than_a_sheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="wide has more than"):
        write_xlsx(tmp_path / "x.xlsx", [sheet_of_rows("wide", ["c"] * 16_385, [])])


@given(st.lists(st.text(max_size=40), max_size=8))
def test_sheet_names_are_what_excel_takes_and_unlike_each_other(names: list[str]) -> None:
    taken: set[str] = set()
    for name in names:
        chosen = sheet_name(name, taken)
        assert 1 <= len(chosen) <= 31
        assert not FORBIDDEN_IN_NAME.search(chosen)
        assert chosen.casefold() not in taken | {"history"}
        taken.add(chosen.casefold())
