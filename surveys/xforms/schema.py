"""Schema: what a form asks, read out of its XForm. Pure.

A `Field` has a path of node names below the root element (`main/place/card_no`); a `Repeat` is a
table of its own with the root table or another repeat as parent.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lxml import etree

from surveys.xforms.calculated import calculated_type
from surveys.xforms.document import ITEMSETS, XForm, attribute, local_name, parse_xform
from surveys.xforms.keys import RECORD_KEYS, unique_names
from surveys.xforms.privacy_classes import (
    MASKED,
    RESTRICTED_GROUPS,
    SENSITIVE,
    default_class,
)

ROOT = ""  # the path of the root table


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    labels: dict[str, str]  # language → label; "" where the form has one language only


@dataclass(frozen=True, slots=True)
class Field:
    """One question or calculation.

    `type`: string, integer, decimal, boolean, date, time, dateTime, geopoint, geotrace, geoshape,
    select_one, select_multiple, image, audio, video, file, barcode.
    `privacy`: direct (identifier), quasi (identifier), sensitive, open.
    `role`: "household_key" (card number) or "".
    """

    name: str  # the node's own name
    path: str  # below the root element: "main/place/card_no"
    key: str  # unique within its table; the name, or with its groups where two clash
    type: str
    repeat: str  # path of the repeat whose row holds it; ROOT for the root table
    labels: dict[str, str] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    choices_file: str = ""  # "households.csv" for select_one_from_file
    privacy: str = "open"
    restricted: bool = False  # inside a group that only named people may see (legal aid)
    role: str = ""
    entity_property: str = ""  # saveto
    required: bool = False
    calculated: bool = False  # has no control: a calculation or metadata
    missing: str = ""  # which codes say that there is no answer: `missing_codes.py`


@dataclass(frozen=True, slots=True)
class Repeat:
    path: str  # "main/roster/member"
    name: str  # unique among the form's repeats; used in URLs and as a sheet name
    parent: str  # path of the parent repeat, or ROOT
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntityDeclaration:
    """What `meta/entity` says: the list, and whether the form creates or updates."""

    list_name: str
    creates: bool
    updates: bool
    path: str = "meta/entity"


@dataclass(frozen=True, slots=True)
class Schema:
    form_id: str
    version: str
    title: str
    languages: tuple[str, ...]  # the default first; ("",) where the form has one only
    fields: tuple[Field, ...]  # in form order
    repeats: tuple[Repeat, ...]
    entities: tuple[EntityDeclaration, ...] = ()
    entity_lists: tuple[str, ...] = ()  # lists the form chooses from: "households"
    media: tuple[str, ...] = ()  # other files the form expects

    def table(self, repeat: str = ROOT) -> tuple[Field, ...]:
        """The fields that one row of a repeat (or of the root) holds, in form order."""
        return tuple(f for f in self.fields if f.repeat == repeat)


def schema_to_json(schema: Schema) -> dict[str, Any]:
    return asdict(schema)


def schema_from_json(data: dict[str, Any]) -> Schema:
    return Schema(
        form_id=data["form_id"],
        version=data["version"],
        title=data["title"],
        languages=tuple(data["languages"]),
        fields=tuple(
            Field(**{**f, "choices": tuple(Choice(**c) for c in f["choices"])})
            for f in data["fields"]
        ),
        repeats=tuple(Repeat(**r) for r in data["repeats"]),
        entities=tuple(EntityDeclaration(**e) for e in data["entities"]),
        entity_lists=tuple(data["entity_lists"]),
        media=tuple(data["media"]),
    )


def read_schema(
    xform: bytes,
    *,
    privacy: Mapping[str, str] | None = None,
    missing: Mapping[str, str] | None = None,
) -> Schema:
    """What the form asks. `privacy` gives classes by path, of groups too; defaults fill the rest.

    `missing` gives by path which codes say that there is no answer.

    Raises `XFormError` when the form lacks what every client reads first (openrosa.md F2).
    """
    form = parse_xform(xform)
    nodes = list(_walk(form, form.root, "", ROOT))
    repeats = [n.path for n in nodes if n.path in form.repeats]
    names = unique_names(repeats, below=ROOT)
    fields = [_field(form, node) for node in nodes if _holds_an_answer(form, node)]
    fields = list(_with_calculated_types(fields, form))
    said = missing or {}
    fields = [replace(f, missing=said.get(f.path, "")) for f in fields]
    return Schema(
        form_id=form.form_id,
        version=form.version,
        title=form.title,
        languages=form.languages,
        fields=tuple(_with_keys(_with_privacy(fields, form, dict(privacy or {})))),
        repeats=tuple(
            Repeat(path, names[path], _enclosing(path, repeats), _repeat_label(form, path))
            for path in repeats
        ),
        entities=tuple(_entities(nodes)),
        entity_lists=tuple(n.removesuffix(".csv") for n in form.files if _may_be_a_list(n)),
        media=tuple(n for n in form.files if not _may_be_a_list(n)),
    )


@dataclass(frozen=True, slots=True)
class _Node:
    element: etree._Element
    path: str
    repeat: str  # path of the repeat it stands in


def _walk(form: XForm, parent: etree._Element, path: str, repeat: str) -> Iterable[_Node]:
    """Every node of the primary instance once; a repeat stands there twice, template and first."""
    seen = set()
    for element in parent.iterchildren(etree.Element):
        below = f"{path}/{local_name(element)}" if path else local_name(element)
        if below in seen:
            continue
        seen.add(below)
        yield _Node(element, below, repeat)
        yield from _walk(form, element, below, below if below in form.repeats else repeat)


def _holds_an_answer(form: XForm, node: _Node) -> bool:
    """Questions, calculations and metadata; not groups, notes or what only shows labels."""
    name, path = local_name(node.element), node.path
    if len(node.element) or name.startswith(
        ("reserved_name_for_field_list", "generated_table_list")
    ):
        return False
    if "meta" in path.split("/")[:-1]:
        return name == "audit"
    bind, control = form.binds.get(path), form.controls.get(path)
    if control is None:
        return bind is not None and bind.get("type") is not None
    shown_only = bind is not None and bind.get("readonly") == "true()" and not bind.get("calculate")
    filled = bool((node.element.text or "").strip()) or path in form.set_by_actions
    return local_name(control) != "group" and (filled or not shown_only)


def _field(form: XForm, node: _Node) -> Field:
    bind, control = form.binds.get(node.path), form.controls.get(node.path)
    choices = {} if control is None else dict(reversed(list(form.choices(control))))
    return Field(
        name=local_name(node.element),
        path=node.path,
        key="",
        type=_type(form, node.path),
        repeat=node.repeat,
        labels=form.label(control),
        choices=tuple(Choice(name, labels) for name, labels in reversed(choices.items())),
        choices_file="" if control is None else form.choices_file(control),
        role="household_key" if _is_household_key(node) else "",
        entity_property="" if bind is None else attribute(bind, "saveto").rpartition("#")[2],
        required=bind is not None and bind.get("required") == "true()",
        calculated=control is None,
    )


def _is_household_key(node: _Node) -> bool:
    return node.repeat == ROOT and local_name(node.element) == "card_no"


_TYPES = {
    "int": "integer",
    "integer": "integer",
    "long": "integer",
    "decimal": "decimal",
    "double": "decimal",
    "float": "decimal",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "dateTime": "dateTime",
    "barcode": "barcode",
    "geopoint": "geopoint",
    "geotrace": "geotrace",
    "geoshape": "geoshape",
}
_CONTROLS = {"select1": "select_one", "select": "select_multiple", "rank": "select_multiple"}


def _type(form: XForm, path: str) -> str:
    bind, control = form.binds.get(path), form.controls.get(path)
    declared = "" if bind is None else bind.get("type", "").rpartition(":")[2]
    shown = "" if control is None else local_name(control)
    if shown in _CONTROLS:
        return _CONTROLS[shown]
    if control is not None and control.get("query"):
        return "select_one"
    if declared == "binary":
        if form.set_by_actions.get(path) == "recordaudio":
            return "audio"
        kind = "" if control is None else control.get("mediatype", "").partition("/")[0]
        return kind if kind in {"image", "audio", "video"} else "file"
    return _TYPES.get(declared, "string")


def _with_calculated_types(fields: list[Field], form: XForm) -> Iterable[Field]:
    """Calculations that XLSForm calls text get the type their expression gives."""
    types = {f.path: f.type for f in fields}
    texts = {f.path for f in fields if f.calculated and f.type == "string"}

    def type_of(path: str) -> str:
        if path in texts and (bind := form.binds.get(path)) is not None:
            texts.discard(path)  # an expression that leads back to itself stays text
            expression = bind.get("calculate", "")
            types[path] = calculated_type(expression, lambda to: type_of(_resolve(to, path)))
        return types.get(path, "string")

    return (replace(f, type=type_of(f.path)) for f in fields)


def _resolve(to: str, path: str) -> str:
    """The path below the root element that `to` means at `path`."""
    if to.startswith("/"):
        return to.strip("/").partition("/")[2]
    parts = path.split("/")
    for step in to.split("/"):
        if step == "..":
            parts = parts[:-1]
        elif step != ".":
            parts.append(step)
    return "/".join(parts)


def _with_keys(fields: list[Field]) -> Iterable[Field]:
    keys: dict[str, str] = {}
    for repeat in {f.repeat for f in fields}:
        paths = [f.path for f in fields if f.repeat == repeat]
        keys |= unique_names(paths, below=repeat, taken=RECORD_KEYS)
    return (replace(f, key=keys[f.path]) for f in fields)


def _with_privacy(fields: list[Field], form: XForm, given: dict[str, str]) -> list[Field]:
    groups = _ancestors(f.path for f in fields)
    restricted = {g for g in groups if _is_restricted(form, g, given)}
    classed = [_with_class(f, form, given, restricted) for f in fields]
    # A calculation that reads a masked answer would repeat it under another name.
    masked = {f.name for f in classed if f.privacy in MASKED}
    return [
        replace(f, privacy=SENSITIVE) if _repeats_masked(f, form, given, masked) else f
        for f in classed
    ]


def _is_restricted(form: XForm, group: str, given: dict[str, str]) -> bool:
    if group in form.repeats:
        return False
    by_default = SENSITIVE if group.rpartition("/")[2] in RESTRICTED_GROUPS else ""
    return given.get(group, by_default) == SENSITIVE


def _with_class(f: Field, form: XForm, given: dict[str, str], restricted: set[str]) -> Field:
    above = _ancestors([f.path])
    inherited = next((given[g] for g in (f.path, *above) if g in given), "")
    inside = any(group in restricted for group in above)
    control = form.controls.get(f.path)
    multiline = control is not None and "multiline" in control.get("appearance", "")
    default = default_class(name=f.name, type_=f.type, multiline=multiline)
    return replace(
        f,
        privacy=inherited or (SENSITIVE if inside else default),
        restricted=inside,
    )


_STEPS = re.compile(r"/([\w.-]+)(?![\w./-])")


def _repeats_masked(f: Field, form: XForm, given: dict[str, str], masked: set[str]) -> bool:
    bind = form.binds.get(f.path)
    if not f.calculated or bind is None or f.privacy in MASKED or f.path in given:
        return False
    return any(name in masked for name in _STEPS.findall(bind.get("calculate", "")))


def _ancestors(paths: Iterable[str]) -> list[str]:
    """The groups and repeats above the paths, nearest first for a single path."""
    found: dict[str, None] = {}
    for path in paths:
        while "/" in path:
            path = path.rpartition("/")[0]
            found[path] = None
    return list(found)


def _enclosing(path: str, repeats: list[str]) -> str:
    return next((above for above in _ancestors([path]) if above in repeats), ROOT)


def _repeat_label(form: XForm, path: str) -> dict[str, str]:
    return form.label(form.controls.get(path)) or form.label(form.repeats[path])


def _entities(nodes: list[_Node]) -> Iterable[EntityDeclaration]:
    for node in nodes:
        if node.path.split("/")[-2:] == ["meta", "entity"] and node.element.get("dataset"):
            attributes = set(node.element.attrib)
            yield EntityDeclaration(
                list_name=str(node.element.get("dataset")),
                creates="create" in attributes,
                updates="update" in attributes,
                path=node.path,
            )


def _may_be_a_list(name: str) -> bool:
    """Any CSV may be an entity list; `itemsets.csv` is always a plain file (F11)."""
    return name.endswith(".csv") and name != ITEMSETS
