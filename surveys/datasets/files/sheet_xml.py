"""Rows → the XML of a worksheet's rows (ECMA-376 part 1, 18.3.1). Pure.

openpyxl makes everything of a workbook but these rows, for which it needs several times as long.
Text stays text, whatever it begins with; what a cell cannot hold is cut or left out, and noted.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from math import isfinite

from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

from backend.said import Said
from surveys.datasets.files.sheets import Cell, Known, Sheet
from surveys.datasets.files.text_sheets import Texts, TextSheet
from surveys.datasets.files.variables import Losses

MOST_CHARACTERS = 32_767
MOST_DIGITS = 15
CUT = " …[cut]"
FIRST_DATE = date(1900, 3, 1)  # before it Excel's calendar is wrong or has no days
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Excel reads _x0041_ as "A"; the underscore is written as _x005F_ to keep such text.
LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
# Where a JSON text is no text of a cell; blanks at its ends would be lost.
UNLIKE_XML = re.compile(r'[\\&<>\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|" | "')
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
EMPTY = frozenset({"", '""', "null"})
LOST = Said("texts lose control characters, which Excel cannot hold")
SHORTENED = Said("texts are cut at {most} characters", most=f"{MOST_CHARACTERS:,}")
Read = Callable[[str], tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Styles:
    """The numbers of the workbook's styles for days and for moments."""

    day: int
    moment: int


class RowsXml:
    """The rows of one table, of typed cells or of JSON texts. `losses` says what cells lost."""

    def __init__(self, sheet: Sheet | TextSheet, styles: Styles) -> None:
        self.header, self.styles, self.losses = tuple(sheet.header), styles, Losses()
        self._letters = [get_column_letter(at) for at, _ in enumerate(self.header, 1)]
        self._rows = (
            _of_texts(self, sheet) if isinstance(sheet, TextSheet) else _of_cells(self, sheet)
        )

    def __iter__(self) -> Iterator[Callable[[int], str]]:
        """What writes each row, told its number in its sheet."""
        return self._rows

    def row(self, cells: Sequence[Cell], number: int) -> str:
        """A row of typed cells."""
        said = [
            inside(cell, self.styles, self.losses, title)
            for title, cell in zip(self.header, cells, strict=True)
        ]
        pairs = zip(self._letters, said, strict=True)
        found = [f'<c r="{letter}{number}"{text}' for letter, text in pairs if text]
        return f'<row r="{number}">{"".join(found)}</row>'


def inside(cell: Cell, styles: Styles, losses: Losses, title: str) -> str:
    """What follows a cell's name; nothing where it is empty. `title`: of its column."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, str):
        return _text(cell, losses, title)
    if isinstance(cell, date):
        return _date(cell, styles, losses, title)
    if isinstance(cell, int) and abs(cell) >= 10**MOST_DIGITS:  # card numbers and the like
        return _text(str(cell), losses, title)
    number = int(cell) if isinstance(cell, bool) else cell
    return f"><v>{number}</v></c>" if isfinite(number) else ""


def _date(cell: date, styles: Styles, losses: Losses, title: str) -> str:
    # a spreadsheet has no time zones: the time of day as it was on the zone's clocks
    plain = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
    if (plain.date() if isinstance(plain, datetime) else plain) < FIRST_DATE:
        return _text(cell.isoformat(), losses, title)
    style = styles.moment if isinstance(cell, datetime) else styles.day
    return f' s="{style}"><v>{to_excel(plain)}</v></c>'  # type: ignore[no-untyped-call]


def _text(text: str, losses: Losses, title: str) -> str:
    clean = NOT_IN_XML.sub("", text)
    if len(clean) < len(text):
        losses.note(title, LOST)
    clean = LOOKS_ESCAPED.sub("_x005F_", clean)
    if len(clean) > MOST_CHARACTERS:
        clean = clean[: MOST_CHARACTERS - len(CUT)] + CUT
        losses.note(title, SHORTENED)
    kept = ' xml:space="preserve"' if clean != clean.strip() or "\n" in clean else ""
    return f' t="inlineStr"><is><t{kept}>{clean.translate(ESCAPES)}</t></is></c>'


def _of_cells(xml: RowsXml, sheet: Sheet) -> Iterator[Callable[[int], str]]:
    return (partial(xml.row, cells) for cells in sheet.rows())


def _of_texts(xml: RowsXml, sheet: TextSheet) -> Iterator[Callable[[int], str]]:
    """Most JSON texts are what a cell holds; a row in which one is not is made of typed cells."""
    readers = sheet.readers()
    places = list(_places(xml, sheet, readers))
    plain = [at for at, (_, known) in enumerate(places) if known is None]
    others = [(at, known) for at, (_, known) in enumerate(places) if known is not None]
    for rows in sheet.chunks:
        for row in rows:
            whole = "\x1f".join([row[at] for at in plain])
            is_usual = len(whole) <= MOST_CHARACTERS and not UNLIKE_XML.search(whole)
            if is_usual and all(known[row[at]] is not None for at, known in others):
                yield partial(_row, row, places)
            else:
                pairs = zip(readers, row, strict=True)
                yield partial(xml.row, [cell for read, text in pairs for cell in read(text)])


Place = tuple[str, Known | None]  # the letter of a plain column; of another what makes its cells
Made = list[tuple[str, str]]  # letter and content of cells that are not empty


def _places(xml: RowsXml, sheet: TextSheet, readers: Sequence[Read]) -> Iterator[Place]:
    at = 0
    for each, read in zip(sheet.columns, readers, strict=True):
        titles = each.column.header()
        letters = [get_column_letter(at + n) for n, _ in enumerate(titles, 1)]
        at += len(titles)
        made = partial(_made, xml.styles, read, letters)
        yield letters[0], None if each.is_plain else Known(made)


def _made(styles: Styles, read: Read, letters: Sequence[str], text: str) -> Made | None:
    """The cells of one text; None where they lose something, which is told of each row."""
    losses = Losses()
    pairs = zip(letters, read(text), strict=True)
    found = [(letter, inside(cell, styles, losses, "")) for letter, cell in pairs]
    return None if losses.found else [(letter, said) for letter, said in found if said]


def _row(row: Texts, places: Iterable[Place], number: int) -> str:
    """A row of plain texts; no cell of it can lose anything."""
    cells = []
    for text, (letter, known) in zip(row, places, strict=True):
        if known is not None:
            cells += [f'<c r="{at}{number}"{inside}' for at, inside in known[text]]
        elif text in EMPTY:
            continue
        elif text[0] == '"':
            cells.append(f'<c r="{letter}{number}" t="inlineStr"><is><t>{text[1:-1]}</t></is></c>')
        else:
            cells.append(_number(text, f"{letter}{number}"))
    return f'<row r="{number}">{"".join(cells)}</row>'


def _number(text: str, name: str) -> str:
    """One with more digits than a cell holds is kept as text where it is whole."""
    if len(text) <= MOST_DIGITS or not text.lstrip("-").isdecimal():
        return f'<c r="{name}"><v>{text}</v></c>'
    is_long = len(text.lstrip("-")) > MOST_DIGITS
    inside = f' t="inlineStr"><is><t>{text}</t></is></c>' if is_long else f"><v>{text}</v></c>"
    return f'<c r="{name}"{inside}'
