"""What an export holds: its tables' rows as sheets, a codebook, and a sheet about the file."""

import re
from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from typing import Protocol, TypeVar

from django.db.models import QuerySet
from django.utils import timezone

from surveys.cleaning.models import CleanRow
from surveys.datasets.blocks import Block, read_blocks, read_texts
from surveys.datasets.codebook import codebook
from surveys.datasets.columns import Dataset, Table
from surveys.datasets.files.sheets import Cell, CellColumn, Sheet, sheet_of_rows
from surveys.datasets.files.text_sheets import TextColumn, Texts, TextSheet
from surveys.datasets.filters import filter_rows
from surveys.datasets.models import Export
from surveys.datasets.records import repeats_below, updated_since
from surveys.datasets.tables import (
    Shape,
    dataset_of_form,
    language_of,
    shape_of,
    visible_rows,
)
from surveys.datasets.versions import changed_types
from surveys.privacy.access import dataset_reader
from surveys.privacy.models import Unmasking

KEY_TYPES = {
    **dict.fromkeys(("submitted_at", "received_at", "updated_at"), "dateTime"),
    "index": "integer",
}
B = TypeVar("B", bound=Sized)
FORBIDDEN_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]+")
# On Windows; letters of all scripts stay.
FORBIDDEN_IN_FILES = re.compile(r'[\x00-\x1f<>:"/\\|?*]+')
# Kinds whose codes bear labels beside them: a label in place of a code would hide from them what
# was chosen and which codes stand for no answer.
LABELLED = frozenset({"dta", "sav", "ddi"})
WORDS_NAMES = ("codebook", "about")  # what stands beside the tables in XLSX and CSV
ORDER = ("received_at", "record_id", "parent_id", "index", "id")  # as they came


class Watch(Protocol):
    """Sees blocks or chunks of rows go by."""

    def __call__(self, blocks: Iterator[B], /) -> Iterator[B]: ...


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the export: how its rows are given out, and which they are."""

    name: str  # unlike any other's, upper and lower case alike
    file_name: str  # the same in Latin letters, for Stata, SPSS and Parquet
    shape: Shape
    rows: QuerySet[CleanRow]
    mixed: frozenset[str]  # keys of questions that had several types over the form's versions

    def blocks(self, *, raw: bool, with_gaps: bool = False) -> Iterator[Block]:
        """All its rows by a server-side cursor, in the order they came."""
        answers = "verbatim" if raw else "values"
        rows = self.rows.order_by(*ORDER)
        return read_blocks(rows, self.shape, answers=answers, with_sent=with_gaps)

    def texts(self, *, raw: bool) -> Iterator[list[Texts]]:
        """The same rows as JSON texts."""
        answers = "verbatim" if raw else "values"
        return read_texts(self.rows.order_by(*ORDER), self.shape, answers=answers)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one export reads, with the rights its asker has now."""

    dataset: Dataset
    language: str
    raw: bool  # answers as they were sent, all of them text
    labels: bool  # in place of codes, in kinds that cannot have both
    parts: tuple[Part, ...]
    counts: dict[str, int]


def open_reading(export: Export) -> Reading:
    """Checks filter, language and rights, and counts. Raises `Problem` as the records API does."""
    user = dataset_reader(export.asked_by)
    dataset = dataset_of_form(export.form)
    language = language_of(dataset, export.language) if export.language else dataset.languages[0]
    labels = export.labels and export.kind not in LABELLED
    granted = None
    if export.unmask:
        granted = Unmasking.objects.filter(user=user, target=export.unmask_target).first()

    def shape(table: Table) -> Shape:
        return shape_of(
            dataset,
            table,
            user,
            granted=granted,
            language=language if labels else None,
            layer=export.layer,
            recipient=export.recipient,
        )

    root = shape(dataset.root)
    roots = visible_rows(
        export.form, dataset.root, user, layer=export.layer, recipient=export.recipient
    )
    since = updated_since(export.filter)
    roots = filter_rows(
        roots.filter(updated_at__gte=since.start) if since else roots,
        dataset.root,
        {name: value for name, value in export.filter.items() if name != "updated_since"},
        root.masked,
        below=repeats_below(dataset, user, granted),
        recipient=root.recipient,
    )
    form, names = export.form, table_names(dataset)
    parts = [Part(*names[""], root, roots, changed_types(form.pk, dataset, ""))]
    for table in dataset.repeats:
        rows = CleanRow.objects.filter(form=form, repeat=table.path)
        rows = rows.filter(record_id__in=roots.values("record_id"))
        mixed = changed_types(form.pk, dataset, table.path)
        parts.append(Part(*names[table.path], shape(table), rows, mixed))
    return Reading(
        dataset=dataset,
        language=language,
        raw=export.layer == "raw",
        labels=labels,
        parts=tuple(parts),
        counts={part.name: part.rows.count() for part in parts},
    )


def table_names(dataset: Dataset) -> dict[str, tuple[str, str]]:
    """What each table is called in a file, and in Latin letters, by its path.

    Files lie in one folder, which on Windows takes upper and lower case for the same: a repeat
    called as the form, as another repeat or as one of the sheets beside them gets a number.
    """
    taken, taken_short = set(WORDS_NAMES), set[str]()
    names = {}
    for table in dataset.tables:
        name = FORBIDDEN_IN_FILES.sub("_", table.name or dataset.form_id)
        short = table.short or FORBIDDEN_IN_NAMES.sub("_", name)
        names[table.path] = _free(name, taken), _free(short, taken_short)
    return names


def _free(name: str, taken: set[str]) -> str:
    names = chain([name], (f"{name}_{number}" for number in count(2)))
    free = next(name for name in names if name.casefold() not in taken)
    taken.add(free.casefold())
    return free


def data_sheets(reading: Reading, watch: Watch) -> Iterator[TextSheet]:
    """A sheet for the root and one for each repeat; `watch` sees every chunk of rows go by."""
    zone, between = timezone.get_current_timezone(), "; " if reading.labels else " "
    for part in reading.parts:
        columns = text_columns(part, raw=reading.raw)
        yield TextSheet(part.name, columns, watch(part.texts(raw=reading.raw)), zone, between)


def words_sheets(
    export: Export, reading: Reading, as_of: datetime, notes: Iterable[str] = ()
) -> Iterator[Sheet]:
    """The codebook, and what the file is; read when all rows are written, so `notes` is whole."""
    names = {part.shape.table.path: part.name for part in reading.parts}
    yield codebook(reading.dataset, names, masked_by_table(reading), reading.language)
    yield sheet_of_rows("about", ("what", "value"), about(export, reading, as_of, notes))


def masked_by_table(reading: Reading) -> dict[str, frozenset[str]]:
    return {part.shape.table.path: part.shape.masked for part in reading.parts}


def about(
    export: Export, reading: Reading, as_of: datetime, notes: Iterable[str] = ()
) -> Iterator[tuple[str, Cell]]:
    """From when the file is, for whom, why, with which filter, and what it could not hold."""
    filters = "&".join(f"{name}={value}" for name, value in export.filter.items())
    said: tuple[tuple[str, Cell], ...] = (
        ("form", reading.dataset.form_id),
        ("title", reading.dataset.title),
        ("version", reading.dataset.version),
        ("schema version", reading.dataset.schema_version),
        ("as of", as_of),
        ("time zone", str(timezone.get_current_timezone())),
        ("layer", export.layer),
        ("values", f"labels, {reading.language}" if reading.labels else "codes"),
        ("filter", filters),
        ("asked by", export.asked_by.username),
        ("purpose", export.purpose),
        ("recipient", reading.parts[0].shape.recipient),
        ("export", str(export.pk)),
        *(("rows", f"{name}: {count}") for name, count in reading.counts.items()),
        *(("note", str(note)) for note in notes),
    )
    yield from said


def text_columns(part: Part, *, raw: bool) -> list[TextColumn]:
    """The columns of a table with what becomes of their values."""
    pairs = zip(cell_columns(part.shape, raw=raw), part.shape.slots.values(), strict=True)
    return [TextColumn(column, slot.change, slot.answer in part.mixed) for column, slot in pairs]


def cell_columns(shape: Shape, *, raw: bool) -> tuple[CellColumn, ...]:
    """The columns of a table, keys first, and the types of their values."""
    keys = (CellColumn(key, KEY_TYPES.get(key, "string")) for key in shape.keys)
    answers = (CellColumn(c.name, "string" if raw else c.field.type) for c in shape.columns)
    return (*keys, *answers)
