"""JSON texts with places for a record's values: made once, filled row by row. Pure.

A page is tens of thousands of values. PostgreSQL has each as JSON already (`cells.py`); they are
set into the text as they are, and only what is coarsened, labelled or converted is parsed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

import orjson

Change = Callable[[Any], Any]
TextChange = Callable[[str], str]
Picker = Callable[[list[str]], tuple[str, ...]]
SEPARATOR = "\x1f"  # in no JSON text: control characters are escaped there
_BETWEEN = orjson.Fragment(SEPARATOR.encode())
MOST_KEPT = 4096  # texts that a change was asked for; codes and years come again and again


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a value of a record is read: a column or an answer of the row, or nowhere.

    `change` says what becomes of it on the way out; it is asked of what is not None alone.
    """

    column: str | None = None
    answer: str | None = None
    change: Change | None = None
    constant: Any = None

    @property
    def is_constant(self) -> bool:
        return self.column is None and self.answer is None

    def value(self, row: Mapping[str, Any], answers: Mapping[str, Any]) -> Any:
        if self.column is not None:
            value = row[self.column]
        elif self.answer is not None:
            value = answers.get(self.answer)
        else:
            return self.constant
        return value if value is None or self.change is None else self.change(value)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value of a record stands, by its name there. `bare`: a text without its quotes."""

    source: str
    convert: Change | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Inside:
    """Where the rows of a repeat stand; `target` says of which."""

    target: str


Piece: TypeAlias = str | Place | Inside
Tree: TypeAlias = dict[str, "Tree | tuple[Piece, ...]"]
NULL: tuple[Piece, ...] = ("null",)


def pieces_of(tree: Tree) -> list[Piece]:
    """A tree of names as the pieces of a JSON object."""
    pieces: list[Piece] = ["{"]
    for number, (name, leaf) in enumerate(tree.items()):
        pieces.append(f"{',' if number else ''}{quoted(name)}:")
        pieces += pieces_of(leaf) if isinstance(leaf, dict) else leaf
    return [*pieces, "}"]


def quoted(value: Any) -> str:
    """As JSON has it."""
    return orjson.dumps(value).decode()


def as_texts(values: Sequence[Any]) -> list[str]:
    """Each value as JSON, by one call for all of them."""
    if not values:
        return []
    row: list[Any] = [_BETWEEN] * (2 * len(values) - 1)
    row[::2] = values
    return orjson.dumps(row).decode()[1:-1].split(f",{SEPARATOR},")


@dataclass(frozen=True, slots=True)
class Template:
    """A text for all rows that have the same parts: where they stand, and what becomes of them.

    To a row's own parts come those that `changes` make of them, then what is inside it.
    """

    words: list[str]  # what stands before, between and after the places, which are empty
    changes: tuple[tuple[int, TextChange], ...]
    targets: tuple[str, ...]
    pick: Picker

    def write(self, parts: list[str], inside: Mapping[str, str]) -> str:
        """One record; `parts`, the JSON of its values, are used up. `inside` has the rows of its
        repeats, with commas between them."""
        for at, change in self.changes:
            parts.append(change(parts[at]))
        parts += [inside.get(target, "") for target in self.targets]
        words = self.words.copy()
        words[1::2] = self.pick(parts)
        return "".join(words)


@dataclass(slots=True)
class Writer:
    """A text with places; `reads` says what stands in each, which is nothing where a repeat is."""

    reads: list[Slot] = field(default_factory=list)
    _words: list[str] = field(default_factory=lambda: [""])  # before, between and after the places
    _changes: dict[int, TextChange] = field(default_factory=dict)
    _targets: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, pieces: Sequence[Piece], slots: Mapping[str, Slot]) -> "Writer":
        writer = cls()
        for piece in pieces:
            if isinstance(piece, str):
                writer._say(piece)
            elif isinstance(piece, Inside):
                writer._open(piece.target)
            else:
                writer._add(piece, slots[piece.source])
        return writer

    def template(self, places: Sequence[int | None], width: int) -> Template:
        """For rows of `width` parts: the places of what is read among them; None is null."""
        found = list(places)
        changes = [(at, places[at]) for at in self._changes if places[at] is not None]
        for number, (at, _) in enumerate(changes):
            found[at] = width + number
        for number, at in enumerate(self._targets):
            found[at] = width + len(changes) + number
        return Template(
            self._between(found),
            tuple((part, self._changes[at]) for at, part in changes if part is not None),
            tuple(self._targets.values()),
            picker_of([at for at in found if at is not None]),
        )

    def _between(self, places: Sequence[int | None]) -> list[str]:
        """The words around the places, with null among them where nothing stands."""
        words: list[str] = []
        said = self._words[0]
        for place, word in zip(places, self._words[1:], strict=True):
            if place is None:
                said += "null" + word
            else:
                words += (said, "")
                said = word
        return [*words, said]

    def _say(self, text: str) -> None:
        self._words[-1] += text

    def _open(self, target: str) -> None:
        self._targets[len(self.reads)] = target
        self._say("[")
        self._read(Slot())
        self._say("]")

    def _add(self, place: Place, slot: Slot) -> None:
        if slot.is_constant:
            self._say(quoted(slot.constant))
            return
        if slot.change or place.convert or place.bare:
            self._changes[len(self.reads)] = _on_text(slot.change, place)
        self._read(slot)

    def _read(self, slot: Slot) -> None:
        self.reads.append(slot)
        self._words.append("")


def picker_of(places: Sequence[int]) -> Picker:
    """What takes the parts at these places."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda parts: tuple(parts[at] for at in places)


def _on_text(change: Change | None, place: Place) -> TextChange:
    """What becomes of a JSON text; of null, nothing."""
    if change is None and place.convert is None:
        return lambda text: text[1:-1]

    @lru_cache(maxsize=MOST_KEPT)
    def changed(text: str) -> str:
        value = orjson.loads(text)
        if value is not None and change is not None:
            value = change(value)
        if place.convert is not None and value is not None:
            value = place.convert(value)
        said = orjson.dumps(value).decode()
        return said[1:-1] if place.bare else said

    return changed
