"""The entity block of an instance: what it asks of which list (ODK Entities spec). Pure.

`meta/entity` may stand at the root or, since 2025.1, in groups and repeats; its properties are the
`saveto` questions whose nearest group with an entity is the same (openrosa.md E6).
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from surveys.xforms.schema import Schema

# Codes of what cannot be done; the submission itself is taken all the same (E9).
ID_INVALID = "entity_id_invalid"
LABEL_BLANK = "entity_label_blank"
LIST_UNKNOWN = "entity_list_unknown"
ID_EXISTS = "entity_id_exists"
_TRUE = frozenset({"1", "true"})


@dataclass(frozen=True, slots=True)
class EntityAction:
    """One entity element: its position in the instance, which entity it names, what it asks for.

    It may ask nothing and only name the entity that the form was filled for. `problem` is the code
    of what keeps it from being done.
    """

    position: int
    list_name: str
    id: uuid.UUID | None
    creates: bool
    updates: bool
    label: str
    properties: dict[str, str]
    problem: str = ""


def read_entities(root: "etree._Element", schema: Schema) -> tuple[EntityAction, ...]:
    """The entity elements of an instance, in document order."""
    saved = saved_answers(schema)
    return tuple(
        _action(position, entity, scope, saved.get(_path(scope), {}))
        for position, (entity, scope) in enumerate(_entities(root))
    )


def saved_answers(schema: Schema) -> dict[str, dict[str, str]]:
    """By path of the group that holds an entity: path below it → property, in form order."""
    scopes = [e.path.removesuffix("meta/entity").rstrip("/") for e in schema.entities]
    saved: dict[str, dict[str, str]] = {scope: {} for scope in scopes}
    for field in schema.fields:
        above = [s for s in scopes if not s or field.path.startswith(s + "/")]
        if field.entity_property and above:
            nearest = max(above, key=len)
            below = field.path.removeprefix(nearest).lstrip("/")
            saved[nearest][below] = field.entity_property
    return saved


def _entities(root: "etree._Element") -> Iterator[tuple["etree._Element", "etree._Element"]]:
    """Each entity element, and the group it belongs to: that of its `meta`."""
    for entity in root.iter("{*}entity"):
        meta = entity.getparent()
        scope = None if meta is None else meta.getparent()
        if meta is not None and scope is not None and _name(meta) == "meta":
            yield entity, scope


def _action(
    position: int, entity: "etree._Element", scope: "etree._Element", saved: dict[str, str]
) -> EntityAction:
    creates, updates = (entity.get(name, "").strip() in _TRUE for name in ("create", "update"))
    label = (entity.findtext("{*}label") or "").strip()
    entity_id = _uuid(entity.get("id", ""))
    problem = LABEL_BLANK if creates and not label else ""
    answers = {name: _text(scope, path) for path, name in saved.items()}
    return EntityAction(
        position=position,
        list_name=entity.get("dataset", "").strip(),
        id=entity_id,
        creates=creates,
        updates=updates,
        label=label,
        properties={name: text for name, text in answers.items() if text},
        problem=ID_INVALID if entity_id is None else problem,
    )


def _uuid(text: str) -> uuid.UUID | None:
    """Only the long form, with or without `uuid:` before it, in any case (E9)."""
    text = text.strip().lower().removeprefix("uuid:")
    try:
        return uuid.UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def _text(scope: "etree._Element", path: str) -> str:
    """The answer at a path of local names; namespaces do not matter."""
    steps = "/".join("{*}" + name for name in path.split("/"))
    return (scope.findtext(steps) or "").strip()


def _path(node: "etree._Element") -> str:
    names = [_name(node), *(_name(above) for above in node.iterancestors())]
    return "/".join(reversed(names[:-1]))


def _name(node: "etree._Element") -> str:
    return str(node.tag).rpartition("}")[2]
