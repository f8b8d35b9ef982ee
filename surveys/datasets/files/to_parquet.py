"""Blocks of columns → a Parquet file of typed columns, zstd, in row groups as they come. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from backend.said import Said
from surveys.datasets.files.sheets import GEO_PARTS
from surveys.datasets.files.variables import Losses

ROWS_A_GROUP = 10_000
TYPES: dict[str, pa.DataType] = {
    "integer": pa.int64(),
    "decimal": pa.float64(),
    "date": pa.date32(),
    "dateTime": pa.timestamp("ms", tz="UTC"),
    "boolean": pa.bool_(),
    "select_multiple": pa.list_(pa.string()),
}
TEXT = pa.string()
Named = tuple[str, str]  # a column's name and its type in the form


def write_parquet(
    path: Path,
    columns: Sequence[Named],
    blocks: Iterable[Sequence[Sequence[Any]]],
    losses: Losses,
    about: Mapping[str, str],
) -> int:
    """Writes the file; returns its rows. A point fills four columns, as in CSV."""
    schema = pa.schema([f for c in columns for f in _fields(*c)], metadata=dict(about))
    rows = 0
    with closing(pq.ParquetWriter(path, schema, compression="zstd")) as writer:
        waiting: list[pa.RecordBatch] = []
        for block in blocks:
            arrays = [
                a
                for c, values in zip(columns, block, strict=True)
                for a in _arrays(c, values, losses)
            ]
            waiting.append(pa.record_batch(arrays, schema=schema))
            rows += waiting[-1].num_rows
            if sum(batch.num_rows for batch in waiting) >= ROWS_A_GROUP:
                writer.write_table(pa.Table.from_batches(waiting), row_group_size=ROWS_A_GROUP * 2)
                waiting.clear()
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting))
    return rows


def count_parquet(path: Path) -> int:
    """Rows by the file's own index; its last row group is read to see that it is whole."""
    with pq.ParquetFile(path) as file:
        rows = cast(int, file.metadata.num_rows)
        if groups := file.num_row_groups:
            file.read_row_group(groups - 1)
    return rows


def _fields(name: str, kind: str) -> list[pa.Field]:
    if kind == "geopoint":
        return [pa.field(f"{name}_{part}", pa.float64()) for part in GEO_PARTS]
    return [pa.field(name, TYPES.get(kind, TEXT))]


def _arrays(column: Named, values: Sequence[Any], losses: Losses) -> list[pa.Array]:
    name, kind = column
    if kind == "geopoint":
        points = [value if isinstance(value, Mapping) else {} for value in values]
        return [pa.array([_float(p.get(part)) for p in points], pa.float64()) for part in GEO_PARTS]
    wanted = TYPES.get(kind, TEXT)
    if kind in {"date", "dateTime"} or wanted is TEXT or Decimal in set(map(type, values)):
        values = [_typed(value, kind) for value in values]
    try:
        return [pa.array(values, wanted)]
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        return [pa.array([_fitting(v, wanted, name, kind, losses) for v in values], wanted)]


def _typed(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind not in TYPES:
        return value if isinstance(value, str) else _words(value)
    if isinstance(value, Decimal):
        return float(value)
    try:
        if kind == "date":
            return date.fromisoformat(value)
        if kind == "dateTime":
            return datetime.fromisoformat(value)
    except (ValueError, TypeError):
        pass
    return value


def _fitting(value: Any, wanted: pa.DataType, name: str, kind: str, losses: Losses) -> Any:
    """The value where the column takes it, else nothing, and counted."""
    try:
        return pa.scalar(value, wanted).as_py()
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        losses.note(name, Said("answers that are no {type} are left empty", type=kind))
        return None


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(_words(one) for one in value)
    if isinstance(value, Mapping):
        return " ".join(str(value.get(part) or 0) for part in GEO_PARTS)
    return str(value)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
