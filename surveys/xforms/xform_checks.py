"""What an XForm must keep so that every client opens it, found in the XForm itself. Pure."""

import re
from collections.abc import Iterator

from lxml import etree

from backend.said import Said
from surveys.xforms.cycles import circle_of, without_texts
from surveys.xforms.document import XForm, local_name
from surveys.xforms.findings import Finding
from surveys.xforms.sheets import Sheets

# What Collect opens; anything newer makes the form unopenable (openrosa.md E1).
ENTITIES_VERSIONS = frozenset({"2022.1", "2023.1", "2024.1", "2025.1"})
_EXPRESSIONS = {
    "relevant": "relevant",
    "constraint": "constraint",
    "calculate": "calculation",
    "required": "required",
    "readonly": "read_only",
}
# What Collect and Enketo know: XPath 1.0 and what docs.getodk.org lists under "Form functions".
_FUNCTIONS = frozenset({
    "abs", "acos", "area", "asin", "atan", "atan2", "base64-decode", "boolean",
    "boolean-from-string", "ceiling", "checklist", "choice-name", "coalesce", "comment",
    "concat", "contains", "cos", "count", "count-non-empty", "count-selected", "current",
    "date", "date-time", "decimal-date-time", "decimal-time", "digest", "distance", "ends-with",
    "exp", "exp10", "extract-signed", "false", "floor", "format-date", "format-date-time",
    "geofence", "id", "if", "indexed-repeat", "instance", "int", "intersects", "itext", "join",
    "lang", "last", "last-saved", "local-name", "log", "log10", "max", "min", "name",
    "namespace-uri", "node", "normalize-space", "not", "now", "number", "once", "pi",
    "position", "pow", "property", "pulldata", "random", "randomize", "regex", "round",
    "selected", "selected-at", "sin", "sqrt", "starts-with", "string", "string-length",
    "substr", "substring", "substring-after", "substring-before", "sum", "tan", "text",
    "thousands-sep", "today", "translate", "true", "uuid", "version", "weighted-checklist",
})  # fmt: skip
_CALL = re.compile(r"(?<![\w.-])(?:jr:)?([^\W\d][\w.-]*)\s*\(")
_OPERATORS = frozenset({"and", "or", "div", "mod"})  # a parenthesis may follow them


def check_xform(form: XForm, sheets: Sheets) -> list[Finding]:
    return [
        *_addresses(form, sheets),
        *_entities_version(form, sheets),
        *_expressions(form, sheets),
        *_circles(form, sheets),
    ]


def _addresses(form: XForm, sheets: Sheets) -> Iterator[Finding]:
    """An action of its own would send records past this server (F3)."""
    if form.submission_action:
        column = sheets.settings.column("submission_url") or "submission_url"
        words = Said(
            "The form would send its records to another address; remove the submission_url."
        )
        yield Finding(words, "settings", 2, column)


def _entities_version(form: XForm, sheets: Sheets) -> Iterator[Finding]:
    version = form.entities_version
    if version and ".".join(version.split(".")[:2]) not in ENTITIES_VERSIONS:
        known = ", ".join(sorted(ENTITIES_VERSIONS))
        words = Said(
            "Entities of version {version} are not known to tablets ({known}).",
            version=version,
            known=known,
        )
        yield Finding(words, "entities", 2, sheets.entities.column("list_name") or "list_name")


def _expressions(form: XForm, sheets: Sheets) -> Iterator[Finding]:
    """One expression that cannot be read makes the whole form unopenable on a tablet."""
    at = _At(sheets)
    for path, name, expression in _all_expressions(form):
        problem = _syntax_problem(expression)
        if problem:
            words = Said("The expression cannot be read: {problem}", problem=problem)
            yield at.finding(words, path, name)


def unknown_functions(form: XForm, sheets: Sheets) -> Iterator[Finding]:
    """A remark: a tablet stops where it must work out what it does not know, and some know more."""
    at = _At(sheets)
    for path, name, expression in _all_expressions(form):
        called = set(_CALL.findall(without_texts(expression))) - _OPERATORS
        for function in sorted(called - _FUNCTIONS):
            words = Said(
                "No function {name}() is known; most tablets stop where they meet it.",
                name=function,
            )
            yield at.finding(words, path, name)


def _circles(form: XForm, sheets: Sheets) -> Iterator[Finding]:
    """Of several circles one is told at a time: the next upload tells the next."""
    circle = circle_of(form.binds, local_name(form.root))
    if circle:
        words = Said(
            "These answers wait for each other, and tablets cannot open such a form: {names}.",
            names=", ".join(f"“{path.rsplit('/', 1)[-1]}”" for path in circle),
        )
        yield _At(sheets).finding(words, circle[0], "name")


class _At:
    """Where in the survey sheet a question of the XForm stands."""

    def __init__(self, sheets: Sheets) -> None:
        self.survey = sheets.survey
        self.rows = {asked.path: asked.row for asked in sheets.survey_rows() if not asked.ends}

    def finding(self, words: Said, path: str, name: str) -> Finding:
        row = self.rows.get(path)
        column = self.survey.column(name) or name
        return Finding(words, "survey", row.number if row else None, column)


def _all_expressions(form: XForm) -> Iterator[tuple[str, str, str]]:
    for path, bind in form.binds.items():
        for attribute, column in _EXPRESSIONS.items():
            if bind.get(attribute):
                yield path, column, bind.get(attribute, "")
    for path, control in form.controls.items():
        for itemset in control.iterchildren(etree.Element):
            if local_name(itemset) == "itemset":
                yield path, "choice_filter", itemset.get("nodeset", "")


def _syntax_problem(expression: str) -> str:
    try:
        etree.XPath(re.sub(r"\bjr:", "", expression))
    except etree.XPathSyntaxError as error:
        return f"{error}."
    return ""
