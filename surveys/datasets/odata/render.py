"""How entities of a feed are written: nested, typed, linked, as texts with places for values. Pure.

What may be seen is decided by `Shape`: values come in masked, and only their form changes here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from surveys.datasets.columns import GEO_TYPES
from surveys.datasets.odata.model import ID, SYSTEM, EntityType, Model, Navigation, Property
from surveys.datasets.texts import NULL, Inside, Piece, Place, Tree, pieces_of, quoted

Record = dict[str, Any]
Convert = Callable[[Any], Any]
Names = tuple[str, ...]
REVIEW_STATES = {
    "edited": "edited",
    "has_issues": "hasIssues",
    "approved": "approved",
    "rejected": "rejected",
}  # received is null, as in Central
LINK = "@odata.navigationLink"


@dataclass(frozen=True, slots=True)
class Style:
    """How values are written: points as WKT or GeoJSON, groups nested or not.

    `checked`: keys of the questions that had another type in another version of the form, so that
    each of their values is looked at.
    """

    wkt: bool = False
    flat: bool = False
    labelled: bool = False
    checked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How the entities of one type are written: a text with places for what a record holds."""

    entity: EntityType
    pieces: tuple[Piece, ...]

    @property
    def sources(self) -> frozenset[str]:
        """What of a record, and of the facts beside it, stands in the text."""
        return frozenset(piece.source for piece in self.pieces if isinstance(piece, Place))


@lru_cache(maxsize=256)
def plan_of(model: Model, entity: EntityType, style: Style, select: Names, expand: Names) -> Plan:
    """The plan for a `$select` and an `$expand`; both hold names that exist."""
    chosen = None if not select or "*" in select else set(select)
    tree = _ids(entity, chosen)
    if not entity.parent_key:
        tree |= _system(style, _system_names(chosen))
    for p in entity.properties:
        if _is_chosen(p.name, chosen):
            _at(tree, p.path[:-1])[p.path[-1]] = (Place(p.source, _converter(p, style)),)
    for navigation in entity.navigations:
        opened = "*" in expand or navigation.name in expand
        if opened or _is_chosen(navigation.name, chosen):
            *above, name = navigation.path
            _at(tree, above)[f"{name}{LINK}"] = _link(entity, navigation)
            if opened:
                _at(tree, above)[name] = (Inside(navigation.target),)
    return Plan(entity, tuple(pieces_of(tree)))


def _link(entity: EntityType, navigation: Navigation) -> tuple[Piece, ...]:
    before = quoted(f"{entity.name}('").removesuffix('"')
    return before, Place("id", bare=True), quoted(f"')/{navigation.name}").removeprefix('"')


def _ids(entity: EntityType, chosen: set[str] | None) -> Tree:
    if chosen is not None and not {ID, entity.parent_key} & chosen:
        return {}
    ids: Tree = {ID: (Place("id"),)}
    return ids | {entity.parent_key: (Place("parent_id"),)} if entity.parent_key else ids


def _is_chosen(name: str, chosen: set[str] | None) -> bool:
    """By its own name or by that of a group it stands in."""
    if chosen is None:
        return True
    parts = name.split("/")
    return any("/".join(parts[:depth]) in chosen for depth in range(1, len(parts) + 1))


def _at(tree: Tree, path: Sequence[str]) -> Tree:
    for name in path:
        inner = tree.setdefault(name, {})
        assert isinstance(inner, dict)
        tree = inner
    return tree


SYSTEM_SOURCES = {
    "submissionDate": "received_at",
    "updatedAt": "updated_at",
    "formVersion": "version",
    "deviceDate": "submitted_at",
    "household": "household",
    "place": "place",
}
FACTS = ("submitterId", "attachmentsPresent", "attachmentsExpected", "edits")
NEVER = ("deletedAt", "submitterName", "status", "deviceId")  # a tablet's or a person's name
# What Central says of a submission beside its answers.
SYSTEM_PIECES: dict[str, tuple[Piece, ...]] = {
    **{name: (Place(source),) for name, source in SYSTEM_SOURCES.items()},
    **dict.fromkeys(NEVER, NULL),
    "reviewState": (Place("review_state", REVIEW_STATES.get),),
    **{name: (Place(name),) for name in FACTS},
}


def _system_names(chosen: set[str] | None) -> list[str]:
    if chosen is None or SYSTEM in chosen:
        return list(SYSTEM_PIECES)
    return [n for n in SYSTEM_PIECES if {f"{SYSTEM}/{n}", f"{SYSTEM}_{n}"} & chosen]


def _system(style: Style, names: Sequence[str]) -> Tree:
    if style.flat:
        return {f"{SYSTEM}_{name}": SYSTEM_PIECES[name] for name in names}
    return {SYSTEM: {name: SYSTEM_PIECES[name] for name in names}} if names else {}


def _converter(p: Property, style: Style) -> Convert | None:
    """None where values are given as they are."""
    kind = p.column.field.type if p.column else "string"
    if kind in GEO_TYPES:
        return _to_wkt(kind) if style.wkt else _to_geojson(kind)
    if kind == "select_multiple" and style.labelled:
        return lambda value: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    checked = p.column is not None and p.column.field.key in style.checked
    if not checked and kind != "select_multiple":
        return None
    found: Convert = _CONVERTERS.get(p.edm, _to_text)
    return found


def _to_text(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return " ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _of(*types: type) -> Convert:
    """Null where an older version of the form asked for something of another type."""
    return lambda value: value if type(value) in types else None


_CONVERTERS: dict[str, Convert] = {
    "Edm.Int64": _of(int),
    "Edm.Decimal": _of(int, float),
    "Edm.Boolean": _of(bool),
    "Edm.Date": _of(str),
    "Edm.DateTimeOffset": _of(str),
}
Point = Mapping[str, Any]


def _coordinates(point: Point) -> list[float]:
    """Longitude first, as GeoJSON and WKT have it."""
    there = [point["lon"], point["lat"]]
    return there if point.get("alt") is None else [*there, point["alt"]]


def _to_geojson(kind: str) -> Convert:
    def line(points: list[Point]) -> Record:
        coordinates = [_coordinates(point) for point in points]
        if kind == "geotrace":
            return {"type": "LineString", "coordinates": coordinates}
        return {"type": "Polygon", "coordinates": [coordinates]}

    def point(value: Point) -> Record:
        out: Record = {"type": "Point", "coordinates": _coordinates(value)}
        if value.get("acc") is not None:
            out["properties"] = {"accuracy": value["acc"]}
        return out

    return _geo(point if kind == "geopoint" else line, dict if kind == "geopoint" else list)


def _to_wkt(kind: str) -> Convert:
    def text(value: Point) -> str:
        return " ".join(f"{number:.15g}" for number in _coordinates(value))

    def line(points: list[Point]) -> str:
        inside = ", ".join(map(text, points))
        return f"LINESTRING ({inside})" if kind == "geotrace" else f"POLYGON (({inside}))"

    def point(value: Point) -> str:
        return f"POINT ({text(value)})"

    return _geo(point if kind == "geopoint" else line, dict if kind == "geopoint" else list)


def _geo(write: Convert, expected: type) -> Convert:
    return lambda value: write(value) if isinstance(value, expected) else None
