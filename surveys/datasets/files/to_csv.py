"""Sheets → a zip of CSV files for spreadsheet programs and scripts. Pure.

UTF-8 with a byte order mark, so that Excel shows Ӯзбек and Өзгөн; RFC 4180 quoting and line ends.
Text that a spreadsheet would take for a formula gets a leading apostrophe.
"""

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from surveys.datasets.files.sheets import Sheet

NUMBERS = frozenset({type(None), int, float, Decimal})  # csv writes them as they are
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv_zip(path: Path, sheets: Iterable[Sheet], *, separator: str = ",") -> dict[str, int]:
    """Writes the zip; returns the rows of each file."""
    written = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for sheet in sheets:
            with (
                archive.open(f"{sheet.name}.csv", "w", force_zip64=True) as raw,
                io.TextIOWrapper(raw, "utf-8-sig", newline="") as text,
            ):
                writer = csv.writer(text, delimiter=separator)
                writer.writerow(sheet.header)
                count = 0
                for row in sheet.rows:
                    writer.writerow([c if type(c) in NUMBERS else _plain(c) for c in row])
                    count += 1
                written[sheet.name] = count
    return written


def count_csv_rows(path: Path) -> dict[str, int]:
    """Rows under the header of each file, read back from the disk."""
    counts = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as raw:
                lines = csv.reader(io.TextIOWrapper(raw, "utf-8-sig", newline=""))
                counts[name.removesuffix(".csv")] = sum(1 for _ in lines) - 1
    return counts


def _plain(cell: Any) -> str | int:
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="milliseconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return int(cell)  # true and false
