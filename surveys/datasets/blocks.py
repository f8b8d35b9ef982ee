"""Rows of a table, read by a server-side cursor and given out as blocks of columns.

A file is millions of values: a column at a time they are looked up, labelled and typed three
times as fast as row by row. What may be seen is decided by the `Shape`, as for records.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from surveys.datasets.tables import COLUMNS, Row, Rows, Shape, labelled

ROWS_AT_ONCE = 1000
LARGEST_WHOLE = 2.0**63  # from here on orjson makes a double of a whole number


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows: values by column, in the order of the shape's keys and columns."""

    versions: list[str]  # of the form, by row
    columns: list[list[Any]]

    def __len__(self) -> int:
        return len(self.versions)


def read_blocks(rows: Rows, shape: Shape) -> Iterator[Block]:
    """Blocks of at most a thousand rows. `rows` come from `read_columns`."""
    found = rows.iterator(chunk_size=ROWS_AT_ONCE)
    while chunk := list(islice(found, ROWS_AT_ONCE)):
        yield _block(chunk, shape)


def _block(chunk: list[Row], shape: Shape) -> Block:
    answers = [_loads(row["answers"]) for row in chunk]
    columns = [_key(chunk, name, shape) for name in shape.keys]
    for column in shape.columns:
        key = column.field.key
        if key in shape.masked:
            columns.append([None] * len(chunk))
        else:
            columns.append(_labelled([a.get(key) for a in answers], shape.labels.get(key)))
    return Block([row["version"] for row in chunk], columns)


def _key(chunk: Sequence[Row], name: str, shape: Shape) -> list[Any]:
    if name == "form_id":
        return [shape.form_id] * len(chunk)
    source = COLUMNS[name]
    return [row[source] for row in chunk]


def _labelled(values: list[Any], labels: Mapping[str, str] | None) -> list[Any]:
    return values if labels is None else [labelled(value, labels) for value in values]


def _loads(text: str) -> dict[str, Any]:
    """Decimals come from doubles and are read as such; longer whole numbers keep every digit."""
    found: dict[str, Any] = orjson.loads(text)
    if any(type(value) is float and abs(value) >= LARGEST_WHOLE for value in found.values()):
        exact: dict[str, Any] = json.loads(text)
        return exact
    return found
