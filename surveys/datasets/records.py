"""Records as a query asks for them: filters, order, chosen columns, a page at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.db.models import F, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from backend.accounts.models import User
from backend.keyset import Key
from backend.pagination import Page, answer_key, column_key, page_of, page_size_of
from backend.problems import Problem
from backend.said import Said
from surveys.cleaning.models import CleanRow, DeletedRecord
from surveys.datasets.among import among
from surveys.datasets.cells import Filler
from surveys.datasets.columns import Dataset, Table
from surveys.datasets.filters import RECORD_COLUMNS, Below, check_not_masked, filter_rows
from surveys.datasets.layers import CORRECTED, RAW, About, check_layer
from surveys.datasets.shape import ID_KEYS
from surveys.datasets.tables import (
    Row,
    Rows,
    Shape,
    language_of,
    read_columns,
    shape_of,
    visible_rows,
)
from surveys.datasets.texts import Place, Writer, pieces_of
from surveys.datasets.values import Moment, read_moment
from surveys.privacy.access import known_from, known_to, recipient_of, unmask
from surveys.privacy.models import Unmasking
from surveys.xforms.models import Form

CONTROLS = frozenset(
    {"fields", "labels", "ordering", "page_size", "cursor", "updated_since", "deleted", "unmask"}
    | {"format", "layer", "missing", "count"}
)
NULLABLE = frozenset({"household", "place", "submitted_at"})
MOST_ORDERS = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose records, of which table, for whom."""

    form: Form
    dataset: Dataset
    table: Table
    user: User


def records_page(asked: Asked, request: HttpRequest, *, as_json: bool = False) -> dict[str, Any]:
    """One page `{next, previous, results}`. Raises `Problem` as `docs/api.md` lists them.

    With `as_json`, records are JSON already (`orjson.Fragment`) where they can be: that is for a
    renderer alone.
    """
    query = request.GET
    if is_yes(query, "deleted"):
        return _deleted_page(asked, request)
    as_of = timezone.now()
    shape = shape_for(asked, query)
    rows = rows_asked_for(asked, shape, query)
    reading = reading_of(shape, query)
    fetch = reading.texts if as_json and reading.is_plain else reading.records
    by_change = updated_since(query) is not None
    page = page_of(
        rows,
        _keys(asked.table, query.get("ordering", ""), shape, by_change=by_change),
        lambda ids: fetch(CleanRow.objects.filter(among("id", ids))),
        request=request,
        list_name=f"records {asked.form.pk} {asked.table.path}",
        size=page_size_of(request),
    )
    about = About(
        layer=shape.layer,
        as_of=as_of,
        filter={name: query[name] for name in query if name not in CONTROLS - {"updated_since"}},
        schema_version=asked.dataset.schema_version,
        count=rows.count() if is_yes(query, "count") else None,
    )
    results = [row["record"] for row in page.rows]
    return {**_as_json(page, results), "about": about.as_json()}


def rows_asked_for(asked: Asked, shape: Shape, query: QueryDict) -> QuerySet[CleanRow]:
    """The rows that the user may see and the query chooses, in no order."""
    rows = filter_rows(
        visible_rows(asked.form, asked.table, asked.user, layer=shape.layer),
        asked.table,
        filters_in(query),
        shape.masked,
        below=() if asked.table.path else repeats_below(asked.dataset, asked.user, shape.granted),
        recipient=shape.recipient,
    )
    since = updated_since(query)
    return rows.filter(updated_at__gte=since.start) if since else rows


def repeats_below(dataset: Dataset, user: User, granted: Unmasking | None) -> list[Below]:
    """The repeats whose answers choose records, each with what of it this user may not see."""
    shapes = (shape_of(dataset, table, user, granted=granted) for table in dataset.repeats)
    return [Below(shape.table, shape.masked) for shape in shapes]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of a page are read and written."""

    shape: Shape
    with_missing: bool

    def columns(self, rows: QuerySet[CleanRow]) -> Rows:
        answers = "verbatim" if self.shape.layer == RAW else "values"
        return read_columns(rows, answers=answers, with_sent=self.with_missing)

    def record(self, row: Row) -> Row:
        record = self.shape.record(row)
        return {**record, "missing": self.shape.missing(row)} if self.with_missing else record

    def records(self, rows: QuerySet[CleanRow]) -> Iterator[Row]:
        """Each row's id and its record."""
        return ({"id": row["id"], "record": self.record(row)} for row in self.columns(rows))

    @property
    def is_plain(self) -> bool:
        """Whether records can be written from the texts that are stored."""
        return not self.with_missing and self.shape.layer != RAW

    def texts(self, rows: QuerySet[CleanRow]) -> Iterator[Row]:
        """The same, each record as JSON, made of the JSON of its values."""
        filler = filler_of(self.shape)
        for pk, *row in rows.values_list("id", *filler.expressions):
            yield {"id": pk, "record": orjson.Fragment(filler.write(row))}


@lru_cache(maxsize=32)
def filler_of(shape: Shape) -> Filler:
    """What writes the records of a shape; kept, since pages follow one another."""
    pieces = pieces_of({name: (Place(name),) for name in shape.slots})
    return Filler(Writer.of(pieces, shape.slots))


def reading_of(shape: Shape, query: QueryDict) -> Reading:
    """Raises `Problem("value_invalid")` for missing kinds of raw answers, which are no values."""
    with_missing = is_yes(query, "missing")
    if with_missing and shape.layer == RAW:
        raise Problem("value_invalid", field="missing", reason=Said("goes with typed layers only"))
    return Reading(shape, with_missing)


def one_record(asked: Asked, record_id: UUID, request: HttpRequest) -> Row:
    """One record by its permanent id. Raises `Problem("not_found")`."""
    for name in set(request.GET) - {"fields", "labels", "unmask", "format", "layer", "missing"}:
        raise Problem("field_unknown", field=name)
    shape = shape_for(asked, request.GET)
    reading = reading_of(shape, request.GET)
    rows = visible_rows(asked.form, asked.table, asked.user, layer=shape.layer)
    row = reading.columns(rows.filter(pk=known_from(shape.recipient, record_id))).first()
    if row is None:
        raise Problem("not_found")
    return reading.record(row)


def shape_for(asked: Asked, query: QueryDict) -> Shape:
    """Which columns and values a query gets; asking to unmask is written down here."""
    reason, labels = query.get("unmask", ""), query.get("labels", "")
    layer = check_layer(query.get("layer") or CORRECTED)
    if layer == RAW and labels:
        raise Problem("value_invalid", field="labels", reason=Said("raw answers have codes only"))
    target = f"{asked.form.form_id} {asked.table.name}".strip()
    return shape_of(
        asked.dataset,
        asked.table,
        asked.user,
        granted=unmask(user=asked.user, reason=reason, target=target) if reason else None,
        language=language_of(asked.dataset, labels) if labels else None,
        chosen=[name.strip() for name in query.get("fields", "").split(",") if name.strip()],
        layer=layer,
    )


def filters_in(query: QueryDict) -> QueryDict:
    """The query without the words that are no filters."""
    filters = query.copy()
    for name in CONTROLS & set(query):
        del filters[name]
    return filters


def check_order(table: Table, query: QueryDict, shape: Shape) -> None:
    """Raises `Problem` where a page in the order asked for would."""
    _keys(table, query.get("ordering", ""), shape, by_change=False)


def _keys(table: Table, ordering: str, shape: Shape, *, by_change: bool) -> list[Key]:
    names = [name.strip() for name in ordering.split(",") if name.strip()]
    if shape.recipient:  # their real order would tell of the real ids
        for name in names:
            withheld = ID_KEYS | {"instance_id"}
            check_not_masked(table, name.removeprefix("-"), shape.masked, withheld=withheld)
    if not names:
        names = ["updated_at" if by_change else "received_at"]
        names += ["root_id", "parent_id", "index"] if table.path else []
    if len(names) > MOST_ORDERS:
        raise Problem(
            "value_invalid",
            field="ordering",
            reason=Said("at most {most} fields", most=MOST_ORDERS),
        )
    keys = [_key(table, name, shape) for name in names]
    if not any(key.name == "id" for key in keys):
        keys.append(column_key("id", "id"))
    return keys


def _key(table: Table, name: str, shape: Shape) -> Key:
    field, descending = name.removeprefix("-"), name.startswith("-")
    if field in RECORD_COLUMNS and field in table.keys:
        path = "place__code" if field == "place" else RECORD_COLUMNS[field][1]
        return column_key(field, path, descending=descending, nullable=field in NULLABLE)
    column = table.column(field)
    if column is None:
        raise Problem("field_unknown", field=field)
    check_not_masked(table, field, shape.masked)
    return answer_key(field, column.field.key, descending=descending)


def updated_since(query: Mapping[str, Any]) -> Moment | None:
    text = query.get("updated_since", "")
    try:
        return read_moment(text) if text else None
    except (ValueError, OverflowError):
        raise Problem(
            "value_invalid", field="updated_since", reason=Said("write 2014-06-03T13:20:00Z")
        ) from None


def _deleted_page(asked: Asked, request: HttpRequest) -> dict[str, Any]:
    """Records that are gone: a copy elsewhere drops them too."""
    if asked.table.path:
        raise Problem("field_unknown", field="deleted")
    for name in filters_in(request.GET):
        raise Problem("operator_unknown", field=name, operator="=", allowed="updated_since only")
    rows = DeletedRecord.objects.filter(form=asked.form)
    since = updated_since(request.GET)
    if since:
        rows = rows.filter(deleted_at__gte=since.start)
    page = page_of(
        rows,
        [column_key("deleted_at", "deleted_at"), column_key("id", "record_id")],
        lambda ids: rows.filter(pk__in=ids).values("deleted_at", id=F("record_id")),
        request=request,
        list_name=f"deleted {asked.form.pk}",
        size=page_size_of(request),
    )
    recipient = recipient_of(asked.user)
    gone = [{**row, "id": known_to(recipient, row["id"])} for row in page.rows]
    return _as_json(page, gone)


def is_yes(query: QueryDict, name: str) -> bool:
    value = query.get(name, "").lower()
    if value not in {"", "0", "1", "true", "false"}:
        raise Problem("value_invalid", field=name, reason=Said("write 1 or 0"))
    return value in {"1", "true"}


def _as_json(page: Page, results: list[Row]) -> dict[str, Any]:
    return {"next": page.next, "previous": page.previous, "results": results}
