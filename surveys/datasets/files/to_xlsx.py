"""Sheets → one XLSX workbook: openpyxl's, with rows by `sheet_xml.py`. Pure.

Dates are dates; text stays text, whatever it begins with; a table longer than a sheet goes on in
the next one. Cells hold at most 32,767 characters: longer text is cut and says so.
"""

import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.xml.functions import fromstring

from backend.said import Said
from surveys.datasets.files.sheet_xml import FIRST_DATE, NOT_IN_XML, RowsXml, Styles
from surveys.datasets.files.sheets import CannotHold, Sheet
from surveys.datasets.files.text_sheets import TextSheet
from surveys.datasets.files.variables import Losses

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576  # of a sheet, its header included
MOST_COLUMNS = 16_384
ROWS_AT_ONCE = 250
LEVEL = 1  # of zlib: the quickest
LONGEST_NAME = 31
FONT = "Calibri"  # has ң ө ү ғ қ ҳ ҷ ӣ ӯ, which Liberation Sans lacks
FORBIDDEN_IN_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
PAGES = "xl/worksheets/"
ROW = re.compile(rb"<row[ >]")
STYLE = re.compile(rb'<c r="[AB]2" s="(\d+)"')
Row = Callable[[int], str]  # a row's XML, by its number in its sheet


def write_xlsx(
    path: Path,
    sheets: Iterable[Sheet | TextSheet],
    *,
    most_rows: int = MOST_ROWS,
    notes: list[Said] | None = None,
) -> dict[str, int]:
    """Writes the workbook; returns the rows of each sheet. `notes` gets what cells could not hold:
    how many, and of which columns.

    Raises CannotHold where a table has more columns than a sheet holds.
    """
    headers, written = dict[str, Sequence[str]](), dict[str, int]()
    notes = [] if notes is None else notes
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for sheet in sheets:
            if len(sheet.header) > MOST_COLUMNS:
                raise CannotHold(f"{sheet.name} has more than {MOST_COLUMNS} columns")
            rows = RowsXml(sheet, _styles())
            for page in _pages(iter(rows), most_rows - 1):
                name = sheet_name(sheet.name, {title.casefold() for title in headers})
                headers[name] = rows.header
                with archive.open(_part(len(headers)), "w", force_zip64=True) as raw:
                    written[name] = _write_page(raw, name, rows.header, page)
                notes += rows.losses.sentences(name)
                rows.losses = Losses()
        for name, content in _parts(headers):
            if not name.startswith(PAGES):
                archive.writestr(name, content)
    return written


def xlsx_of(sheets: Iterable[Sheet]) -> bytes:
    """A workbook that is small enough to be held in memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        write_xlsx(path, sheets)
        return path.read_bytes()


def _pages(rows: Iterator[Row], most: int) -> Iterator[Iterator[Row]]:
    """A table in parts of so many rows; of an empty one there is one part too."""
    yield islice(rows, most)
    for first in rows:  # the table goes on
        yield chain([first], islice(rows, most - 1))


def _write_page(raw: IO[bytes], name: str, header: Sequence[str], rows: Iterator[Row]) -> int:
    """One worksheet; returns its rows. All around them is as openpyxl has it."""
    (page,) = (content for part, content in _parts({name: header}) if part == _part(1))
    head, row, rest = page.partition(b"</row>")
    raw.write(head + row)
    count = 0
    while some := list(islice(rows, ROWS_AT_ONCE)):
        lines = [write(number) for number, write in enumerate(some, count + 2)]
        raw.write("".join(lines).encode())
        count += len(some)
    raw.write(rest[rest.index(b"</sheetData>") :])
    return count


def _parts(headers: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, bytes]]:
    """The parts of a workbook of such sheets, without rows."""
    book, file = Workbook(write_only=True), io.BytesIO()
    for name, header in headers.items():
        page = book.create_sheet(name)
        page.freeze_panes = "A2"
        for at, title in enumerate(header, 1):
            page.column_dimensions[get_column_letter(at)].width = min(max(len(title) + 3, 11), 40)
        page.auto_filter.ref = f"A1:{get_column_letter(len(header))}1"
        page.append([_header_cell(page, title) for title in header])
        page.append([FIRST_DATE, datetime.combine(FIRST_DATE, time())])  # so that it has the styles
    book.save(file)
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)


@lru_cache(maxsize=1)
def _styles() -> Styles:
    """The numbers that every workbook made here gives to its styles."""
    page = dict(_parts({"s": ("a", "b")}))[_part(1)]
    day, moment = (int(number) for number in STYLE.findall(page))
    return Styles(day, moment)


def _part(number: int) -> str:
    return f"{PAGES}sheet{number}.xml"


def count_xlsx_rows(path: Path) -> dict[str, int]:
    """Rows under the header of each sheet, read back from the disk; checks the zip's sums too."""
    counts = {}
    with zipfile.ZipFile(path) as archive:
        book = fromstring(archive.read("xl/workbook.xml"))
        names = [each.get("name", "") for each in book.iterfind("{*}sheets/{*}sheet")]
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


def _header_cell(page: Any, title: str) -> Any:
    cell = _text_cell(page, NOT_IN_XML.sub("", title))
    cell.font = Font(name=FONT, bold=True)
    return cell


def _text_cell(page: Any, text: str) -> Any:
    cell = WriteOnlyCell(page)
    cell.value = text
    cell.data_type = "s"
    return cell


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
