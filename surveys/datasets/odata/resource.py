"""The path behind `.svc/` → which rows are meant: a set, one entity, or what an entity leads to.

Pure. `Submissions`, `Submissions.roster.member`, `Submissions('…')`, and what one leads to,
`Submissions('…')/roster/member`; each perhaps with `/$count` behind it.
"""

import re
from dataclasses import dataclass

from surveys.datasets.odata.model import EntityType, Model
from surveys.datasets.odata.query import QueryUnsupported

_SEGMENT = re.compile(r"(?P<name>[A-Za-z_][\w.\-]*)(?:\((?:__id=)?'(?P<key>(?:[^']|'')*)'\))?")


@dataclass(frozen=True, slots=True)
class Resource:
    """Rows of `entity`: all, or the one with `key`, or those inside the entity `parent_key`.

    `root_key` is the key of the submission that the path went through.
    """

    entity: EntityType
    key: str | None = None
    parent_key: str | None = None
    root_key: str | None = None
    count: bool = False


def resource_at(model: Model, path: str) -> Resource | None:
    """None where nothing is. Raises QueryUnsupported for addresses of single properties or groups,
    and for what OData calls by a `$`."""
    first, *rest = path.split("/")
    count = bool(rest) and rest[-1] == "$count"
    if any(segment.startswith("$") for segment in (first, *rest[: len(rest) - count])):
        raise QueryUnsupported("the address of $ref, $value and the like")
    name, key = _segment(first)
    entity = model.find(name)
    if entity is None:
        return None
    found = Resource(entity, key, root_key=None if entity.parent_key else key, count=count)
    return _followed(model, found, rest[:-1] if count else rest)


def _followed(model: Model, found: Resource, segments: list[str]) -> Resource | None:
    way: list[str] = []
    for segment in segments:
        name, key = _segment(segment)
        way.append(name)
        navigation = found.entity.navigation("/".join(way))
        if navigation is None:
            continue
        child = model.find(navigation.target)
        if child is None or found.key is None:
            return None
        found = Resource(child, key, found.key, found.root_key, found.count)
        way = []
    if "/".join(way) in found.entity.by_name or tuple(way) in found.entity.groups:
        raise QueryUnsupported("the address of a single property or group")
    return None if way else found


def _segment(text: str) -> tuple[str, str | None]:
    match = _SEGMENT.fullmatch(text)
    if match is None:
        return "", None
    key = match["key"]
    return match["name"], None if key is None else key.replace("''", "'")
