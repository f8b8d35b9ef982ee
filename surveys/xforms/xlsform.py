"""XLSForm → XForm. The only file that knows pyxform; no Java validator runs. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pyxform import aliases
from pyxform.errors import PyXFormError
from pyxform.question_type_dictionary import QUESTION_TYPE_DICT
from pyxform.xls2json_backends import get_xlsform
from pyxform.xls2xform import ConvertResult, convert

from backend.said import Said
from surveys.xforms.document import XFormError, parse_xform
from surveys.xforms.entity_checks import check_entities
from surveys.xforms.explanations import explanations
from surveys.xforms.findings import Finding, WorkbookError, XlsformError
from surveys.xforms.schema import read_schema
from surveys.xforms.sheet_checks import demands, remarks, too_deep
from surveys.xforms.sheets import Sheets, meaning_of, sheet
from surveys.xforms.workbook import without_dimensions, workbook_kind
from surveys.xforms.xform_checks import check_xform, unknown_functions


@dataclass(frozen=True, slots=True)
class Converted:
    """`privacy` is the classes the survey sheet gives, by path below the root element.

    `missing` is which codes it says stand for no answer, by path too.

    `itemsets` is the content of the file `itemsets.csv` that select_one_external reads; or empty.
    """

    xform: bytes
    warnings: tuple[Finding, ...]
    privacy: dict[str, str]
    missing: dict[str, str]
    itemsets: bytes = b""


def xlsform_to_xform(content: bytes) -> Converted:
    """Converts a workbook, .xlsx or old .xls by its content.

    Raises `WorkbookError` when the file cannot be opened, `XlsformError` with every finding when
    it is no form that can be published. The same bytes always give the same XForm.
    """
    workbook = _open(content)
    sheets = _sheets(workbook)
    if deep := too_deep(sheets):
        raise XlsformError(deep)
    result, warnings = _convert(workbook, sheets)
    xform = result.xform.encode()
    unmet, odd = _check(xform, sheets)
    findings = [*demands(sheets), *unmet]
    if findings:
        raise XlsformError(findings)
    return Converted(
        xform=xform,
        warnings=(*warnings, *remarks(sheets), *odd),
        privacy=sheets.privacy(),
        missing=sheets.missing(),
        itemsets=(result.itemsets or "").encode(),
    )


def read_sheets(content: bytes) -> Sheets | None:
    """The sheets of a workbook as their author wrote them; None where it cannot be opened."""
    try:
        return _sheets(_open(content))
    except (WorkbookError, XlsformError):
        return None


def _open(content: bytes) -> Any:
    kind = workbook_kind(content)
    try:
        readable = without_dimensions(content) if kind == ".xlsx" else content
        return get_xlsform(BytesIO(readable), file_type=kind)
    except PyXFormError as error:
        if "Duplicate column header" in str(error):
            column = str(error).rpartition(": ")[2]
            words = Said("Two columns of one sheet are called “{column}”.", column=column)
            raise XlsformError([Finding(words, row=1, column=column)]) from error
        raise _damaged() from error
    except Exception as error:  # openpyxl and xlrd raise anything on a damaged file
        raise _damaged() from error


def _damaged() -> WorkbookError:
    return WorkbookError(
        "workbook_unreadable",
        reason=Said(
            "The workbook is damaged or protected. Save it anew as .xlsx and upload it again."
        ),
    )


def _sheets(workbook: Any) -> Sheets:
    found = {}
    for name in ("survey", "choices", "settings", "entities"):
        headers = getattr(workbook, f"{name}_header") or [{}]
        found[name] = sheet(name, list(headers[0]), getattr(workbook, name) or [])
    return Sheets(**found)


def _convert(workbook: Any, sheets: Sheets) -> tuple[ConvertResult, list[Finding]]:
    warnings: list[str] = []
    content = {name: getattr(workbook, name) for name in workbook.__slots__}
    try:
        result = convert(content, warnings=warnings)
    except PyXFormError as error:
        raise XlsformError(_all_findings(str(error), sheets)) from error
    except Exception as error:  # pyxform's own slips on odd sheets must not be ours
        words = Said("The form cannot be converted ({error}).", error=type(error).__name__)
        raise XlsformError(_own_findings(sheets) or [Finding(words)]) from error
    return result, [_finding(warning, sheets) for warning in warnings]


def _all_findings(message: str, sheets: Sheets) -> list[Finding]:
    """pyxform stops at its first error; our own checks find the others and say it plainly."""
    own = _own_findings(sheets)
    theirs = [_finding(line, sheets) for line in message.splitlines() if line.strip()]
    places = {(finding.sheet, finding.row) for finding in own}
    return own + [f for f in theirs if not own or (f.row and (f.sheet, f.row) not in places)]


def _own_findings(sheets: Sheets) -> list[Finding]:
    return [*demands(sheets), *explanations(sheets), *_unknown_types(sheets)]


def _unknown_types(sheets: Sheets) -> Iterator[Finding]:
    for asked in sheets.survey_rows():
        known = asked.begins or asked.ends or asked.type in _TYPES or _SELECT.match(asked.type)
        if not known:
            words = Said("“{type}” is no type of question.", type=asked.type)
            yield sheets.survey.finding(asked.row, "type", words)


_TYPES = frozenset(QUESTION_TYPE_DICT) | frozenset(aliases.settings_header)
_SELECT = re.compile(f"(?:{'|'.join([*aliases.select, *aliases.osm])})(?: |$)")


def _check(xform: bytes, sheets: Sheets) -> tuple[list[Finding], list[Finding]]:
    """What must be mended, and what is only remarked on."""
    try:
        form = parse_xform(xform)
    except XFormError as error:
        return [Finding(error.words)], []
    findings = check_xform(form, sheets)
    if form.entities_version:
        schema = read_schema(xform, privacy=sheets.privacy())
        findings += check_entities(form, schema, sheets)
    return findings, list(unknown_functions(form, sheets))


# --- Where pyxform means --------------------------------------------------------------------------

_ROW = re.compile(r"\[row : (\d+)\]\s*")
_SHEET_AND_COLUMN = re.compile(r"On the '(\w+)' sheet, the '([^']+)' value ?(?:'[^']*' )?is \w+\. ")
_DECLARATION = re.compile(r"On the 'entities' sheet, the entity declaration is invalid\. ")
_LINK = re.compile(r"\s*Learn more: \S+")
# Messages without a row, and the column whose cell they quote.
_QUOTES = (
    (re.compile(r"survey element named '([^']+)' has no label"), "name", "label"),
    (re.compile(r"Question '([^']+)' uses"), "name", "appearance"),
    (re.compile(r"Unknown question type '([^']+)'"), "type", "type"),
)


def _finding(message: str, sheets: Sheets) -> Finding:
    row, place = _ROW.search(message), _SHEET_AND_COLUMN.search(message)
    words = _LINK.sub("", _SHEET_AND_COLUMN.sub("", _ROW.sub("", message))).strip()
    number = int(row[1]) if row else None
    said = _converter_says(words)
    if place:
        return Finding(said, place[1], number, _header(sheets, place[1], place[2]))
    if _DECLARATION.match(words):
        column = _header(sheets, "entities", "list_name")
        said = _converter_says(_DECLARATION.sub("", words))
        return Finding(said, "entities", number, column)
    if row:
        return Finding(said, "survey", number)
    return _quoting_finding(words, sheets)


def _converter_says(words: str) -> Said:
    """pyxform speaks English only."""
    return Said("The converter says: {words}", words=words)


def _header(sheets: Sheets, sheet_name: str, column: str) -> str:
    """The column as its author wrote it."""
    found = next((sheet for sheet in sheets.each() if sheet.name == sheet_name), None)
    return (found.column(meaning_of(column)[0]) if found else "") or column


def _quoting_finding(words: str, sheets: Sheets) -> Finding:
    for pattern, quoted, column in _QUOTES:
        found = pattern.search(words)
        for row in sheets.survey.rows if found else ():
            if found and sheets.survey.cell(row, quoted).strip() == found[1]:
                return sheets.survey.finding(row, column, _converter_says(words))
    named = re.search(r"sheet named '(\w+)'|(choices) sheet", words)
    return Finding(_converter_says(words), (named[1] or named[2]) if named else "")
