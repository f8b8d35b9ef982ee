"""Which questions are the text behind "other: specify", by what the form says of them. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from surveys.xforms.schema import Field, Schema

SELECTS = frozenset({"select_one", "select_multiple"})
# `/data/intro/partner = 'other'`, `selected(../sources, '96')`; nothing more complicated.
_PATH = r"[\w./-]+"
_RELEVANT = re.compile(
    rf"""\s*(?:selected\s*\(\s*({_PATH})\s*,\s*(['"])([^'"]+)\2\s*\)"""
    rf"""|({_PATH})\s*=\s*(['"])([^'"]+)\5)\s*"""
)
_CODE = re.compile(r"oth(er)?(_.*)?|-?9[67]|bashka|digar|drugoe|another", re.I)
_LABEL = re.compile(r"\bother|друг|башка|дигар", re.I)


@dataclass(frozen=True, slots=True)
class OtherText:
    """A text that is asked where `choice` has the code `code`; both stand in the same row."""

    text: Field
    choice: Field
    code: str


def other_texts(schema: Schema, relevant: Mapping[str, str]) -> list[OtherText]:
    """In the form's order. `relevant`: path of a field → the expression when it is asked."""
    return list(_others(schema, relevant))


def _others(schema: Schema, relevant: Mapping[str, str]) -> Iterator[OtherText]:
    selects = {f.path: f for f in schema.fields if f.type in SELECTS}
    for text in schema.fields:
        found = _RELEVANT.fullmatch(relevant.get(text.path, ""))
        if found is None or text.type != "string":
            continue
        code = found[3] or found[6]
        choice = selects.get(_resolved(found[1] or found[4], text.path))
        if choice is not None and choice.repeat == text.repeat and _means_other(choice, code):
            yield OtherText(text, choice, code)


def recoded(value: object, other: str, code: str) -> str | list[str]:
    """The answer with the code in place of "other"; of several answers the others stay."""
    if not isinstance(value, list):
        return code
    return list(dict.fromkeys(code if each == other else str(each) for each in value))


def _means_other(choice: Field, code: str) -> bool:
    found = next((c for c in choice.choices if c.name == code), None)
    if found is None:
        return False
    return bool(_CODE.fullmatch(code)) or any(map(_LABEL.search, found.labels.values()))


def _resolved(to: str, path: str) -> str:
    """The path below the root that an expression at `path` means."""
    if to.startswith("/"):
        return to.strip("/").partition("/")[2]
    parts = path.split("/")
    for step in to.split("/"):
        parts = parts[:-1] if step == ".." else [*parts, step]
    return "/".join(parts)
