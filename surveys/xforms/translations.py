"""What a workbook says in one language and not in another, cell by cell. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from surveys.xforms.sheets import Row, Sheet, Sheets

# Columns that people on a tablet read, and that XLSForm lets be written in several languages.
READ_BY_PEOPLE = ("label", "hint", "guidance_hint", "constraint_message", "required_message")


@dataclass(frozen=True, slots=True)
class Untranslated:
    """An empty cell beside one that is filled; `language` empty is the default's column.

    `instead` is what stands there in another language.
    """

    language: str
    what: str  # label, hint, …
    sheet: str
    row: int
    column: str
    name: str  # of the question or choice
    instead: str


def untranslated(sheets: Sheets) -> list[Untranslated]:
    """Every missing translation, in the order of the sheets; a tablet would show “-” or nothing."""
    return [
        missing
        for sheet in (sheets.survey, sheets.choices)
        for row in sheet.rows
        for what in READ_BY_PEOPLE
        for missing in _of_row(sheet, row, what)
    ]


def by_language(missing: Iterable[Untranslated]) -> dict[str, int]:
    """How many cells each language lacks, the most first."""
    return dict(Counter(each.language for each in missing).most_common())


def _of_row(sheet: Sheet, row: Row, what: str) -> Iterator[Untranslated]:
    headers = sheet.languages(what)
    given = [text for header in headers.values() if (text := row.cells.get(header, "").strip())]
    for language, header in headers.items() if given else ():
        if not row.cells.get(header, "").strip():
            name = sheet.cell(row, "name")
            yield Untranslated(language, what, sheet.name, row.number, header, name, given[0])
