"""What is wrong in an XLSForm's sheets, each finding at its row and column. Pure.

Demands are ours and always hold. Explanations say more plainly, and all at once, what the converter
refuses one by one; they count only when it refuses. Remarks are warnings.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from difflib import get_close_matches

from surveys.xforms.findings import Finding
from surveys.xforms.privacy_classes import CLASSES
from surveys.xforms.sheets import Row, Sheet, Sheets, SurveyRow, meaning_of

Check = Callable[[Sheets], Iterator[Finding]]

MAX_ID_LENGTH = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_NAME = re.compile(r"[^\W\d][\w.-]*")
_REFERENCE = re.compile(r"\$\{\s*(?:last-saved#)?([^{}$]*?)\s*\}")
_SELECT = re.compile(r"(select_one|select one|select_multiple|select multiple|rank)(?:\s+(\S+))?")
_YES = frozenset({"yes", "true", "true()"})


def demands(sheets: Sheets) -> list[Finding]:
    return _run(
        (_asks_nothing, _settings, _privacy_words, _control_characters, _flat_media), sheets
    )


def explanations(sheets: Sheets) -> list[Finding]:
    checks = (_columns, _types, _names, _twins, _ends, _lists, _calculations, _choices, _references)
    return _run(checks, sheets)


def remarks(sheets: Sheets) -> list[Finding]:
    return _run((_untitled, _misspelt, _untranslated), sheets)


def _run(checks: tuple[Check, ...], sheets: Sheets) -> list[Finding]:
    return [finding for check in checks for finding in check(sheets)]


# --- Demands --------------------------------------------------------------------------------------


def _asks_nothing(sheets: Sheets) -> Iterator[Finding]:
    if sheets.survey.headers and not any(sheets.survey_rows()):
        yield Finding("The survey sheet has no question.", "survey", 2)


def _settings(sheets: Sheets) -> Iterator[Finding]:
    """Tablets know a form by id and version; both are needed and go into addresses and lists."""
    settings = sheets.settings
    row = next(iter(settings.rows), Row(2, {}))
    for column, why in (
        ("form_id", "Give the form an id; tablets and records know it by that."),
        ("version", "Give this edition a version, for example today's date and a number."),
    ):
        value = settings.cell(row, column)
        words = ""
        if not value.strip():
            words = why
        elif len(value) > MAX_ID_LENGTH:
            words = f"This is longer than {MAX_ID_LENGTH} characters."
        if words:
            yield Finding(words, "settings", row.number, settings.column(column) or column)


def _privacy_words(sheets: Sheets) -> Iterator[Finding]:
    for row in sheets.survey.rows:
        given = sheets.survey.cell(row, "privacy").strip()
        if given and given.lower() not in CLASSES:
            words = f"“{given}” is no privacy class; write one of {', '.join(CLASSES)}."
            yield _at(sheets.survey, row, "privacy", words)


def _control_characters(sheets: Sheets) -> Iterator[Finding]:
    for sheet in sheets.each():
        for row in sheet.rows:
            for header, text in row.cells.items():
                if _CONTROL.search(text):
                    words = "The cell holds an invisible control character; type it anew."
                    yield Finding(words, sheet.name, row.number, header)


_MEDIA = ("image", "big-image", "audio", "video", "media")


def _flat_media(sheets: Sheets) -> Iterator[Finding]:
    """Tablets keep only the last part of a file's name (openrosa.md F7)."""
    for sheet in (sheets.survey, sheets.choices):
        headers = [h for name in _MEDIA for h in sheet.languages(name).values()]
        for row in sheet.rows:
            for header in headers:
                name = row.cells.get(header, "")
                if "/" in name.removeprefix("jr://") or "\\" in name:
                    words = f"“{name}” must be a plain file name without folders."
                    yield Finding(words, sheet.name, row.number, header)


# --- Explanations ---------------------------------------------------------------------------------


def _columns(sheets: Sheets) -> Iterator[Finding]:
    for column in ("type", "name"):
        if sheets.survey.headers and not sheets.survey.column(column):
            yield Finding(f"The survey sheet needs a column {column}.", "survey", 1, column)
    if sheets.choices.rows:
        for column in ("list_name", "name"):
            if not sheets.choices.column(column):
                yield Finding(f"The choices sheet needs a column {column}.", "choices", 1, column)


def _types(sheets: Sheets) -> Iterator[Finding]:
    for row in sheets.survey.rows:
        named = sheets.survey.cell(row, "name") or any(
            row.cells.get(h) for h in sheets.survey.languages("label").values()
        )
        if named and not sheets.survey.cell(row, "type").strip():
            yield _at(sheets.survey, row, "type", "The question has no type.")


def _names(sheets: Sheets) -> Iterator[Finding]:
    for asked in sheets.survey_rows():
        if asked.ends or asked.type in {"note", "audit"}:
            continue
        if not asked.name:
            yield _at(sheets.survey, asked.row, "name", "The question or group has no name.")
        elif not _NAME.fullmatch(asked.name):
            words = (
                f"“{asked.name}” cannot be a name: begin with a letter, then letters, digits, "
                "“_”, “-” or “.”, without spaces."
            )
            yield _at(sheets.survey, asked.row, "name", words)


def _twins(sheets: Sheets) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for asked in sheets.survey_rows():
        if asked.ends or not asked.name:
            continue
        earlier = first.setdefault(asked.path, asked.row.number)
        if earlier != asked.row.number:
            words = f"The name “{asked.name}” is taken by row {earlier} of the same group."
            yield _at(sheets.survey, asked.row, "name", words)


def _ends(sheets: Sheets) -> Iterator[Finding]:
    opened: list[SurveyRow] = []
    for asked in sheets.survey_rows():
        if asked.begins:
            opened.append(asked)
        elif asked.ends and not (opened and opened[-1].begins == asked.ends):
            words = f"This ends a {asked.ends} that was not begun, or another is still open."
            yield _at(sheets.survey, asked.row, "type", words)
        elif asked.ends:
            opened.pop()
    for begun in opened:
        words = f"The {begun.begins} “{begun.name}” is begun here and never ended."
        yield _at(sheets.survey, begun.row, "type", words)


def _lists(sheets: Sheets) -> Iterator[Finding]:
    lists = {sheets.choices.cell(row, "list_name").strip() for row in sheets.choices.rows}
    for asked in sheets.survey_rows():
        select = _SELECT.match(asked.type)
        if select is None or "from" in asked.type or "external" in asked.type:
            continue
        name = select[2] or ""
        if not name:
            words = "The question names no list of choices, for example “select_one yn”."
            yield _at(sheets.survey, asked.row, "type", words)
        elif name not in lists and "${" not in name:
            words = f"The choices sheet has no list “{name}”."
            yield _at(sheets.survey, asked.row, "type", words)


def _calculations(sheets: Sheets) -> Iterator[Finding]:
    for asked in sheets.survey_rows():
        needs = asked.type == "calculate"
        if needs and not sheets.survey.cell(asked.row, "calculation").strip():
            yield _at(sheets.survey, asked.row, "calculation", "The calculation is missing.")


def _choices(sheets: Sheets) -> Iterator[Finding]:
    first: dict[tuple[str, str], int] = {}
    may_repeat = _may_repeat_choices(sheets)
    multiple = _lists_of_many(sheets)
    for row in sheets.choices.rows:
        list_name = sheets.choices.cell(row, "list_name").strip()
        name = sheets.choices.cell(row, "name").strip()
        if not list_name:
            continue
        words = ""
        earlier = first.setdefault((list_name, name), row.number)
        if not name:
            words = f"A choice of “{list_name}” has no name."
        elif earlier != row.number and not may_repeat:
            words = f"The choice “{name}” of “{list_name}” is in row {earlier} already."
        elif " " in name and list_name in multiple:
            words = f"“{name}” is a choice of a select_multiple and may hold no space."
        if words:
            yield _at(sheets.choices, row, "name", words)


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
                        words = f"${{{name}}} names no question of this form."
                        yield Finding(words, sheet.name, row.number, header)


# --- Remarks --------------------------------------------------------------------------------------


def _untitled(sheets: Sheets) -> Iterator[Finding]:
    row = next(iter(sheets.settings.rows), Row(2, {}))
    if not sheets.settings.cell(row, "form_title").strip():
        words = "The form has no title; tablets will show its form_id."
        yield Finding(words, "settings", row.number, "form_title")


# The columns whose loss nobody would see: a converter ignores what it does not know.
_COLUMNS = (
    *("type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message"),
    *("calculation", "choice_filter", "appearance", "parameters", "repeat_count", "default"),
    *("trigger", "save_to", "privacy", "read_only"),
)


def _misspelt(sheets: Sheets) -> Iterator[Finding]:
    for header in sheets.survey.headers:
        meaning, _ = meaning_of(header)
        near = get_close_matches(meaning, _COLUMNS, n=1, cutoff=0.8)
        if near and meaning not in _COLUMNS:
            words = f"The column “{header}” has no effect. Is “{near[0]}” meant?"
            yield Finding(words, "survey", 1, header)


def _untranslated(sheets: Sheets) -> Iterator[Finding]:
    """A label in one language and not in another: the tablet would show “-” there."""
    for sheet in (sheets.survey, sheets.choices):
        headers = sheet.languages("label")
        for row in sheet.rows:
            if not any(row.cells.get(header) for header in headers.values()):
                continue
            for language, header in headers.items():
                if not row.cells.get(header):
                    words = f"The label is missing in {language or 'the default language'}."
                    yield Finding(words, sheet.name, row.number, header)


def _at(sheet: Sheet, row: Row, column: str, words: str) -> Finding:
    return Finding(words, sheet.name, row.number, sheet.column(column) or column)
