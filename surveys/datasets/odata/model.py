"""A form's tables as OData sees them: entity types with properties, groups and navigation. Pure.

Names, keys and nesting are those of ODK Central, so that what reads Central reads this: a group is
a complex type, a repeat a set of its own (`Submissions.group.repeat`) with the id of its parent.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from surveys.datasets.columns import Column, Dataset, Table

ROOT_SET = "Submissions"
ID, SYSTEM = "__id", "__system"
EDM_TYPES = {
    "integer": "Edm.Int64",
    "decimal": "Edm.Decimal",
    "boolean": "Edm.Boolean",
    "date": "Edm.Date",
    "dateTime": "Edm.DateTimeOffset",
    "geopoint": "Edm.GeographyPoint",
    "geotrace": "Edm.GeographyLineString",
    "geoshape": "Edm.GeographyPolygon",
}  # all others are text
GROUP, QUESTION = "group", "question"
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Property:
    """One value of an entity. `source` is its name in a record, `column` None for a key."""

    path: Path
    edm: str
    source: str
    column: Column | None = None

    @property
    def name(self) -> str:
        return "/".join(self.path)


@dataclass(frozen=True, slots=True)
class Navigation:
    """Where an entity leads to the rows of a repeat inside it."""

    path: Path
    target: str

    @property
    def name(self) -> str:
        return "/".join(self.path)


@dataclass(frozen=True, eq=False)
class EntityType:
    """A table; `parent_key` is the property that holds the parent's id, "" for the root."""

    name: str
    table: Table
    parent: str
    parent_key: str
    properties: tuple[Property, ...]
    navigations: tuple[Navigation, ...]

    @cached_property
    def by_name(self) -> dict[str, Property]:
        return {p.name: p for p in self.properties}

    @cached_property
    def groups(self) -> frozenset[Path]:
        """Every group that holds a property or a repeat."""
        return frozenset(self.groups_in_order)

    @cached_property
    def groups_in_order(self) -> tuple[Path, ...]:
        """As the form has them, outer before inner."""
        paths = [p.path for p in self.properties] + [n.path for n in self.navigations]
        return tuple(dict.fromkeys(path[:d] for path in paths for d in range(1, len(path))))

    def navigation(self, name: str) -> Navigation | None:
        return next((n for n in self.navigations if n.name == name), None)


@dataclass(frozen=True, eq=False)
class Model:
    """All entity types of a form, the root first. `flat` has no groups: `group_field`."""

    form_id: str
    types: tuple[EntityType, ...]
    flat: bool
    schema_version: str = ""

    @property
    def root(self) -> EntityType:
        return self.types[0]

    def find(self, name: str) -> EntityType | None:
        return next((t for t in self.types if t.name == name), None)

    def children(self, entity: EntityType) -> Iterable[tuple[Navigation, EntityType]]:
        for navigation in entity.navigations:
            child = self.find(navigation.target)
            assert child is not None
            yield navigation, child


@lru_cache(maxsize=256)
def model_of(dataset: Dataset, *, flat: bool = False) -> Model:
    """The model of a dataset; kept as long as the dataset is."""
    names = _Names()
    sets = {"": ROOT_SET} | {
        t.path: f"{ROOT_SET}.{'.'.join(names.clean(t.path, leaf=GROUP))}" for t in dataset.repeats
    }
    types = tuple(_entity_type(table, dataset, names, sets) for table in dataset.tables)
    types = tuple(map(_flattened, types)) if flat else types
    return Model(dataset.form_id, types, flat, dataset.schema_version)


def clean_name(name: str) -> str:
    """As Central does it: letters, digits and underscores, not beginning with a digit."""
    cleaned = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return cleaned if re.match(r"[A-Za-z_]", cleaned) else f"_{cleaned[1:]}"


@dataclass
class _Names:
    """Clean names by path, unique among siblings, the same wherever a group is met again."""

    known: dict[tuple[str, str], Path] = field(default_factory=dict)
    taken: set[Path] = field(default_factory=lambda: {(ID,), (SYSTEM,), ("meta", "instanceID")})

    def clean(self, path: str, *, leaf: str) -> Path:
        known = self.known.get((path, leaf))
        if known is not None:
            return known
        above, _, name = path.rpartition("/")
        parent = self.clean(above, leaf=GROUP) if above else ()
        wanted = cleaned = clean_name(name)
        number = 1
        while (*parent, cleaned) in self.taken:
            number += 1
            cleaned = f"{wanted}_{number}"
        self.taken.add((*parent, cleaned))
        self.known[path, leaf] = (*parent, cleaned)
        return *parent, cleaned


def _entity_type(table: Table, dataset: Dataset, names: _Names, sets: dict[str, str]) -> EntityType:
    above = names.clean(table.path, leaf=GROUP) if table.path else ()
    within = [t for t in dataset.repeats if t.parent == table.path]
    keys = () if table.path else (Property(("meta", "instanceID"), "Edm.String", "instance_id"),)
    return EntityType(
        name=sets[table.path],
        table=table,
        parent=sets[table.parent] if table.path else "",
        parent_key=f"__{sets[table.parent].replace('.', '-')}-id" if table.path else "",
        properties=keys + tuple(_property(c, names, above) for c in table.columns),
        navigations=tuple(
            Navigation(_below(above, names.clean(t.path, leaf=GROUP)), sets[t.path]) for t in within
        ),
    )


def _property(column: Column, names: _Names, above: Path) -> Property:
    path = _below(above, names.clean(column.field.path, leaf=QUESTION))
    return Property(path, EDM_TYPES.get(column.field.type, "Edm.String"), column.name, column)


def _below(above: Path, path: Path) -> Path:
    """The path within its table; of a question that was moved here from elsewhere, the whole."""
    return path[len(above) :] if path[: len(above)] == above and path != above else path


def _flattened(entity: EntityType) -> EntityType:
    taken = {ID, SYSTEM, entity.parent_key}
    properties = [
        replace(p, path=(_free("_".join(p.path), taken),), edm=_spreadsheet_type(p.edm))
        for p in entity.properties
    ]
    navigations = [replace(n, path=(_free("_".join(n.path), taken),)) for n in entity.navigations]
    return EntityType(
        entity.name,
        entity.table,
        entity.parent,
        entity.parent_key,
        tuple(properties),
        tuple(navigations),
    )


def _spreadsheet_type(edm: str) -> str:
    """Spreadsheets know no geography: it is given to them as text."""
    return "Edm.String" if edm.startswith("Edm.Geography") else edm


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add(free)
    return free
