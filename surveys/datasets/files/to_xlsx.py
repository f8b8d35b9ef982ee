"""Sheets → one XLSX workbook, row by row, by openpyxl's write-only mode. Pure.

Dates are dates; text stays text, whatever it begins with; a table longer than a sheet goes on in
the next one. Cells hold at most 32,767 characters: longer text is cut and says so.
"""

import re
import tempfile
import zipfile
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from backend.said import Said
from surveys.datasets.files.sheets import Cell, Sheet
from surveys.datasets.files.variables import Losses

MOST_ROWS = 1_048_576  # of a sheet, its header included
MOST_COLUMNS = 16_384
MOST_CHARACTERS = 32_767
CUT = " …[cut]"
LONGEST_NAME = 31
FONT = "Calibri"  # has ң ө ү ғ қ ҳ ҷ ӣ ӯ, which Liberation Sans lacks
FORBIDDEN_IN_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Excel reads _x0041_ as "A"; the underscore is written as _x005F_ to keep such text.
LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
FIRST_DATE = date(1900, 3, 1)  # before it Excel's calendar is wrong or has no days
MOST_DIGITS = 15
ROW = re.compile(rb"<row[ >]")
LOST = Said("texts lose control characters, which Excel cannot hold")
SHORTENED = Said("texts are cut at {most} characters", most=f"{MOST_CHARACTERS:,}")


@dataclass(slots=True)
class _Page:
    """A sheet that is being written; `lost` says that the last row holds less than it was given."""

    page: Any
    lost: bool = False


def write_xlsx(
    path: Path,
    sheets: Iterable[Sheet],
    *,
    most_rows: int = MOST_ROWS,
    notes: list[Said] | None = None,
) -> dict[str, int]:
    """Writes the workbook; returns the rows of each sheet. `notes` gets what cells could not hold:
    how many, and of which columns.

    Raises ValueError where a table has more columns than a sheet holds.
    """
    book, written = Workbook(write_only=True), dict[str, int]()
    notes = [] if notes is None else notes
    try:
        _write_sheets(book, sheets, written, notes, most_rows)
        book.save(path)
    except BaseException:
        _abandon(book)
        raise
    return written


def xlsx_of(sheets: Iterable[Sheet]) -> bytes:
    """A workbook that is small enough to be held in memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        write_xlsx(path, sheets)
        return path.read_bytes()


def _write_sheets(
    book: Any,
    sheets: Iterable[Sheet],
    written: dict[str, int],
    notes: list[Said],
    most_rows: int,
) -> None:
    for sheet in sheets:
        if len(sheet.header) > MOST_COLUMNS:
            raise ValueError(f"{sheet.name} has more than {MOST_COLUMNS} columns")
        rows = iter(sheet.rows())
        _write_sheet(book, sheet, islice(rows, most_rows - 1), written, notes)
        for first in rows:  # the table goes on
            _write_sheet(book, sheet, chain([first], islice(rows, most_rows - 2)), written, notes)


def _abandon(book: Any) -> None:
    """openpyxl keeps each sheet in a temporary file, and a worker lives longer than an export."""
    for page in book.worksheets:
        with suppress(Exception):
            page.close()
        with suppress(Exception):
            page._writer.cleanup()


def count_xlsx_rows(path: Path) -> dict[str, int]:
    """Rows under the header of each sheet, read back from the disk; checks the zip's sums too."""
    with closing(load_workbook(path, read_only=True)) as book:
        names = book.sheetnames
    counts = {}
    with zipfile.ZipFile(path) as archive:
        for number, name in enumerate(names, 1):
            with archive.open(f"xl/worksheets/sheet{number}.xml") as raw:
                counts[name] = _count_rows(raw) - 1
    return counts


def sheet_name(name: str, taken: Container[str]) -> str:
    """A name Excel takes: at most 31 characters, none of `[]:*?/\\`, unlike any other's."""
    clean = FORBIDDEN_IN_NAME.sub("_", name).strip("'") or "sheet"
    chosen, number = clean[:LONGEST_NAME], 2
    while chosen.casefold() in taken or chosen.casefold() == "history":
        end = f" ({number})"
        chosen, number = clean[: LONGEST_NAME - len(end)] + end, number + 1
    return chosen


def _write_sheet(
    book: Any,
    sheet: Sheet,
    rows: Iterable[Sequence[Cell]],
    written: dict[str, int],
    notes: list[Said],
) -> None:
    name = sheet_name(sheet.name, {title.casefold() for title in written})
    page = book.create_sheet(name)
    page.freeze_panes = "A2"
    for at, title in enumerate(sheet.header, 1):
        page.column_dimensions[get_column_letter(at)].width = min(max(len(title) + 3, 11), 40)
    page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.header))}1"
    page.append([_header_cell(page, title) for title in sheet.header])
    count, losses, writing = 0, Losses(), _Page(page)
    for row in rows:
        page.append([_excel(writing, cell) for cell in row])
        count += 1
        if writing.lost:
            _note_losses(sheet.header, row, losses)
            writing.lost = False
    page.close()  # frees the sheet's buffers before the next one
    written[name] = count
    notes += losses.sentences(name)


def _note_losses(header: Sequence[str], row: Sequence[Cell], losses: Losses) -> None:
    for title, cell in zip(header, row, strict=True):
        if isinstance(cell, str):
            bare = NOT_IN_XML.sub("", cell)
            if bare != cell:
                losses.note(title, LOST)
            if len(LOOKS_ESCAPED.sub("_x005F_", bare)) > MOST_CHARACTERS:
                losses.note(title, SHORTENED)


def _header_cell(page: Any, title: str) -> Any:
    cell = _text_cell(page, NOT_IN_XML.sub("", title))
    cell.font = Font(name=FONT, bold=True)
    return cell


def _excel(page: _Page, cell: Cell) -> Any:
    """What openpyxl is handed: a value it types rightly by itself, or a cell typed here."""
    if isinstance(cell, str):
        return _text(page, cell)
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, int | Decimal) and _loses_digits(cell):
        return _text(page, str(cell))
    if isinstance(cell, datetime):
        # a spreadsheet has no time zones: the time of day as it was on the zone's clocks
        plain = cell.replace(tzinfo=None)
        return plain if plain.date() >= FIRST_DATE else cell.isoformat()
    if isinstance(cell, date) and cell < FIRST_DATE:
        return cell.isoformat()
    return cell


def _text(page: _Page, text: str) -> Any:
    clean = NOT_IN_XML.sub("", text)
    page.lost |= len(clean) < len(text)
    clean = LOOKS_ESCAPED.sub("_x005F_", clean)
    if len(clean) > MOST_CHARACTERS:
        clean, page.lost = clean[: MOST_CHARACTERS - len(CUT)] + CUT, True
    # openpyxl would make a formula of =… and an error of #N/A
    return _text_cell(page.page, clean) if clean[:1] in {"=", "#"} else clean


def _text_cell(page: Any, text: str) -> Any:
    cell = WriteOnlyCell(page)
    cell.value = text
    cell.data_type = "s"
    return cell


def _loses_digits(number: int | Decimal) -> bool:
    """Whether a float would not hold it: card numbers and the like are then kept as text."""
    return isinstance(number, int) and abs(number) >= 10**MOST_DIGITS


def _count_rows(raw: Iterable[bytes]) -> int:
    return sum(len(ROW.findall(chunk)) for chunk in _whole_tags(raw))


def _whole_tags(raw: Any) -> Iterator[bytes]:
    """The file in chunks that end where a tag begins, so that no `<row` is cut in two."""
    rest = b""
    while block := raw.read(1 << 20):
        head, _, tail = (rest + block).rpartition(b"<")
        yield head
        rest = b"<" + tail
    yield rest
