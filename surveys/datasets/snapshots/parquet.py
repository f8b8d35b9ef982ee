"""Rows → a Parquet file that DuckDB groups by: keys and typed answers, a column each. Pure."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from surveys.datasets.snapshots.plan import BOOLEAN, LIST, NUMBER, PRESENCE, TEXT, WHOLE, Kept

ROWS_A_GROUP = 15_000
UUID = pa.uuid()
TIME = pa.timestamp("us", tz="UTC")
# What stands in every row beside its answers in this order.
FIXED: tuple[tuple[str, pa.DataType], ...] = (
    ("id", UUID),
    ("record_id", UUID),
    ("parent_id", UUID),
    ("index", pa.int32()),
    ("household_id", UUID),
    ("place_id", pa.int64()),
    ("restricted", pa.bool_()),
    ("review_state", pa.string()),
    ("version", pa.string()),
    ("instance_id", pa.string()),
    ("submitted_at", TIME),
    ("received_at", TIME),
    ("updated_at", TIME),
    ("partner", pa.string()),
)
_TYPES = {
    WHOLE: pa.int64(),
    NUMBER: pa.float64(),
    TEXT: pa.string(),
    BOOLEAN: pa.bool_(),
    LIST: pa.list_(pa.string()),
    PRESENCE: pa.bool_(),
}
NOTHING = type(None)
# Answers that are of their kind: an older version of the form may have asked for another.
_GOOD: dict[str, frozenset[type]] = {
    WHOLE: frozenset({int, NOTHING}),
    NUMBER: frozenset({int, float, NOTHING}),
    TEXT: frozenset({str, NOTHING}),
    BOOLEAN: frozenset({bool, NOTHING}),
    LIST: frozenset({list, NOTHING}),
}
Row = Sequence[Any]


def write_rows(path: Path, kept: Sequence[Kept], blocks: Iterable[Sequence[Row]]) -> int:
    """Writes the file; returns its rows. A row is `FIXED`, then typed answers and those as sent,
    both JSON. Two row groups are in memory at most."""
    schema = _schema(kept)
    rows = 0
    with closing(pq.ParquetWriter(path, schema, compression="zstd")) as writer:
        waiting: list[pa.RecordBatch] = []
        for block in chain(blocks, [()]):
            waiting += [_batch(block, kept, schema)] if block else []
            held = sum(batch.num_rows for batch in waiting)
            if held >= ROWS_A_GROUP or (held and not block):
                writer.write_table(pa.Table.from_batches(waiting), row_group_size=ROWS_A_GROUP * 2)
                rows += held
                waiting.clear()
    return rows


def write_ids(path: Path, ids: Iterable[bytes]) -> None:
    """A file of one column `id`."""
    pq.write_table(pa.table({"id": _uuids(list(ids))}), path, compression="zstd")


def _schema(kept: Sequence[Kept]) -> pa.Schema:
    answers = [
        pa.field(name, type_)
        for each in kept
        for name, type_ in ((each.typed, _TYPES[each.kind]), (each.sent, pa.string()))
    ]
    return pa.schema([pa.field(name, type_) for name, type_ in FIXED] + answers)


def _batch(block: Sequence[Row], kept: Sequence[Kept], schema: pa.Schema) -> pa.RecordBatch:
    *fixed, typed, sent = zip(*block, strict=True)
    arrays = [
        _uuids(values) if type_ is UUID else pa.array(values, type_)
        for values, (_, type_) in zip(fixed, FIXED, strict=True)
    ]
    answers = [orjson.loads(text) for text in typed]
    verbatim = [orjson.loads(text) for text in sent]
    for each in kept:
        key = each.key
        arrays.append(_typed([row.get(key) for row in answers], each.kind))
        arrays.append(pa.array([row.get(key) for row in verbatim], pa.string()))
    return pa.record_batch(arrays, schema=schema)


def _typed(values: list[Any], kind: str) -> pa.Array:
    """What is of another kind is left out, as a filter of the list leaves it out."""
    if kind == PRESENCE:
        return pa.array([None if value is None else True for value in values], pa.bool_())
    good = _GOOD[kind]
    if not good.issuperset(map(type, values)):
        values = [value if type(value) in good else None for value in values]
    return pa.array(values, _TYPES[kind])


def _uuids(values: Sequence[bytes | None]) -> pa.ExtensionArray:
    return pa.ExtensionArray.from_storage(UUID, pa.array(values, pa.binary(16)))
