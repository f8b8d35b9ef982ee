"""What a form may do with entity lists, beyond what the converter checks. Pure.

Every tablet of a place carries its lists, so nothing about legal aid may reach one: no answer of a
restricted group, nothing calculated from one, and no entity that is there because of one.
"""

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from backend.said import Said
from surveys.xforms.document import XForm, local_name
from surveys.xforms.findings import Finding
from surveys.xforms.schema import Schema
from surveys.xforms.sheets import Row, Sheets

_PATH = re.compile(r"(?:\.\.?|[\w.-]+)?(?:/(?:\.\.|[\w.-]+))+")
_TEXTS = re.compile(r"'[^']*'|\"[^\"]*\"")
# What an entity element holds, and the column of the entities sheet it was made from.
_COLUMNS = {"label": "label", "@id": "entity_id", "@create": "create_if", "@update": "update_if"}


def check_entities(form: XForm, schema: Schema, sheets: Sheets) -> list[Finding]:
    """All that keeps a form with entities from being published, each at its cell."""
    read = _read_by(form)
    legal = {field.path: field.path for field in schema.fields if field.restricted}
    tainted = _spread(legal, read)
    return [
        *_alike(sheets),
        *_restricted_answers(schema, sheets, tainted),
        *_restricted_entities(schema, sheets, tainted),
    ]


def _alike(sheets: Sheets) -> Iterator[Finding]:
    """Tablets hold a list in a table whose columns are one whatever their case."""
    first: dict[tuple[str, str], str] = {}
    for row in sheets.survey.rows:
        list_name, _, name = sheets.survey.cell(row, "save_to").strip().rpartition("#")
        if name and (known := first.setdefault((list_name, name.casefold()), name)) != name:
            words = Said(
                "“{name}” and “{known}” are one property to a tablet; write them alike.",
                name=name,
                known=known,
            )
            yield sheets.survey.finding(row, "save_to", words)
    lists: dict[str, str] = {}
    for row in sheets.entities.rows:
        name = sheets.entities.cell(row, "list_name").strip()
        if (known := lists.setdefault(name.casefold(), name)) != name:
            words = Said(
                "“{name}” and “{known}” are one list to a tablet; name them apart.",
                name=name,
                known=known,
            )
            yield sheets.entities.finding(row, "list_name", words)


def _restricted_answers(
    schema: Schema, sheets: Sheets, tainted: Mapping[str, str]
) -> Iterator[Finding]:
    rows = {asked.path: asked.row for asked in sheets.survey_rows() if not asked.ends}
    for field in schema.fields:
        if field.entity_property and field.path in tainted:
            words = Said(
                "This answer may not be saved to a list: “{source}” is seen by named people only, "
                "a list by every tablet of its place.",
                source=tainted[field.path],
            )
            yield sheets.survey.finding(rows.get(field.path, _NO_ROW), "save_to", words)


def _restricted_entities(
    schema: Schema, sheets: Sheets, tainted: Mapping[str, str]
) -> Iterator[Finding]:
    rows = {sheets.entities.cell(r, "list_name").strip(): r for r in sheets.entities.rows}
    for each in schema.entities:
        row = rows.get(each.list_name, _NO_ROW)
        for part, column in _COLUMNS.items():
            source = tainted.get(f"{each.path}/{part}")
            if source:
                words = Said(
                    "Whether and how this entity is saved may not depend on it: “{source}” is seen "
                    "by named people only, a list by every tablet of its place.",
                    source=source,
                )
                yield sheets.entities.finding(row, column, words)


_NO_ROW = Row(2, {})


def _read_by(form: XForm) -> dict[str, set[str]]:
    """Path → the paths that its calculation, or an action that sets it, reads."""
    read: dict[str, set[str]] = {}
    for path, bind in form.binds.items():
        read.setdefault(path, set()).update(_paths(bind.get("calculate", ""), path))
    for action in (*form.model.iter(etree.Element), *form.body.iter(etree.Element)):
        if local_name(action) == "setvalue":
            path = form.path(action.get("ref", ""))
            read.setdefault(path, set()).update(_paths(action.get("value", ""), path))
    return read


def _paths(expression: str, path: str) -> Iterator[str]:
    """What an expression at `path` refers to, below the root element."""
    for to in _PATH.findall(_TEXTS.sub("", expression).replace("current()/", "")):
        if to.startswith("/"):
            yield to.strip("/").partition("/")[2]
            continue
        steps = path.split("/")
        for step in to.split("/"):
            steps = steps[:-1] if step == ".." else steps if step == "." else [*steps, step]
        yield "/".join(steps)


def _spread(sources: Mapping[str, str], read: Mapping[str, set[str]]) -> dict[str, str]:
    """Every path that repeats one of the sources, however indirectly, and which one."""
    found = dict(sources)
    while new := {
        path: next(found[each] for each in sorted(paths) if each in found)
        for path, paths in read.items()
        if path not in found and not paths.isdisjoint(found)
    }:
        found |= new
    return found
