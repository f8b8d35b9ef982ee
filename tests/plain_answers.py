"""What a client without a form engine would send: the answers of an instance, and no more."""

from typing import Any

from lxml import etree

from surveys.xforms.schema import ROOT, Field, Schema

METADATA = {"start", "end", "today", "deviceid", "username"}


def plain_answers(xml: bytes, schema: Schema) -> dict[str, Any]:
    """By question name, groups left out, repeats as lists; nothing that the form calculates."""
    root = etree.fromstring(xml)
    fields = {f.path: f for f in schema.fields if not f.calculated or f.name in METADATA}
    return _row(root, "", fields, {repeat.path for repeat in schema.repeats})


def _row(
    element: etree._Element, path: str, fields: dict[str, Field], repeats: set[str]
) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for child in element:
        below = f"{path}/{child.tag}" if path else child.tag
        if below in repeats:
            row.setdefault(child.tag, []).append(_row(child, below, fields, repeats))
        elif len(child):
            row |= _row(child, below, fields, repeats)
        elif below in fields and child.text:
            row[fields[below].key if path == ROOT else child.tag] = _value(
                fields[below], child.text
            )
    return row


def _value(field: Field, text: str) -> Any:
    if field.type == "integer":
        return int(text)
    return text.split() if field.type == "select_multiple" else text
