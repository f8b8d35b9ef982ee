"""Why the converter refuses a workbook, in plain words and all at once, at row and column. Pure.

The converter stops at its first error and often does not say where. These checks look for the same
errors; they count only when it refuses, so none of them can refuse a form by itself.
"""

import re
from collections import Counter
from collections.abc import Iterator

from backend.said import Said
from surveys.xforms.findings import Finding
from surveys.xforms.sheets import Sheets, SurveyRow

_NAME = re.compile(r"[^\W\d][\w.-]*")
_REFERENCE = re.compile(r"\$\{\s*(?:last-saved#)?([^{}$]*?)\s*\}")
_SELECT = re.compile(r"(select_one|select one|select_multiple|select multiple|rank)(?:\s+(\S+))?")
_YES = frozenset({"yes", "true", "true()"})


def explanations(sheets: Sheets) -> list[Finding]:
    checks = (_columns, _types, _names, _twins, _ends, _lists, _calculations, _choices, _references)
    return [finding for check in checks for finding in check(sheets)]


def _columns(sheets: Sheets) -> Iterator[Finding]:
    for column in ("type", "name"):
        if sheets.survey.headers and not sheets.survey.column(column):
            words = Said("The survey sheet needs a column {column}.", column=column)
            yield Finding(words, "survey", 1, column)
    if sheets.choices.rows:
        for column in ("list_name", "name"):
            if not sheets.choices.column(column):
                words = Said("The choices sheet needs a column {column}.", column=column)
                yield Finding(words, "choices", 1, column)


def _types(sheets: Sheets) -> Iterator[Finding]:
    for row in sheets.survey.rows:
        named = sheets.survey.cell(row, "name") or any(
            row.cells.get(h) for h in sheets.survey.languages("label").values()
        )
        if named and not sheets.survey.cell(row, "type").strip():
            yield sheets.survey.finding(row, "type", Said("The question has no type."))


def _names(sheets: Sheets) -> Iterator[Finding]:
    for asked in sheets.survey_rows():
        if asked.ends or asked.type in {"note", "audit"}:
            continue
        if not asked.name:
            words = Said("The question or group has no name.")
            yield sheets.survey.finding(asked.row, "name", words)
        elif not _NAME.fullmatch(asked.name):
            words = Said(
                "“{name}” cannot be a name: begin with a letter, then letters, digits, “_”, “-” or "
                "“.”, without spaces.",
                name=asked.name,
            )
            yield sheets.survey.finding(asked.row, "name", words)


def _twins(sheets: Sheets) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for asked in sheets.survey_rows():
        if asked.ends or not asked.name:
            continue
        earlier = first.setdefault(asked.path, asked.row.number)
        if earlier != asked.row.number:
            words = Said(
                "The name “{name}” is taken by row {row} of the same group.",
                name=asked.name,
                row=earlier,
            )
            yield sheets.survey.finding(asked.row, "name", words)


def _ends(sheets: Sheets) -> Iterator[Finding]:
    opened: list[SurveyRow] = []
    for asked in sheets.survey_rows():
        if asked.begins:
            opened.append(asked)
        elif asked.ends and not (opened and opened[-1].begins == asked.ends):
            words = Said(
                "This “end {kind}” ends what was not begun, or another is still open.",
                kind=asked.ends,
            )
            yield sheets.survey.finding(asked.row, "type", words)
        elif asked.ends:
            opened.pop()
    for begun in opened:
        words = Said(
            "The “begin {kind}” of “{name}” is never ended.", kind=begun.begins, name=begun.name
        )
        yield sheets.survey.finding(begun.row, "type", words)


def _lists(sheets: Sheets) -> Iterator[Finding]:
    lists = {sheets.choices.cell(row, "list_name").strip() for row in sheets.choices.rows}
    for asked in sheets.survey_rows():
        select = _SELECT.match(asked.type)
        if select is None or "from" in asked.type or "external" in asked.type:
            continue
        name = select[2] or ""
        if not name:
            words = Said("The question names no list of choices, for example “select_one yn”.")
            yield sheets.survey.finding(asked.row, "type", words)
        elif name not in lists and "${" not in name:
            words = Said("The choices sheet has no list “{name}”.", name=name)
            yield sheets.survey.finding(asked.row, "type", words)


def _calculations(sheets: Sheets) -> Iterator[Finding]:
    for asked in sheets.survey_rows():
        needs = asked.type == "calculate"
        if needs and not sheets.survey.cell(asked.row, "calculation").strip():
            words = Said("The calculation is missing.")
            yield sheets.survey.finding(asked.row, "calculation", words)


def _choices(sheets: Sheets) -> Iterator[Finding]:
    first: dict[tuple[str, str], int] = {}
    may_repeat = _may_repeat_choices(sheets)
    multiple = _lists_of_many(sheets)
    for row in sheets.choices.rows:
        list_name = sheets.choices.cell(row, "list_name").strip()
        name = sheets.choices.cell(row, "name").strip()
        if not list_name:
            continue
        words = None
        earlier = first.setdefault((list_name, name), row.number)
        if not name:
            words = Said("A choice of “{list_name}” has no name.", list_name=list_name)
        elif earlier != row.number and not may_repeat:
            words = Said(
                "The choice “{name}” of “{list_name}” is in row {row} already.",
                name=name,
                list_name=list_name,
                row=earlier,
            )
        elif " " in name and list_name in multiple:
            words = Said(
                "“{name}” is a choice of a select_multiple and may hold no space.", name=name
            )
        if words:
            yield sheets.choices.finding(row, "name", words)


def _may_repeat_choices(sheets: Sheets) -> bool:
    cells = (sheets.settings.cell(r, "allow_choice_duplicates") for r in sheets.settings.rows)
    return any(cell.strip().lower() in _YES for cell in cells)


def _lists_of_many(sheets: Sheets) -> set[str]:
    selects = (_SELECT.match(asked.type) for asked in sheets.survey_rows())
    return {s[2] for s in selects if s and s[2] and s[1] not in {"select_one", "select one"}}


def _references(sheets: Sheets) -> Iterator[Finding]:
    names = Counter(r.name for r in sheets.survey_rows() if r.name and not r.ends)
    for sheet in sheets.each():
        for row in sheet.rows:
            for header, text in row.cells.items():
                for name in _REFERENCE.findall(text):
                    if not names[name]:
                        reference = f"${{{name}}}"
                        words = Said("{name} names no question of this form.", name=reference)
                        yield Finding(words, sheet.name, row.number, header)
