"""Sheets → a zip of CSV files for spreadsheet programs and scripts. Pure.

UTF-8 with a byte order mark, so that Excel shows Ӯзбек and Өзгөн; RFC 4180 quoting and line ends.
Text that a spreadsheet would take for a formula gets a leading apostrophe.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from surveys.datasets.files.sheets import TEXTS, Cell, Known, Sheet

LEVEL = 1  # of zlib: a fifth larger than at 6, in a quarter of the time
NUMBERS = frozenset({int, float, Decimal, type(None)})
FORMULA_STARTS = frozenset("=+-@\t\r")


def write_csv_zip(path: Path, sheets: Iterable[Sheet], *, separator: str = ",") -> dict[str, int]:
    """Writes the zip; returns the rows of each file."""
    written = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for sheet in sheets:
            with archive.open(f"{sheet.name}.csv", "w", force_zip64=True) as raw:
                raw.write(codecs.BOM_UTF8 + _lines([sheet.header], separator))
                count, finish = 0, Known(_field)
                for block in sheet.blocks:
                    columns = [_fields(column, finish) for column in block]
                    raw.write(_lines(zip(*columns, strict=True), separator))
                    count += len(columns[0])
                written[sheet.name] = count
    return written


def _lines(rows: Iterable[Iterable[Any]], separator: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode()


def _fields(column: Sequence[Cell], finish: Known) -> Sequence[Any]:
    """A column of cells as `csv` shall write them: most of them as they are."""
    kinds = set(map(type, column))
    if kinds <= NUMBERS:
        return column
    if kinds <= TEXTS:
        risky = {text for text in set(column) if text and text[0] in FORMULA_STARTS}  # type: ignore[index]
        return [f"'{text}" if text in risky else text for text in column] if risky else column
    return [None if cell is None else finish[type(cell), cell] for cell in column]


def _field(typed: tuple[type, Cell]) -> Any:
    """One cell; its type is named since 1 and True are one key."""
    _, cell = typed
    if isinstance(cell, str):
        return f"'{cell}" if cell[:1] in FORMULA_STARTS else cell
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="milliseconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return int(cell) if isinstance(cell, bool) else cell


def count_csv_rows(path: Path) -> dict[str, int]:
    """Rows under the header of each file, read back from the disk."""
    with zipfile.ZipFile(path) as archive:
        return {name.removesuffix(".csv"): _rows(archive, name) - 1 for name in archive.namelist()}


def _rows(archive: zipfile.ZipFile, name: str) -> int:
    """Line ends outside of quotes; reading to the end checks the zip's sums too."""
    rows, quoted = 0, False
    with archive.open(name) as raw:
        while block := raw.read(1 << 20):
            for part in block.split(b'"'):
                rows += 0 if quoted else part.count(b"\n")
                quoted = not quoted
            quoted = not quoted  # the last part goes on in the next block
    return rows
