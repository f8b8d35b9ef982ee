"""The entity block of an instance: what it asks of which list (ODK Entities spec). Pure.

`meta/entity` may stand at the root or, since 2025.1, in groups and repeats; its properties are the
`saveto` questions whose nearest group with an entity is the same (openrosa.md E6).
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from lxml import etree

from surveys.xforms.saved import Saved

# Codes of what cannot be done; the submission itself is taken all the same (E9).
ID_INVALID = "entity_id_invalid"
LABEL_BLANK = "entity_label_blank"
LIST_UNKNOWN = "entity_list_unknown"
ID_EXISTS = "entity_id_exists"
UNKNOWN = "entity_unknown"
RESTRICTED = "entity_restricted"
TOO_MANY = "entity_too_many"
MOST_ENTITIES = 1000  # of one submission
LONGEST_LABEL = 500
LONGEST_VALUE = 10_000  # every tablet of the place downloads it
_TRUE = frozenset({"1", "true"})


@dataclass(frozen=True, slots=True)
class EntityAction:
    """One entity element: its position in the instance, which entity it names, what it asks for.

    It may ask nothing and only name the entity that the form was filled for. `properties` holds the
    nodes that are there: a blank one clears the property, an absent (irrelevant) one leaves it.
    The three versions are None where blank or unreadable. `problem` is the code of what keeps it
    from being done.
    """

    position: int
    list_name: str
    id: uuid.UUID | None
    creates: bool
    updates: bool
    label: str
    properties: dict[str, str]
    base_version: int | None = None
    trunk_version: int | None = None
    branch_id: uuid.UUID | None = None
    problem: str = ""

    @property
    def asks(self) -> bool:
        return self.creates or self.updates


def read_entities(root: "etree._Element", saved: Saved) -> tuple[EntityAction, ...]:
    """The first 1,000 entity elements of an instance, in document order; one more says TOO_MANY.

    `saved`: what the form saves, as `saved_answers` says.
    """
    found = enumerate(islice(_entities(root), MOST_ENTITIES + 1))
    actions = tuple(
        _action(position, entity, scope, saved.get(_path(scope), {}))
        for position, (entity, scope) in found
    )
    return (
        *actions[:MOST_ENTITIES],
        *(replace(a, problem=TOO_MANY) for a in actions[MOST_ENTITIES:]),
    )


def _entities(root: "etree._Element") -> Iterator[tuple["etree._Element", "etree._Element"]]:
    """Each entity element, and the group it belongs to: that of its `meta`."""
    for entity in root.iter("{*}entity"):
        meta = entity.getparent()
        scope = None if meta is None else meta.getparent()
        if meta is not None and scope is not None and _name(meta) == "meta":
            yield entity, scope


def _action(
    position: int, entity: "etree._Element", scope: "etree._Element", saved: Mapping[str, str]
) -> EntityAction:
    creates, updates = (entity.get(name, "").strip() in _TRUE for name in ("create", "update"))
    label = (entity.findtext("{*}label") or "").strip()
    entity_id = _uuid(entity.get("id", ""))
    problem = LABEL_BLANK if creates and not updates and not label else ""
    answers = {name: _text(scope, path) for path, name in saved.items()}
    return EntityAction(
        position=position,
        list_name=entity.get("dataset", "").strip(),
        id=entity_id,
        creates=creates,
        updates=updates,
        label=label[:LONGEST_LABEL],
        properties={
            name: text[:LONGEST_VALUE] for name, text in answers.items() if text is not None
        },
        base_version=_version(entity.get("baseVersion", "")),
        trunk_version=_version(entity.get("trunkVersion", "")),
        branch_id=_uuid(entity.get("branchId", "")),
        problem=ID_INVALID if entity_id is None else problem,
    )


def _uuid(text: str) -> uuid.UUID | None:
    """Only the long form, with or without `uuid:` before it, in any case (E9)."""
    text = text.strip().lower().removeprefix("uuid:")
    try:
        return uuid.UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def _version(text: str) -> int | None:
    text = text.strip()
    known = text.isascii() and text.isdecimal() and len(text) < 10
    return int(text) or None if known else None


def _text(scope: "etree._Element", path: str) -> str | None:
    """The answer at a path of local names, namespaces aside; None where the node is not there."""
    steps = "/".join("{*}" + name for name in path.split("/"))
    node = scope.find(steps)
    return None if node is None else (node.text or "").strip()


def _path(node: "etree._Element") -> str:
    names = [_name(node), *(_name(above) for above in node.iterancestors())]
    return "/".join(reversed(names[:-1]))


def _name(node: "etree._Element") -> str:
    return str(node.tag).rpartition("}")[2]
