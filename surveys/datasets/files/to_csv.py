"""Sheets → a zip of CSV files for spreadsheet programs and scripts. Pure.

UTF-8 with a byte order mark, so that Excel shows Ӯзбек and Өзгөн; RFC 4180 quoting and line ends.
Text that a spreadsheet would take for a formula gets a leading apostrophe.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from surveys.datasets.files.sheets import Cell, Sheet

LEVEL = 1  # of zlib: a fifth larger than at 6, in a quarter of the time
END = "\r\n"
# What Python writes as it stands: whole, or with so few digits that a double gives them back.
SHORT_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,14}|-?[1-9][0-9]{0,9}\.([0-9]{0,3}[1-9]|0)")
PLAIN_TEXT = re.compile(r'"(?![=+@\t\r-])[^\\",;\r\n]*"')
FORMULA_STARTS = frozenset("=+-@\t\r")


def write_csv_zip(path: Path, sheets: Iterable[Sheet], *, separator: str = ",") -> dict[str, int]:
    """Writes the zip; returns the rows of each file."""
    written, quoted = {}, _quoting(separator)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for sheet in sheets:
            with (
                archive.open(f"{sheet.name}.csv", "w", force_zip64=True) as raw,
                io.TextIOWrapper(raw, "utf-8-sig", newline="") as text,
            ):
                text.write(separator.join(map(quoted, sheet.header)) + END)
                count = 0
                for columns in sheet.columns(_fields(quoted), _field_of_text):
                    text.write(_lines(columns, separator))
                    count += len(columns[0])
                written[sheet.name] = count
    return written


def _lines(columns: Sequence[Sequence[str]], separator: str) -> str:
    """Rows of fields; one that is empty and alone is quoted, since it would be no row."""
    if len(columns) == 1:
        return "".join((field or '""') + END for field in columns[0])
    return END.join([*map(separator.join, zip(*columns, strict=True)), ""])


def _quoting(separator: str) -> Callable[[str], str]:
    """As `csv` does it where only what must be is quoted."""
    special = re.compile(f'[{re.escape(separator)}"\r\n]')

    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if special.search(text) else text

    return quoted


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


def _field_of_text(text: str) -> str | None:
    """The field of a JSON text, where that is the text itself or what stands in its quotes."""
    if SHORT_NUMBER.fullmatch(text):
        return text
    return text[1:-1] if PLAIN_TEXT.fullmatch(text) else None


def _fields(quoted: Callable[[str], str]) -> Callable[[Cell], str]:
    """How a cell is written; numbers need no quotes."""
    writers: dict[type, Callable[[Any], str]] = {
        type(None): lambda _: "",
        str: lambda text: quoted(f"'{text}" if text[:1] in FORMULA_STARTS else text),
        datetime: lambda moment: moment.isoformat(timespec="milliseconds"),
        date: date.isoformat,
        bool: lambda flag: str(int(flag)),
    }
    return lambda cell: writers.get(type(cell), str)(cell)
