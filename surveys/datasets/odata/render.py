"""From records as `Shape` gives them to entities as a feed gives them: nested, typed, linked. Pure.

What may be seen was decided before: a record comes in masked, and only its form changes here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from surveys.datasets.columns import GEO_TYPES
from surveys.datasets.odata.model import ID, SYSTEM, EntityType, Model, Property

Record = dict[str, Any]
Convert = Callable[[Any], Any]
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


@dataclass(slots=True)
class Group:
    """A plan for one level of an entity: names, where a record has them, and what is inside."""

    names: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    converts: list[tuple[str, Convert]] = field(default_factory=list)
    groups: dict[str, "Group"] = field(default_factory=dict)
    _read: Callable[[Record], Sequence[Any]] | None = None

    def filled(self, record: Record) -> Record:
        """Values are copied a level at a time: a page is tens of thousands of them."""
        if self._read is None:
            self._read = _reader(self.sources)
        out = dict(zip(self.names, self._read(record), strict=True))
        for name, convert in self.converts:
            if out[name] is not None:
                out[name] = convert(out[name])
        for name, inner in self.groups.items():
            out[name] = inner.filled(record)
        return out


def _reader(sources: Sequence[str]) -> Callable[[Record], Sequence[Any]]:
    if len(sources) > 1:
        return itemgetter(*sources)
    return lambda record: [record[source] for source in sources]


@dataclass(frozen=True, slots=True)
class Link:
    """From a group of an entity to the rows of a repeat; `target` is the set, where expanded."""

    group: Sequence[str]
    name: str
    path: str
    target: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """How the entities of one type are written."""

    entity: EntityType
    style: Style
    shows_id: bool
    system: frozenset[str] | None  # names to give, None for none of them
    top: Group
    links: tuple[Link, ...]
    sources: frozenset[str]  # what of a record is needed

    def entity_of(
        self,
        pk: Any,
        record: Record,
        facts: Mapping[Any, Record],
        expanded: Mapping[tuple[str, Any], list[Record]],
    ) -> Record:
        """The entity of a record whose row has the id `pk`.

        `facts` are by that id, `expanded` entities by set and the id of the row above: a reader may
        know the records by other ids.
        """
        out: Record = {}
        if self.shows_id:
            out[ID] = record["id"]
            if self.entity.parent_key:
                out[self.entity.parent_key] = record["parent_id"]
        if self.system is not None:
            said = system_of(record, facts.get(pk, {}), self.system)
            if self.style.flat:
                out |= {f"{SYSTEM}_{name}": value for name, value in said.items()}
            else:
                out[SYSTEM] = said
        out |= self.top.filled(record)
        for link in self.links:
            inside = out
            for name in link.group:
                inside = inside[name]
            address = f"{self.entity.name}('{record['id']}')/{link.path}"
            inside[f"{link.name}{LINK}"] = address
            if link.target is not None:
                inside[link.name] = expanded.get((link.target, pk), [])
        return out


def plan_of(
    model: Model, entity: EntityType, style: Style, select: Sequence[str], expand: Sequence[str]
) -> Plan:
    """The plan for a `$select` and an `$expand`; both hold names that exist."""
    chosen = None if not select or "*" in select else set(select)
    top, links = Group(), []
    for p in entity.properties:
        if chosen is None or _is_chosen(p.name, chosen):
            _add(top, p, style)
    for navigation in entity.navigations:
        opened = "*" in expand or navigation.name in expand
        if opened or chosen is None or _is_chosen(navigation.name, chosen):
            *group, name = navigation.path
            _at(top, group)
            links.append(Link(group, name, navigation.name, navigation.target if opened else None))
    system = None if entity.parent_key else _system_names(chosen)
    return Plan(
        entity,
        style,
        shows_id=chosen is None or ID in chosen or entity.parent_key in chosen,
        system=system,
        top=top,
        links=tuple(links),
        sources=frozenset({"id", *_sources(top), *(("parent_id",) if entity.parent_key else ())})
        | (frozenset({*SYSTEM_SOURCES.values(), "review_state"}) if system else frozenset()),
    )


def _add(top: Group, p: Property, style: Style) -> None:
    group = _at(top, p.path[:-1])
    group.names.append(p.path[-1])
    group.sources.append(p.source)
    convert = _converter(p, style)
    if convert is not None:
        group.converts.append((p.path[-1], convert))


def _sources(group: Group) -> list[str]:
    inner = (source for each in group.groups.values() for source in _sources(each))
    return [*group.sources, *inner]


def _is_chosen(name: str, chosen: set[str]) -> bool:
    """By its own name or by that of a group it stands in."""
    parts = name.split("/")
    return any("/".join(parts[:depth]) in chosen for depth in range(1, len(parts) + 1))


def _at(group: Group, path: Sequence[str]) -> Group:
    for name in path:
        group = group.groups.setdefault(name, Group())
    return group


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
ALL_SYSTEM = frozenset({*SYSTEM_SOURCES, *FACTS, *NEVER, "reviewState"})


def _system_names(chosen: set[str] | None) -> frozenset[str] | None:
    if chosen is None or SYSTEM in chosen:
        return ALL_SYSTEM
    named = {n for n in ALL_SYSTEM if {f"{SYSTEM}/{n}", f"{SYSTEM}_{n}"} & chosen}
    return frozenset(named) or None


def system_of(record: Record, facts: Record, names: frozenset[str]) -> Record:
    """What Central says of a submission beside its answers."""
    said: Record = {name: record[source] for name, source in SYSTEM_SOURCES.items()}
    said |= dict.fromkeys(NEVER)
    said["reviewState"] = REVIEW_STATES.get(record["review_state"])
    said |= {name: facts.get(name) for name in FACTS}
    return said if names is ALL_SYSTEM else {n: v for n, v in said.items() if n in names}


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
