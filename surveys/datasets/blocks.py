"""Rows of a table, read by a server-side cursor and given out as blocks of columns.

A file is millions of values. PostgreSQL gives each as JSON, a column of them is looked up among the
texts that came before, and only what is new is parsed, labelled, coarsened. What may be seen is
decided by the `Shape`, as for records.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import orjson
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from surveys.cleaning.models import CleanRow
from surveys.datasets.files.sheets import Known
from surveys.datasets.fragments import Fragments, item_of
from surveys.datasets.shape import Shape
from surveys.datasets.texts import SEPARATOR, Slot

ROWS_AT_ONCE = 250  # few enough to stay in the processor's cache
LARGEST_WHOLE = 2.0**63  # from here on orjson makes a double of a whole number
Texts = Sequence[Sequence[str]]


class Columns:
    """What a shape gives of rows, as columns of JSON texts in the order of its keys and columns."""

    def __init__(self, shape: Shape, *, answers: str = "values") -> None:
        self.shape, self.slots = shape, list(shape.slots.values())
        self.readers = [reader_of(slot) for slot in self.slots]
        self.known = [Known(reader) for reader in self.readers]
        self._read = [slot for slot in self.slots if not slot.is_constant]
        self.text = Fragments(answers, *(item_of(slot, {}) for slot in self._read))

    def texts_of(self, rows: Sequence[str]) -> Texts:
        found = iter(zip(*(row.split(SEPARATOR) for row in rows), strict=True))
        return [
            [orjson.dumps(slot.constant).decode()] * len(rows) if slot.is_constant else next(found)
            for slot in self.slots
        ]


@dataclass(frozen=True)
class Block:
    """Some rows: JSON texts by column, in the order of the shape's keys and columns.

    `gaps` says for each of the shape's columns why a row has no answer; where that is not read, it
    is empty.
    """

    of: Columns
    texts: Texts
    gaps: list[list[str]]

    def __len__(self) -> int:
        return len(self.texts[0])

    @cached_property
    def columns(self) -> list[list[Any]]:
        """The values themselves; not to be changed, since equal ones are one."""
        return [known.of(texts) for known, texts in zip(self.of.known, self.texts, strict=True)]


def read_blocks(
    rows: QuerySet[CleanRow], shape: Shape, *, answers: str = "values", with_sent: bool = False
) -> Iterator[Block]:
    """Blocks of so many rows at most; `with_sent` says why answers are not there."""
    columns = Columns(shape, answers=answers)
    sent = [Cast("verbatim", TextField())] if with_sent else []
    found = rows.values_list(columns.text, *sent).iterator(chunk_size=ROWS_AT_ONCE)
    while chunk := list(islice(found, ROWS_AT_ONCE)):
        texts = columns.texts_of([row[0] for row in chunk])
        gaps: list[list[str]] = []
        if with_sent:
            gaps = shape.missing_of(texts, [orjson.loads(row[1]) for row in chunk])
        yield Block(columns, texts, gaps)


def reader_of(slot: Slot) -> Callable[[str], Any]:
    """A JSON text → the value that is given out."""
    change = slot.change
    if change is None:
        return _loads

    def read(text: str) -> Any:
        value = _loads(text)
        return value if value is None else change(value)

    return read


def _loads(text: str) -> Any:
    """Decimals come from doubles and are read as such; longer whole numbers keep every digit."""
    value = orjson.loads(text)
    if type(value) is float and abs(value) >= LARGEST_WHOLE:
        return json.loads(text)
    return value
