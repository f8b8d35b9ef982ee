"""Rows of a list as a partner keeps it: CSV or XLSX, by content; the only reader of both here."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from backend.said import Said
from surveys.linkage.list_header import header_of

MOST_COLUMNS = 300
Line = tuple[int, list[str]]  # where it stands in the file, and its cells
_WORKBOOK, _OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


class ListError(ValueError):
    """A file that is no list at all. `code`: list_unreadable, list_empty, list_columns_unknown."""

    def __init__(self, code: str, words: Said) -> None:
        super().__init__(words)
        self.code, self.words = code, words


@dataclass(frozen=True, slots=True)
class Row:
    """A row below the header: the line or sheet row it stands in, and its cells by column."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_sheet(path: Path) -> Sheet:
    """The list below its header, which may stand under a title or take two rows.

    Raises ListError: list_unreadable, list_empty.
    """
    lines = read_lines(path.read_bytes())
    header = header_of([cells for _, cells in lines])
    if header is None:
        raise ListError("list_empty", Said("{name} holds no row with a header.", name=path.name))
    above, columns = header
    return Sheet(columns, tuple(_rows(columns, lines[above:])))


def read_lines(raw: bytes) -> list[Line]:
    """The rows of a CSV or XLSX file that hold anything, as text. Raises ListError."""
    if raw.startswith(_OLD_WORKBOOK):
        raise ListError(
            "list_unreadable",
            Said("This is an old .xls, or has a password: save it as an open .xlsx."),
        )
    return _xlsx(raw) if raw.startswith(_WORKBOOK) else list(_csv(raw))


def _rows(columns: tuple[str, ...], lines: list[Line]) -> Iterator[Row]:
    for line, cells in lines:
        yield Row(line, dict(zip(columns, cells, strict=False)))


def _csv(raw: bytes) -> Iterator[Line]:
    text = _decoded(raw)
    head = text[:20_000]
    delimiter = max(";\t,", key=lambda mark: head.count(mark))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begun = 1
    try:
        for cells in reader:
            if reader.line_num > begun and _is_cut(cells, text):
                words = Said(
                    "Line {line}: a quotation mark opens here and is never closed.", line=begun
                )
                raise ListError("list_unreadable", words)
            begun = reader.line_num + 1
            if any(cells):
                yield reader.line_num, [cell.strip() for cell in cells[:MOST_COLUMNS]]
    except csv.Error as error:
        words = Said("Line {line}: {error}.", line=begun, error=str(error))
        raise ListError("list_unreadable", words) from error


def _is_cut(cells: list[str], text: str) -> bool:
    """Whether this row of several lines is the rest of the file, swallowed by a quotation mark."""
    return bool(cells) and text.endswith(cells[-1]) and text.count('"') % 2 == 1


def _decoded(raw: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, or what Excel in Russian writes.

    A few broken letters do not make UTF-8 something else.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    text = raw.decode("utf-8-sig", "replace")
    broken = text.count("\ufffd")
    if broken and broken * 10 > sum(map(len, _NOT_ASCII.findall(text))):
        return raw.decode("cp1251", "replace")
    return text


def _xlsx(raw: bytes) -> list[Line]:
    """The rows of the first sheet that has any."""
    try:
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        return next(filter(None, map(_sheet_lines, book.worksheets)), [])
    except Exception as error:  # whatever openpyxl meets in a broken workbook
        words = Said("This is no workbook we can read: {error}.", error=str(error))
        raise ListError("list_unreadable", words) from error


def _sheet_lines(sheet: Any) -> list[Line]:
    sheet.reset_dimensions()  # what a file says of its size may be wrong
    lines = []
    for line, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        said = [_text(cell) for cell in cells[:MOST_COLUMNS]]
        if any(said):
            lines.append((line, said))
    return lines


def _text(cell: Any) -> str:
    """A typed cell as text: dates as ISO, whole numbers without a point."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat() if cell.time() != datetime.min.time() else cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
