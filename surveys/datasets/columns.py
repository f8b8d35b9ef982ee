"""What a form's records look like over all its versions: tables, columns, languages. Pure.

Tables and columns stand in the order of the register, which only grows: those of the oldest version
first, each later version's new ones behind. Labels and types are the current version's. Of two
privacy classes of one question the stricter holds, and choices that were taken away keep their
labels.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as made_by

from surveys.datasets.register import RECORD_KEYS, REPEAT_KEYS, RESERVED, Entry, new_entries
from surveys.xforms.schema import ROOT, Choice, Field, Repeat, Schema

__all__ = ["RECORD_KEYS", "REPEAT_KEYS", "RESERVED"]

STRICTNESS = {"open": 0, "quasi": 1, "sensitive": 2, "direct": 3}
GEO_TYPES = frozenset({"geopoint", "geotrace", "geoshape"})
MEDIA_TYPES = frozenset({"image", "audio", "video", "file"})


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One question in a table. `name` is what people say; `field.key` what the rows hold.

    `short` is its name in Stata and SPSS files; `parts` those of the columns that a
    select_multiple (by code) or a geopoint (by lat, lon, alt, acc) fills there.
    """

    name: str
    field: Field
    short: str = ""
    parts: Mapping[str, str] = made_by(default_factory=dict)
    position: int = 0

    def choice_labels(self, language: str) -> dict[str, str]:
        """Code → label, falling back to any label the choice has."""
        return {
            c.name: c.labels.get(language) or next(filter(None, c.labels.values()), c.name)
            for c in self.field.choices
        }


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The root of a form or one of its repeats. Compared by identity, so that it can be cached."""

    name: str  # "" for the root
    path: str
    parent: str
    labels: dict[str, str]
    columns: tuple[Column, ...]
    short: str = ""  # for the name of a Stata or SPSS file
    registers: bool = False  # the form makes entities: a record stands for a household

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that stand before the answers."""
        return REPEAT_KEYS if self.path else RECORD_KEYS


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A form as analysts see it, over all its versions."""

    form_id: str
    title: str
    version: str
    versions: tuple[str, ...]
    languages: tuple[str, ...]
    root: Table
    repeats: tuple[Table, ...]
    asked_at: Mapping[str, tuple[Column, ...]] = made_by(default_factory=dict)
    """What any version asked at a path, the newest first: questions move and get other names."""

    @property
    def schema_version(self) -> str:
        """Versions read, and columns: nothing but labels differs between two files that agree."""
        return f"{len(self.versions)}.{sum(len(table.columns) for table in self.tables)}"

    @property
    def tables(self) -> tuple[Table, ...]:
        return (self.root, *self.repeats)

    def repeat(self, name: str) -> Table | None:
        return next((t for t in self.repeats if t.name == name), None)

    def language(self, asked: str) -> str | None:
        """The form's own name of a language asked for as `ru`, `Русский` or `Русский (ru)`."""
        wanted = asked.strip().casefold()
        for language in self.languages:
            name, _, code = language.casefold().rstrip(")").rpartition("(")
            if wanted in {language.casefold(), name.strip(), code.strip()}:
                return language
        if self.languages == ("",) and wanted == "default":
            return ""
        return None


def dataset_of(schemas: Sequence[Schema], register: Sequence[Entry] = ()) -> Dataset:
    """Joins the versions of a form: the current one first, then from newest to oldest.

    `register` is what was kept of earlier readings; what it lacks is found anew.
    """
    current = schemas[0]
    lines = (*register, *new_entries(reversed(schemas), register))
    repeats: dict[str, Repeat] = {}
    for repeat in (r for schema in schemas for r in schema.repeats):
        repeats.setdefault(repeat.path, repeat)
    columns = _columns(schemas, lines)
    registers = any(entity.creates for s in schemas for entity in s.entities)
    return Dataset(
        form_id=current.form_id,
        title=current.title,
        version=current.version,
        versions=tuple(s.version for s in schemas),
        languages=tuple(dict.fromkeys(lang for s in schemas for lang in s.languages)),
        root=Table("", ROOT, ROOT, {}, columns.get(ROOT, ()), registers=registers),
        repeats=tuple(
            _table(line, repeats[line.table], columns, registers)
            for line in sorted(lines, key=lambda line: line.position)
            if not line.key and line.table in repeats
        ),
        asked_at=_asked_at(schemas, columns),
    )


def _asked_at(
    schemas: Sequence[Schema], columns: Mapping[str, tuple[Column, ...]]
) -> dict[str, tuple[Column, ...]]:
    by_key = {(table, c.field.key): c for table, several in columns.items() for c in several}
    keys: dict[str, dict[tuple[str, str], None]] = {}
    for field in (field for schema in schemas for field in schema.fields):
        keys.setdefault(field.path, {})[field.repeat, field.key] = None
    return {
        path: tuple(by_key[k] for k in several if k in by_key) for path, several in keys.items()
    }


def _table(
    line: Entry, repeat: Repeat, columns: dict[str, tuple[Column, ...]], registers: bool
) -> Table:
    return Table(
        name=line.name,
        path=repeat.path,
        parent=repeat.parent,
        labels=repeat.labels,
        columns=columns.get(repeat.path, ()),
        short=line.short_name,
        registers=registers,
    )


def _columns(schemas: Sequence[Schema], lines: Sequence[Entry]) -> dict[str, tuple[Column, ...]]:
    """The columns of each table, by its path."""
    fields: dict[tuple[str, str], Field] = {}
    for each in (f for schema in schemas for f in schema.fields):
        at = each.repeat, each.key
        fields[at] = _joined(fields[at], each) if at in fields else each
    parts: dict[tuple[str, str], dict[str, str]] = {}
    for line in lines:
        if line.part:
            parts.setdefault((line.table, line.key), {})[line.part] = line.short_name
    found: dict[str, list[Column]] = {}
    for line in sorted(lines, key=lambda line: line.position):
        at = line.table, line.key
        if at in fields and not line.part:
            column = Column(
                line.name, fields[at], line.short_name, parts.get(at, {}), line.position
            )
            found.setdefault(line.table, []).append(column)
    return {table: tuple(columns) for table, columns in found.items()}


def _joined(newer: Field, older: Field) -> Field:
    return replace(
        newer,
        privacy=max(newer.privacy, older.privacy, key=lambda p: STRICTNESS.get(p, 3)),
        restricted=newer.restricted or older.restricted,
        missing=newer.missing or older.missing,
        choices=_joined_choices(newer.choices, older.choices),
    )


def _joined_choices(newer: Iterable[Choice], older: Iterable[Choice]) -> tuple[Choice, ...]:
    joined = {c.name: c for c in newer}
    for choice in older:
        joined.setdefault(choice.name, choice)
    return tuple(joined.values())
