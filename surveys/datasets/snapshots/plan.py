"""Which answers a snapshot keeps, and as what. Pure.

A column is called after its place in the register, which it keeps for ever: `a7` holds the typed
answer, `r7` the text as sent. What nobody may see whole is not kept, and neither is an answer that
was of another kind of value in another version: neither can be grouped or filtered by.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from surveys.datasets.columns import GEO_TYPES, Column, Dataset, Table
from surveys.xforms.schema import Schema

WHOLE, NUMBER, TEXT, BOOLEAN, LIST, PRESENCE = KINDS = (
    "whole",
    "number",
    "text",
    "boolean",
    "list",
    "presence",
)
_KIND_OF_TYPE = {
    "integer": WHOLE,
    "decimal": NUMBER,
    "boolean": BOOLEAN,
    "select_multiple": LIST,
    **dict.fromkeys(GEO_TYPES, PRESENCE),
}  # all others are text
Positions = dict[str, dict[int, str]]  # table → position of a column → kind


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer that a snapshot keeps."""

    key: str
    position: int
    kind: str

    @property
    def typed(self) -> str:
        return f"a{self.position}"

    @property
    def sent(self) -> str:
        return f"r{self.position}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is kept of a form: columns by the path of their table, and all columns there are."""

    tables: dict[str, tuple[Kept, ...]]
    known: dict[str, tuple[int, ...]]  # positions, of what is not kept too

    @property
    def positions(self) -> Positions:
        return {path: {k.position: k.kind for k in kept} for path, kept in self.tables.items()}

    def kept(self, table: Table, column: Column) -> Kept | None:
        return next((k for k in self.tables[table.path] if k.position == column.position), None)


def plan_of(
    dataset: Dataset, schemas: Iterable[Schema], private: Mapping[str, Collection[str]]
) -> Plan:
    """`schemas` are all versions; `private` gives by table the keys that are not to be kept."""
    kinds: dict[tuple[str, str], set[str]] = {}
    for field in (f for schema in schemas for f in schema.fields):
        kinds.setdefault((field.repeat, field.key), set()).add(kind_of_type(field.type))
    tables = {
        table.path: tuple(
            Kept(column.field.key, column.position, kind)
            for column in table.columns
            if column.field.key not in private[table.path]
            and (kind := _one_kind(kinds[table.path, column.field.key]))
        )
        for table in dataset.tables
    }
    known = {table.path: tuple(c.position for c in table.columns) for table in dataset.tables}
    return Plan(tables, known)


def kind_of_type(type_: str) -> str:
    return _KIND_OF_TYPE.get(type_, TEXT)


def fits(plan: Plan, kept: Positions, known: Mapping[str, Collection[int]]) -> bool:
    """Whether files made by an older plan can answer by this one: they hold every column of it, or
    were made before there was any answer to it."""
    return all(
        kept.get(path, {}).get(column.position) == column.kind
        or column.position not in known.get(path, ())
        for path, columns in plan.tables.items()
        for column in columns
    )


def _one_kind(kinds: set[str]) -> str:
    """The kind of value that answers are in all versions; "" where they are not."""
    if kinds == {WHOLE, NUMBER}:
        return NUMBER
    return next(iter(kinds)) if len(kinds) == 1 else ""
