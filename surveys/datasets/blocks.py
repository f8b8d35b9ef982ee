"""Rows of a table, read by a server-side cursor and given out as blocks of columns.

A file is millions of values, so they are handled a column of a block at a time. What may be seen is
decided by the `Shape`, as for records.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast

from surveys.cleaning.models import CleanRow
from surveys.datasets.cells import Cells, CutCells, Read
from surveys.datasets.files.sheets import Known
from surveys.datasets.files.text_sheets import Texts
from surveys.datasets.missing import read_sent
from surveys.datasets.shape import COLUMNS, TIMES, Shape

ROWS_AT_ONCE = 250  # few enough to stay in the processor's cache
LARGEST_WHOLE = 2.0**63  # from here on orjson makes a double of a whole number


class Columns:
    """What a shape gives of rows, as columns in the order of its keys and columns."""

    def __init__(self, shape: Shape, *, answers: str = "values") -> None:
        slots = list(shape.slots.values())
        self.cells = Cells(slots, Cast(answers, TextField()))
        self.changes = [slot.change and Known(slot.change) for slot in slots]
        numbers = {c.field.key for c in shape.columns if c.field.type in {"integer", "decimal"}}
        self._numbers = [(at, s.answer) for at, s in enumerate(slots) if s.answer in numbers]

    def stored(self, rows: Sequence[Read]) -> list[Sequence[Any]]:
        """The values as they are stored."""
        flat = list(zip(*map(self.cells.values, rows), strict=True))
        found: list[Sequence[Any]] = [flat[place] for place in self.cells.places]
        for at, key in self._numbers:
            if _lost_digits(found[at]):
                found[at] = [json.loads(row[0]).get(key) for row in rows]
        return found


@dataclass(frozen=True)
class Block:
    """Some rows by column, in the order of the shape's keys and columns, as they are stored.

    `gaps` says for each of the shape's columns why a row has no answer; where that is not read, it
    is empty.
    """

    of: Columns
    stored: list[Sequence[Any]]
    gaps: list[list[str]]

    def __len__(self) -> int:
        return len(self.stored[0])

    @cached_property
    def columns(self) -> list[Sequence[Any]]:
        """The values as they are given out; not to be changed, since equal ones may be one."""
        pairs = zip(self.of.changes, self.stored, strict=True)
        return [values if change is None else _changed(change, values) for change, values in pairs]


def read_blocks(
    rows: QuerySet[CleanRow], shape: Shape, *, answers: str = "values", with_sent: bool = False
) -> Iterator[Block]:
    """Blocks of so many rows at most; `with_sent` says why answers are not there."""
    columns = Columns(shape, answers=answers)
    sent = [Cast("verbatim", TextField())] if with_sent else []
    for chunk in _chunks(rows.values_list(*columns.cells.expressions, *sent)):
        gaps: list[list[str]] = []
        texts = [read_sent(row[-1]) for row in chunk] if with_sent else []
        stored = columns.stored([row[:-1] for row in chunk] if with_sent else chunk)
        if with_sent:
            gaps = shape.missing_of(stored, texts)
        yield Block(columns, stored, gaps)


def read_texts(
    rows: QuerySet[CleanRow], shape: Shape, *, answers: str = "values"
) -> Iterator[list[Texts]]:
    """Chunks of rows of JSON texts, one for each of the shape's slots, as they are stored.

    Times come in the form PostgreSQL has of its own, at half the price of a given one.
    """
    slots = list(shape.slots.values())
    times = {COLUMNS[name]: F(name) for name in TIMES}
    cells: Cells | CutCells = (
        CutCells(slots, times, nothing="")
        if answers == "values"
        else Cells(slots, Cast(answers, TextField()))
    )
    for chunk in _chunks(rows.values_list(*cells.expressions)):
        yield list(map(cells.texts, chunk))


def _chunks(rows: QuerySet[CleanRow, Any]) -> Iterator[list[Any]]:
    found = rows.iterator(chunk_size=ROWS_AT_ONCE)
    while chunk := list(islice(found, ROWS_AT_ONCE)):
        yield chunk


def _lost_digits(values: Sequence[Any]) -> bool:
    """Whether there may be a long whole number of which a double was made."""
    if float not in set(map(type, values)):
        return False
    numbers = [abs(value) for value in values if type(value) is float]
    return max(numbers) >= LARGEST_WHOLE


def _changed(change: Known, values: Sequence[Any]) -> list[Any]:
    """Nothing stays nothing; a list or a point is no key, so it is changed anew each time."""
    return [
        None
        if value is None
        else change.read(value)
        if type(value) in {list, dict}
        else change[value]
        for value in values
    ]
