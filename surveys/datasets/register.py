"""The register of columns: what a form's columns are called, for ever. Pure.

A column, once read, keeps its place, its name and its short name over all later versions; new ones
only come after. The short name is what Stata and SPSS can hold: 31 characters, ASCII letters,
digits and underscores, the first a letter, no word of their languages, and no two alike in one
table whatever their case. A select_multiple and a geopoint fill several columns in such a file:
each of these parts has a short name of its own.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, count

from surveys.xforms.schema import Choice, Field, Repeat, Schema

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
    | {"deleted", "unmask", "format", "missing", "layer", "count", "by", "of"}
)
LONGEST_SHORT = 31  # Stata takes 32, but ReadStat names value labels so, and refuses 32
LONGEST_PART = 14
GEO_PARTS = ("lat", "lon", "alt", "acc")
# Words of Stata (help reserved) and SPSS (Variable Names) that no variable may be called.
_WORDS = frozenset(
    {"_all", "_b", "byte", "_coef", "_cons", "double", "float", "if", "in", "int", "long", "_n"}
    | {"_pi", "_pred", "_rc", "_skip", "strl", "using", "with"}
    | {"all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to"}
)
_TYPE_WORD = re.compile(r"str\d+")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9]+")
_LATIN = str.maketrans(
    dict(
        zip(
            "абвгдеёзийклмнопрстуфхъыьэғқҳҷӣӯңөүўі",
            [*"abvgdeeziyklmnoprstuf", "kh", *"_y_e", "gh", *"qhjiu", "ng", *"ouui"],
            strict=True,
        )
    )
    | {"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya"}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the register. `key` is empty for the table itself, `part` for a whole column."""

    table: str  # path of the repeat; "" for the root
    key: str
    part: str  # a choice's code, or lat, lon, alt, acc
    position: int  # in the table, from 0, never given twice
    name: str
    short_name: str


def new_entries(schemas: Iterable[Schema], known: Sequence[Entry]) -> tuple[Entry, ...]:
    """What the register lacks of these versions, the oldest of them first.

    The same versions and the same register always give the same entries.
    """
    book = _Book()
    for entry in known:
        book.note(entry)
    before = len(book.entries)
    for schema in schemas:
        for repeat in schema.repeats:
            book.add_table(repeat)
        for each in schema.fields:
            book.add_column(each)
    return tuple(book.entries[before:])


def short_name(name: str, taken: frozenset[str] | set[str], *, part: str = "") -> str:
    """A name that Stata and SPSS take, unlike all of `taken` (which is in lower case).

    `part` is set behind the name and stays readable where the name is cut.
    """
    tail = f"_{_plain(part)[:LONGEST_PART].strip('_') or 'x'}" if part else ""
    head = _plain(name).strip("_")
    if not head[:1].isalpha():
        head = f"q_{head}".rstrip("_")
    if head.lower() in _WORDS or _TYPE_WORD.fullmatch(head.lower()):
        head += "_q"
    numbers = (f"_{number}" for number in count(2))
    ends = (tail + number for number in chain([""], numbers))
    names = (head[: LONGEST_SHORT - len(end)].rstrip("_") + end for end in ends)
    return next(n for n in names if n.lower() not in taken)


def free_name(name: str, taken: set[str], instead: str) -> str:
    """`name`; where that is taken `instead`, with a number if need be. Notes it as taken."""
    others = (f"{instead}_{number}" for number in count(2))
    chosen = next(n for n in chain((name, instead), others) if n not in taken)
    taken.add(chosen)
    return chosen


def _plain(text: str) -> str:
    return _NOT_PLAIN.sub("_", text.lower().translate(_LATIN) if not text.isascii() else text)


@dataclass(slots=True)
class _Shelf:
    """What is taken in one table."""

    names: set[str] = field(default_factory=lambda: set(RESERVED))
    short_names: set[str] = field(default_factory=lambda: {key.lower() for key in REPEAT_KEYS})
    positions: int = 0


@dataclass(slots=True)
class _Book:
    entries: list[Entry] = field(default_factory=list)
    found: dict[tuple[str, str, str], Entry] = field(default_factory=dict)
    shelves: dict[str, _Shelf] = field(default_factory=dict)
    tables: set[str] = field(default_factory=set)

    def note(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.found[entry.table, entry.key, entry.part] = entry
        if not entry.key:
            self.tables.add(entry.name)
            return
        shelf = self.shelf(entry.table)
        shelf.short_names.add(entry.short_name.lower())
        shelf.positions = max(shelf.positions, entry.position + 1)
        if not entry.part:
            shelf.names.add(entry.name)

    def shelf(self, table: str) -> _Shelf:
        return self.shelves.setdefault(table, _Shelf())

    def add_table(self, repeat: Repeat) -> None:
        if (repeat.path, "", "") not in self.found:
            name = free_name(repeat.name, self.tables, repeat.path.replace("/", "_"))
            short = short_name(name, {e.short_name.lower() for e in self.entries if not e.key})
            self.note(Entry(repeat.path, "", "", len(self.tables) - 1, name, short))

    def add_column(self, each: Field) -> None:
        column = self.found.get((each.repeat, each.key, ""))
        if column is None:
            shelf = self.shelf(each.repeat)
            name = free_name(each.key, shelf.names, f"{each.key}_answer")
            column = self.add(each, "", name, short_name(name, shelf.short_names))
        for part in parts_of(each):
            if (each.repeat, each.key, part) not in self.found:
                taken = self.shelf(each.repeat).short_names
                short = short_name(column.short_name, taken, part=part)
                self.add(each, part, f"{column.name}_{part}", short)

    def add(self, each: Field, part: str, name: str, short: str) -> Entry:
        position = self.shelf(each.repeat).positions
        entry = Entry(each.repeat, each.key, part, position, name, short)
        self.note(entry)
        return entry


def parts_of(each: Field) -> tuple[str, ...]:
    """What a column falls into where a file has one number a cell."""
    if each.type == "geopoint":
        return GEO_PARTS
    return _codes(each.choices) if each.type == "select_multiple" else ()


def _codes(choices: Iterable[Choice]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(choice.name for choice in choices if choice.name))
