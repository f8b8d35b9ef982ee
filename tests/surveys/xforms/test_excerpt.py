"""A finding with its row of the spreadsheet."""

from surveys.xforms.excerpt import MOST_COLUMNS, excerpt
from surveys.xforms.findings import Finding
from surveys.xforms.sheets import Sheets, sheet

HEADERS = ["type", "name", *(f"c{n}" for n in range(12)), "privacy"]
ROW = {"type": "text", "name": "a", **{f"c{n}": f"x{n}" for n in range(12)}, "privacy": "opne"}
SHEETS = Sheets(survey=sheet("survey", HEADERS, [ROW]))


def test_bad_cell_is_among_the_first_filled_ones_in_the_sheets_order() -> None:
    shown = excerpt(SHEETS, Finding("?", "survey", 2, "privacy"))

    assert len(shown.cells) == MOST_COLUMNS
    assert [cell.header for cell in shown.cells[:2]] == ["type", "name"]
    assert [cell.text for cell in shown.cells if cell.bad] == ["opne"]
    assert shown.cells[-1].bad


def test_column_that_is_missing_stands_last_and_is_empty() -> None:
    shown = excerpt(SHEETS, Finding("?", "survey", 2, "label"))

    assert [(c.header, c.text) for c in shown.cells if c.bad] == [("label", "")]


def test_finding_of_a_whole_row_marks_the_row() -> None:
    shown = excerpt(SHEETS, Finding("?", "survey", 2))

    assert shown.row_bad
    assert not any(cell.bad for cell in shown.cells)


def test_finding_of_a_header_shows_the_headers() -> None:
    shown = excerpt(SHEETS, Finding("?", "survey", 1, "privacy"))

    assert [cell.text for cell in shown.cells if cell.bad] == ["privacy"]


def test_long_cells_are_cut_and_a_finding_without_a_place_has_none() -> None:
    long = Sheets(survey=sheet("survey", ["name"], [{"name": "я" * 500}]))

    (cell,) = excerpt(long, Finding("?", "survey", 2, "name")).cells
    assert (len(cell.text), cell.text[-1]) == (80, "…")
    assert excerpt(long, Finding("?")).cells == ()
    assert excerpt(None, Finding("?", "survey", 2, "name")).cells == ()
