"""Schema: what a form asks, read out of its XForm. Pure.

A `Field` has a path of node names below the root element (`main/place/card_no`); a `Repeat` is a
table of its own with the root table or another repeat as parent.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

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
