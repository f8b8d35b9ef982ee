"""What a form's records look like over all its versions: tables, columns, languages. Pure.

The current version leads; a question that only older versions asked comes after. Of two privacy
classes of one question the stricter holds, and choices that were taken away keep their labels.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

from surveys.xforms.schema import ROOT, Choice, Field, Repeat, Schema

STRICTNESS = {"open": 0, "quasi": 1, "sensitive": 2, "direct": 3}
RECORD_KEYS = (
    "id",
    "instance_id",
    "form_id",
    "version",
    "household",
    "place",
    "submitted_at",
    "received_at",
    "updated_at",
    "review_state",
)
REPEAT_KEYS = ("id", "parent_id", "root_id", "index", *RECORD_KEYS[1:])
# A question of such a name would hide a key of every record or a word of every query.
RESERVED = frozenset(
    {*REPEAT_KEYS, "fields", "labels", "ordering", "page_size", "cursor", "updated_since"}
    | {"deleted", "unmask", "format"}
)
GEO_TYPES = frozenset({"geopoint", "geotrace", "geoshape"})
MEDIA_TYPES = frozenset({"image", "audio", "video", "file"})


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One question in a table. `name` is what people say; `field.key` what the rows hold."""

    name: str
    field: Field

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


def dataset_of(schemas: Sequence[Schema]) -> Dataset:
    """Joins the versions of a form; the current one first, then from newest to oldest."""
    current = schemas[0]
    repeats: dict[str, Repeat] = {}
    names: set[str] = set()
    for repeat in (r for schema in schemas for r in schema.repeats):
        if repeat.path not in repeats:
            name = _free(repeat.name, names, repeat.path.replace("/", "_"))
            repeats[repeat.path] = replace(repeat, name=name)
    return Dataset(
        form_id=current.form_id,
        title=current.title,
        version=current.version,
        versions=tuple(s.version for s in schemas),
        languages=tuple(dict.fromkeys(lang for s in schemas for lang in s.languages)),
        root=Table("", ROOT, ROOT, {}, _columns(schemas, ROOT)),
        repeats=tuple(
            Table(r.name, r.path, r.parent, r.labels, _columns(schemas, r.path))
            for r in repeats.values()
        ),
    )


def _columns(schemas: Sequence[Schema], path: str) -> tuple[Column, ...]:
    fields: dict[str, Field] = {}
    for field in (f for schema in schemas for f in schema.table(path)):
        fields[field.key] = _joined(fields[field.key], field) if field.key in fields else field
    taken = set(RESERVED)
    return tuple(Column(_free(f.key, taken, f"{f.key}_answer"), f) for f in fields.values())


def _joined(newer: Field, older: Field) -> Field:
    return replace(
        newer,
        privacy=max(newer.privacy, older.privacy, key=lambda p: STRICTNESS.get(p, 3)),
        restricted=newer.restricted or older.restricted,
        choices=_joined_choices(newer.choices, older.choices),
    )


def _joined_choices(newer: Iterable[Choice], older: Iterable[Choice]) -> tuple[Choice, ...]:
    joined = {c.name: c for c in newer}
    for choice in older:
        joined.setdefault(choice.name, choice)
    return tuple(joined.values())


def _free(name: str, taken: set[str], instead: str) -> str:
    """`name`; where that is taken `instead`, with a number if need be. Notes it as taken."""
    others = (f"{instead}_{number}" for number in count(2))
    chosen = next(n for n in chain((name, instead), others) if n not in taken)
    taken.add(chosen)
    return chosen
