"""Rows of a list as a partner keeps it: CSV or XLSX, by content; the only reader of both here."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

MOST_COLUMNS = 300


class ListError(ValueError):
    """A file that is no list at all. `code`: list_unreadable, list_empty, list_columns_unknown."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


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
    """The list with its header, which is the first row that holds two cells or more."""
    raw = path.read_bytes()
    lines = list(_xlsx(raw) if zipfile.is_zipfile(io.BytesIO(raw)) else _csv(raw))
    for at, (_, cells) in enumerate(lines):
        if sum(bool(cell) for cell in cells) >= 2 or len(lines) == 1:
            columns = _named(cells)
            return Sheet(columns, tuple(_rows(columns, lines[at + 1 :])))
    raise ListError("list_empty", f"{path.name} holds no row with a header.")


def _named(cells: list[str]) -> tuple[str, ...]:
    """Column names; those that are empty or come twice are told apart by their place."""
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = " ".join(cell.split())
        names.append(name if name and name not in names else f"{name or 'column'} {place}")
    return tuple(names)


def _rows(columns: tuple[str, ...], lines: list[tuple[int, list[str]]]) -> Iterator[Row]:
    for line, cells in lines:
        if any(cells):
            yield Row(line, dict(zip(columns, cells, strict=False)))


def _csv(raw: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(raw)
    head = text[:20_000]
    delimiter = max(";\t,", key=lambda mark: head.count(mark))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells[:MOST_COLUMNS]]
    except csv.Error as error:
        raise ListError("list_unreadable", f"Line {reader.line_num}: {error}.") from error


def _decoded(raw: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, or what Excel in Russian writes."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1251", "replace")


def _xlsx(raw: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        sheet = next(iter(book.worksheets))
        for line, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield line, [_text(cell) for cell in cells[:MOST_COLUMNS]]
    except Exception as error:  # whatever openpyxl meets in a broken workbook
        raise ListError("list_unreadable", f"This is no workbook we can read: {error}.") from error


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
