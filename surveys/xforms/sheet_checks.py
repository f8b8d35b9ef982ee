"""What we ask of an XLSForm beyond what the converter does, each finding at its place. Pure.

Demands must hold before a form is published; remarks are warnings.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from backend.said import Said
from surveys.xforms.findings import Finding
from surveys.xforms.missing_codes import read_missing
from surveys.xforms.privacy_classes import CLASSES
from surveys.xforms.sheets import Row, Sheets, meaning_of
from surveys.xforms.translations import untranslated

MAX_ID_LENGTH = 200
MOST_NESTED = 90  # groups; of a record 100 elements inside one another are read, these among them
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def demands(sheets: Sheets) -> list[Finding]:
    words = (_privacy_words, _missing_words)
    characters = (_control_characters, _direction_marks)
    checks = (_asks_nothing, _settings, _title_in_languages, *words, *characters, _flat_media)
    return [finding for check in checks for finding in check(sheets)]


def too_deep(sheets: Sheets) -> list[Finding]:
    """The first group too deep. Asked before all else: the XML of some hundred cannot be read."""
    for asked in sheets.survey_rows():
        if asked.begins and asked.path.count("/") >= MOST_NESTED:
            words = Said(
                "More than {most} groups and repeats stand inside one another here; records of "
                "that depth cannot be taken.",
                most=MOST_NESTED,
            )
            return [sheets.survey.finding(asked.row, "name", words)]
    return []


def remarks(sheets: Sheets) -> list[Finding]:
    checks = (_untitled, _misspelt, _untranslated)
    return [finding for check in checks for finding in check(sheets)]


# --- Demands --------------------------------------------------------------------------------------


def _asks_nothing(sheets: Sheets) -> Iterator[Finding]:
    if sheets.survey.headers and not any(sheets.survey_rows()):
        yield Finding(Said("The survey sheet has no question."), "survey", 2)


def _settings(sheets: Sheets) -> Iterator[Finding]:
    """Tablets know a form by id and version; both are needed and go into addresses and lists."""
    settings = sheets.settings
    row = next(iter(settings.rows), Row(2, {}))
    for column, why in (
        ("form_id", Said("Give the form an id; tablets and records know it by that.")),
        ("version", Said("Give this edition a version, for example today's date and a number.")),
    ):
        value = settings.cell(row, column)
        words = None
        if not value.strip():
            words = why
        elif len(value) > MAX_ID_LENGTH:
            words = Said("This is longer than {most} characters.", most=MAX_ID_LENGTH)
        if words:
            yield Finding(words, "settings", row.number, settings.column(column) or column)


def _title_in_languages(sheets: Sheets) -> Iterator[Finding]:
    """XLSForm has translations of questions and choices, not of a form's own title."""
    words = Said("A form has one title: write this column without the language.")
    for language, header in sheets.settings.languages("form_title").items():
        if language:
            yield Finding(words, "settings", 1, header)


def _privacy_words(sheets: Sheets) -> Iterator[Finding]:
    for row in sheets.survey.rows:
        given = sheets.survey.cell(row, "privacy").strip()
        if given and given.lower() not in CLASSES:
            words = Said(
                "“{given}” is no privacy class; write one of {allowed}.",
                given=given,
                allowed=", ".join(CLASSES),
            )
            yield sheets.survey.finding(row, "privacy", words)


def _missing_words(sheets: Sheets) -> Iterator[Finding]:
    for row in sheets.survey.rows:
        given = sheets.survey.cell(row, "missing").strip()
        try:
            read_missing(given)
        except ValueError as error:
            words = Said(
                "“{given}” says no missing codes; write dont_know=98 refused=88,99 or none.",
                given=str(error),
            )
            yield sheets.survey.finding(row, "missing", words)


def _control_characters(sheets: Sheets) -> Iterator[Finding]:
    for sheet in sheets.each():
        for row in sheet.rows:
            for header, text in row.cells.items():
                if _CONTROL.search(text):
                    words = Said("The cell holds an invisible control character; type it anew.")
                    yield Finding(words, sheet.name, row.number, header)


# Embeddings, overrides and isolates: text that reads otherwise than it is written.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
# A mark alone is harmless in a label; in what programs compare it makes two of one.
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]|" + _DIRECTION.pattern)
_COMPARED = frozenset({"type", "name", "list_name", "form_id", "version", "save_to", "privacy"})


def _direction_marks(sheets: Sheets) -> Iterator[Finding]:
    """Text may run from right to left; characters that turn its direction may hide what it says."""
    for sheet in sheets.each():
        for row in sheet.rows:
            for header, text in row.cells.items():
                compared = meaning_of(header)[0] in _COMPARED
                if compared and _INVISIBLE.search(text):
                    words = Said("The cell holds an invisible character; type the word anew.")
                    yield Finding(words, sheet.name, row.number, header)
                elif _DIRECTION.search(text):
                    words = Said(
                        "The cell holds a character that turns the direction of text; remove it."
                    )
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
                    words = Said("“{name}” must be a plain file name without folders.", name=name)
                    yield Finding(words, sheet.name, row.number, header)


# --- Remarks --------------------------------------------------------------------------------------


def _untitled(sheets: Sheets) -> Iterator[Finding]:
    row = next(iter(sheets.settings.rows), Row(2, {}))
    if not sheets.settings.cell(row, "form_title").strip():
        words = Said("The form has no title; tablets will show its form_id.")
        yield Finding(words, "settings", row.number, "form_title")


# The columns whose loss nobody would see: a converter ignores what it does not know.
_COLUMNS = (
    *("type", "name", "label", "hint", "required", "relevant", "relevance", "constraint"),
    *(
        "constraint_message",
        "calculation",
        "choice_filter",
        "appearance",
        "parameters",
        "repeat_count",
        "default",
    ),
    *("trigger", "save_to", "privacy", "missing", "read_only"),
)


def _misspelt(sheets: Sheets) -> Iterator[Finding]:
    for header in sheets.survey.headers:
        meaning, _ = meaning_of(header)
        near = get_close_matches(meaning, _COLUMNS, n=1, cutoff=0.8)
        if near and meaning not in _COLUMNS:
            words = Said(
                "The column “{column}” has no effect. Is “{known}” meant?",
                column=header,
                known=near[0],
            )
            yield Finding(words, "survey", 1, header)


def _untranslated(sheets: Sheets) -> Iterator[Finding]:
    """A label in one language and not in another: the tablet would show “-” there."""
    for each in untranslated(sheets):
        if each.what == "label":
            yield Finding(_no_label(each.language), each.sheet, each.row, each.column)


def _no_label(language: str) -> Said:
    if not language:
        return Said("The label is missing in the default language.")
    return Said("The label is missing in {language}.", language=language)
