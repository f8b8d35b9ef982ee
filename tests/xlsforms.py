"""An XLSForm written as a Markdown table in the test → workbook bytes → a published form.

    publish('''
    | survey |         |       |           |
    |        | type    | name  | label     |
    |        | integer | rooms | How many? |
    ''', form_id="visit")

A row whose first cell is filled starts a sheet. Settings are added where the table has none.
"""

from collections.abc import Iterator
from io import BytesIO

import openpyxl

from surveys.xforms.models import FormVersion
from surveys.xforms.publish import publish_form

Sheets = dict[str, list[list[str]]]


def publish(
    table: str, *, form_id: str = "visit", version: str = "1", title: str = "Visit"
) -> FormVersion:
    """A form published from a Markdown table."""
    content = workbook(table, form_id=form_id, version=version, title=title)
    return publish_form(content=content).version


def workbook(
    table: str, *, form_id: str = "visit", version: str = "1", title: str = "Visit"
) -> bytes:
    """The bytes of an .xlsx file with the table's sheets."""
    sheets = read_table(table)
    sheets.setdefault("settings", [["form_title", "form_id", "version"], [title, form_id, version]])
    return xlsx(sheets)


def xlsx(sheets: Sheets) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([cell or None for cell in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def read_table(table: str) -> Sheets:
    """Sheets by name; empty rows stay, so that row numbers are those of the spreadsheet."""
    sheets: Sheets = {}
    rows: list[list[str]] = []
    for name, *cells in _cells(table):
        if name:
            rows = sheets[name] = []
            if not any(cells):
                continue
        rows.append(cells)
    return sheets


def _cells(table: str) -> Iterator[list[str]]:
    for line in table.splitlines():
        if line.strip().startswith("|"):
            cells = line.strip().strip("|").replace(r"\|", "\0").split("|")
            yield [cell.strip().replace("\0", "|") for cell in cells]
