"""Cells of the log as a sheet, both ways: nothing in them is ever a formula. Pure.

Text that a spreadsheet program might evaluate leaves with an apostrophe before it, and loses that
apostrophe when it comes back.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

from openpyxl import load_workbook

from backend.said import Said
from surveys.xforms.findings import WorkbookError
from surveys.xforms.workbook import without_dimensions, workbook_kind

SHEET = "corrections"
# What an import reads; a sheet of ours has more columns, which say what became of it.
READ = ("id", "record", "row", "path", "action", "old", "new", "source", "reason")
NEEDED = frozenset({"record", "path", "action", "new", "source", "reason"})
MOST_ROWS = 5000
_STARTS = re.compile(r"'*[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with one cell; `row` as the spreadsheet counts, 0 for the sheet as a whole."""

    row: int
    column: str
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row as text; `masked`: its answers were withheld from whoever exported it."""

    number: int
    cells: dict[str, str]

    @property
    def masked(self) -> bool:
        return self.cells.get("masked", "") == "yes"


def neutral(text: str) -> str:
    """The text with an apostrophe before it where a program would take it for a formula."""
    return f"'{text}" if _STARTS.match(text) else text


def restored(text: str) -> str:
    """What `neutral` was given."""
    return text[1:] if text.startswith("'") and _STARTS.match(text) else text


def read_log(content: bytes) -> tuple[list[SheetRow], list[CellFault]]:
    """The rows of the sheet `corrections`, and every cell that cannot be read.

    Raises `WorkbookError` for what is no workbook, or a dangerous one.
    """
    if workbook_kind(content) != ".xlsx":
        raise WorkbookError(
            "workbook_unreadable", reason=Said("Save it as .xlsx and upload again.")
        )
    try:
        book = load_workbook(BytesIO(without_dimensions(content)), read_only=True)
        if SHEET not in book.sheetnames:
            return [], [CellFault(0, "", "sheet_missing", SHEET)]
        lines = book[SHEET].iter_rows(max_row=MOST_ROWS + 2)
        return _read(list(lines))
    except (KeyError, ValueError, TypeError, AttributeError, OSError) as error:
        raise WorkbookError(
            "workbook_unreadable", reason=Said("The workbook is damaged. Export it again.")
        ) from error


def _read(lines: Sequence[Sequence[Any]]) -> tuple[list[SheetRow], list[CellFault]]:
    header = [str(cell.value or "").strip().lower() for cell in lines[0]] if lines else []
    faults = [CellFault(1, name, "column_missing") for name in sorted(NEEDED - set(header))]
    faults += [CellFault(1, n, "column_twice") for n in READ if header.count(n) > 1]
    if len(lines) > MOST_ROWS + 1:
        faults.append(CellFault(0, "", "too_many_rows", str(MOST_ROWS)))
    if faults:
        return [], faults
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        pairs = list(zip(header, line, strict=False))
        if not any(cell.value not in (None, "") for _, cell in pairs):
            continue
        faults += _formulas(number, pairs)
        rows.append(SheetRow(number, {name: _text(cell.value) for name, cell in pairs if name}))
    return rows, [*faults, *(fault for row in rows for fault in _bad_ids(row))]


def _formulas(number: int, pairs: Sequence[tuple[str, Any]]) -> Iterator[CellFault]:
    for name, cell in pairs:
        if name in READ and getattr(cell, "data_type", "") in {"f", "e"}:
            yield CellFault(number, name, "formula")


def _bad_ids(row: SheetRow) -> Iterator[CellFault]:
    for name in ("id", "record", "row"):
        text = row.cells.get(name, "")
        if name == "record" and not text:
            yield CellFault(row.number, name, "empty")
        elif text and as_id(text) is None:
            yield CellFault(row.number, name, "no_id")
    drops = row.cells.get("action", "") == "drop"
    for name in ("path", "action", "source", "reason"):
        if not row.cells.get(name, "") and not (name == "path" and drops):
            yield CellFault(row.number, name, "empty")


def as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _text(value: Any) -> str:
    """As a tablet would write it: whole numbers without a point, days as ISO."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return restored(str(value)).strip()
