"""What an export holds: its tables' rows as sheets, a codebook, and a sheet about the file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from surveys.cleaning.models import CleanRow
from surveys.datasets.codebook import codebook
from surveys.datasets.columns import Dataset, Table
from surveys.datasets.files.sheets import Cell, CellColumn, Sheet
from surveys.datasets.filters import filter_rows
from surveys.datasets.models import Export
from surveys.datasets.records import repeats_below
from surveys.datasets.tables import (
    Shape,
    dataset_of_form,
    language_of,
    read_columns,
    shape_of,
    visible_rows,
)
from surveys.privacy.access import dataset_reader
from surveys.privacy.models import Unmasking

ROWS_AT_ONCE = 1000
KEY_TYPES = dict.fromkeys(("submitted_at", "received_at", "updated_at"), "dateTime")
Watch = Callable[[Iterator[Any]], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the export: how its rows are given out, and which they are."""

    name: str
    shape: Shape
    rows: QuerySet[CleanRow]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one export reads, with the rights its asker has now."""

    dataset: Dataset
    language: str
    raw: bool  # answers as they were sent, all of them text
    parts: tuple[Part, ...]
    counts: dict[str, int]
    words_names: tuple[str, ...] = ("codebook", "about")


def open_reading(export: Export) -> Reading:
    """Checks filter, language and rights, and counts. Raises `Problem` as the records API does."""
    user = dataset_reader(export.asked_by)
    dataset = dataset_of_form(export.form)
    language = language_of(dataset, export.language) if export.language else dataset.languages[0]
    granted = None
    if export.unmask:
        granted = Unmasking.objects.filter(user=user, target=export.unmask_target).first()

    def shape(table: Table) -> Shape:
        labels = language if export.labels else None
        return shape_of(
            dataset,
            table,
            user,
            granted=granted,
            language=labels,
            layer=export.layer,
            recipient=export.recipient,
        )

    root = shape(dataset.root)
    roots = visible_rows(
        export.form, dataset.root, user, layer=export.layer, recipient=export.recipient
    )
    roots = filter_rows(
        roots,
        dataset.root,
        export.filter,
        root.masked,
        below=repeats_below(dataset, user, granted),
        recipient=root.recipient,
    )
    parts = [Part(dataset.form_id, root, roots)]
    for table in dataset.repeats:
        rows = CleanRow.objects.filter(form=export.form, repeat=table.path)
        rows = rows.filter(record_id__in=roots.values("record_id"))
        parts.append(Part(table.name, shape(table), rows))
    return Reading(
        dataset=dataset,
        language=language,
        raw=export.layer == "raw",
        parts=tuple(parts),
        counts={part.name: part.rows.count() for part in parts},
    )


def data_sheets(reading: Reading, watch: Watch) -> Iterator[Sheet]:
    """A sheet for the root and one for each repeat; `watch` sees every row go by."""
    for part in reading.parts:
        columns = _cell_columns(part.shape, raw=reading.raw)
        header = tuple(name for column in columns for name in column.header())
        yield Sheet(part.name, header, watch(_cells(part, columns, raw=reading.raw)))


def words_sheets(export: Export, reading: Reading, as_of: datetime) -> Iterator[Sheet]:
    """The codebook, and what the file is: from when, for whom, with which filter."""
    masked = {part.shape.table.path: part.shape.masked for part in reading.parts}
    yield codebook(reading.dataset, masked, reading.language)
    filters = "&".join(f"{name}={value}" for name, value in export.filter.items())
    about: list[tuple[Cell, ...]] = [
        ("form", reading.dataset.form_id),
        ("title", reading.dataset.title),
        ("version", reading.dataset.version),
        ("schema version", reading.dataset.schema_version),
        ("as of", as_of),
        ("time zone", str(timezone.get_current_timezone())),
        ("layer", export.layer),
        ("values", f"labels, {reading.language}" if export.labels else "codes"),
        ("filter", filters),
        ("asked by", export.asked_by.username),
        ("purpose", export.purpose),
        ("recipient", reading.parts[0].shape.recipient),
        ("export", str(export.pk)),
        *(("rows", f"{name}: {count}") for name, count in reading.counts.items()),
    ]
    yield Sheet("about", ("what", "value"), about)


def _cell_columns(shape: Shape, *, raw: bool) -> tuple[CellColumn, ...]:
    keys = (CellColumn(key, KEY_TYPES.get(key, "string")) for key in shape.keys)
    answers = (CellColumn(c.name, "string" if raw else c.field.type) for c in shape.columns)
    return (*keys, *answers)


def _cells(part: Part, columns: tuple[CellColumn, ...], *, raw: bool) -> Iterator[list[Cell]]:
    """Rows by a server-side cursor, in the order they came."""
    zone = timezone.get_current_timezone()
    between = "; " if part.shape.language is not None else " "
    order = ("received_at", "record_id", "parent_id", "index", "id")
    rows = read_columns(part.rows.order_by(*order), answers="verbatim" if raw else "values")
    for row in rows.iterator(chunk_size=ROWS_AT_ONCE):
        record = part.shape.exact_record(row)
        cells: list[Cell] = []
        for column in columns:
            cells += column.cells(record[column.name], zone, between)
        yield cells
