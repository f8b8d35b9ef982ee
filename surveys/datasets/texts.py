"""JSON texts with places for a record's values: made once, filled row by row. Pure.

A page is tens of thousands of values. PostgreSQL has each as JSON already (`cells.py`); they are
set into the text as they are, and only what is coarsened, labelled or converted is parsed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

import orjson

Change = Callable[[Any], Any]
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


def quoted(text: str) -> str:
    """As JSON has it."""
    return orjson.dumps(text).decode()


def as_texts(values: Sequence[Any]) -> list[str]:
    """Each value as JSON, by one call for all of them."""
    if not values:
        return []
    row: list[Any] = [_BETWEEN] * (2 * len(values) - 1)
    row[::2] = values
    return orjson.dumps(row).decode()[1:-1].split(f",{SEPARATOR},")


@dataclass(slots=True)
class Writer:
    """Fills a text. `reads` says what stands in each of its places; an `Inside` reads nothing."""

    template: str = ""
    reads: list[Slot] = field(default_factory=list)
    targets: list[tuple[int, str]] = field(default_factory=list)
    _changes: list[tuple[int, Callable[[str], str]]] = field(default_factory=list)

    @classmethod
    def of(cls, pieces: Sequence[Piece], slots: Mapping[str, Slot]) -> "Writer":
        writer, words = cls(), []
        for piece in pieces:
            if isinstance(piece, str):
                words.append(piece.replace("%", "%%"))
            elif isinstance(piece, Inside):
                writer.targets.append((len(writer.reads), piece.target))
                writer.reads.append(Slot())
                words.append("[%s]")
            else:
                words.append(writer._add(piece, slots[piece.source]))
        writer.template = "".join(words)
        return writer

    def write(self, parts: list[str], inside: Mapping[str, str] | None = None) -> str:
        """One record from the JSON of `reads`, which is used up; `inside` has the rows of its
        repeats, with commas between them."""
        for at, change in self._changes:
            if parts[at] != "null":
                parts[at] = change(parts[at])
        for at, target in self.targets:
            parts[at] = (inside or {}).get(target, "")
        return self.template % tuple(parts)

    def _add(self, place: Place, slot: Slot) -> str:
        """What stands in the template."""
        if slot.is_constant:
            return orjson.dumps(slot.constant).decode().replace("%", "%%")
        if slot.change or place.convert or place.bare:
            self._changes.append((len(self.reads), _on_text(slot.change, place)))
        self.reads.append(slot)
        return "%s"


def _on_text(change: Change | None, place: Place) -> Callable[[str], str]:
    if change is None and place.convert is None:
        return lambda text: text[1:-1]

    @lru_cache(maxsize=MOST_KEPT)
    def changed(text: str) -> str:
        value = orjson.loads(text)
        if change is not None:
            value = change(value)
        if place.convert is not None and value is not None:
            value = place.convert(value)
        said = orjson.dumps(value).decode()
        return said[1:-1] if place.bare else said

    return changed
