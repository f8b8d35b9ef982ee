"""Rows of a table, read by a server-side cursor and given out as blocks of columns.

A file is millions of values: a column at a time they are looked up, labelled and typed three
times as fast as row by row. What may be seen is decided by the `Shape`, as for records.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from surveys.datasets.tables import Rows, Shape

ROWS_AT_ONCE = 1000
LARGEST_WHOLE = 2.0**63  # from here on orjson makes a double of a whole number


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows: values by column, in the order of the shape's keys and columns.

    `gaps` says for each of the shape's columns why a row has no answer; where that is not read, it
    is empty.
    """

    rows: int
    columns: list[list[Any]]
    gaps: list[list[str]]

    def __len__(self) -> int:
        return self.rows


def read_blocks(rows: Rows, shape: Shape, *, with_sent: bool = False) -> Iterator[Block]:
    """Blocks of at most a thousand rows. `rows` come from `read_columns`."""
    found = rows.iterator(chunk_size=ROWS_AT_ONCE)
    while chunk := list(islice(found, ROWS_AT_ONCE)):
        answers = [_loads(row["answers"]) for row in chunk]
        gaps: list[list[str]] = []
        if with_sent:
            gaps = shape.missing_of(answers, [orjson.loads(row["sent"]) for row in chunk])
        yield Block(len(chunk), shape.columns_of(chunk, answers), gaps)


def _loads(text: str) -> dict[str, Any]:
    """Decimals come from doubles and are read as such; longer whole numbers keep every digit."""
    found: dict[str, Any] = orjson.loads(text)
    doubles = [value for value in found.values() if type(value) is float]
    if doubles and (max(doubles) >= LARGEST_WHOLE or min(doubles) <= -LARGEST_WHOLE):
        exact: dict[str, Any] = json.loads(text)
        return exact
    return found
