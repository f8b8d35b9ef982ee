"""The rows a draft chooses from where the programme's forms choose from households: made up.

A draft's address is passed around to try a form; no family may be found behind it.
"""

import csv
import io
import uuid
from dataclasses import dataclass

from surveys.entities.publish import list_properties
from surveys.xforms.media import md5_of
from surveys.xforms.schema import Schema

FEWEST, MOST = 3, 300
_NAMESPACE = uuid.UUID("8d1f6f0e-5b5c-4c8e-9f0a-2f3b1c7d9e10")


@dataclass(frozen=True, slots=True)
class MadeUp:
    content: bytes  # RFC 4180, UTF-8: the columns of the real list
    md5: str


def made_up_list(name: str, schema: Schema) -> MadeUp:
    """The list's own columns over rows labelled `TEST 1`, …

    A property that the form asks for too (`district`, or `p_district`) has each of its choices in
    some row, so that a filter by it finds one.
    """
    properties = list_properties(name)
    choices = {each: _choices(each, schema) for each in properties}
    count = min(max([FEWEST, *map(len, choices.values())]), MOST)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["name", "label", "__version", *properties])
    for number in range(count):
        values = [_value(each, choices[each], number) for each in properties]
        key = uuid.uuid5(_NAMESPACE, f"{name} {number}")
        rows.writerow([key, f"TEST {number + 1}", 1, *values])
    content = text.getvalue().encode()
    return MadeUp(content, md5_of(content))


def _value(name: str, choices: list[str], number: int) -> str:
    return choices[number % len(choices)] if choices else f"{name} {number + 1}"


def _choices(name: str, schema: Schema) -> list[str]:
    """What the form lets choose for this property; empty where it does not ask."""
    asking = (f for f in schema.fields if f.name == name or f.name.endswith(f"_{name}"))
    return next(([c.name for c in f.choices] for f in asking if f.choices), [])
