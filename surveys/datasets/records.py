"""Records as a query asks for them: filters, order, chosen columns, a page at a time."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F
from django.http import HttpRequest, QueryDict

from backend.accounts.models import User
from backend.pagination import Key, Page, answer_key, column_key, page_of, page_size_of
from backend.problems import Problem
from surveys.cleaning.models import CleanRow, DeletedRecord
from surveys.datasets.columns import Dataset, Table
from surveys.datasets.filters import RECORD_COLUMNS, check_not_masked, filter_rows
from surveys.datasets.tables import Row, Shape, language_of, read_columns, shape_of, visible_rows
from surveys.datasets.values import Moment, read_moment
from surveys.privacy.access import unmask
from surveys.xforms.models import Form

CONTROLS = frozenset(
    {"fields", "labels", "ordering", "page_size", "cursor", "updated_since", "deleted", "unmask"}
    | {"format"}
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


def records_page(asked: Asked, request: HttpRequest) -> dict[str, Any]:
    """One page `{next, previous, results}`. Raises `Problem` as `docs/api.md` lists them."""
    query = request.GET
    if _is_yes(query, "deleted"):
        return _deleted_page(asked, request)
    shape = shape_for(asked, query)
    filters = filters_in(query)
    rows = filter_rows(
        visible_rows(asked.form, asked.table, asked.user), asked.table, filters, shape.masked
    )
    since = _updated_since(query)
    if since:
        rows = rows.filter(updated_at__gte=since.start)
    page = page_of(
        rows,
        _keys(asked.table, query.get("ordering", ""), shape, by_change=since is not None),
        lambda ids: read_columns(CleanRow.objects.filter(pk__in=ids)),
        request=request,
        list_name=f"records {asked.form.pk} {asked.table.path}",
        size=page_size_of(request),
    )
    return _as_json(page, [shape.record(row) for row in page.rows])


def one_record(asked: Asked, record_id: UUID, request: HttpRequest) -> Row:
    """One record by its permanent id. Raises `Problem("not_found")`."""
    for name in set(request.GET) - {"fields", "labels", "unmask", "format"}:
        raise Problem("field_unknown", field=name)
    shape = shape_for(asked, request.GET)
    rows = visible_rows(asked.form, asked.table, asked.user).filter(pk=record_id)
    row = read_columns(rows).first()
    if row is None:
        raise Problem("not_found")
    return shape.record(row)


def shape_for(asked: Asked, query: QueryDict) -> Shape:
    """Which columns and values a query gets; asking to unmask is written down here."""
    reason, labels = query.get("unmask", ""), query.get("labels", "")
    target = f"{asked.form.form_id} {asked.table.name}".strip()
    return shape_of(
        asked.dataset,
        asked.table,
        asked.user,
        granted=unmask(user=asked.user, reason=reason, target=target) if reason else None,
        language=language_of(asked.dataset, labels) if labels else None,
        chosen=[name.strip() for name in query.get("fields", "").split(",") if name.strip()],
    )


def filters_in(query: QueryDict) -> QueryDict:
    """The query without the words that are no filters."""
    filters = query.copy()
    for name in CONTROLS & set(query):
        del filters[name]
    return filters


def _keys(table: Table, ordering: str, shape: Shape, *, by_change: bool) -> list[Key]:
    names = [name.strip() for name in ordering.split(",") if name.strip()]
    if not names:
        names = ["updated_at" if by_change else "received_at"]
        names += ["root_id", "parent_id", "index"] if table.path else []
    if len(names) > MOST_ORDERS:
        raise Problem("value_invalid", field="ordering", reason=f"at most {MOST_ORDERS} fields")
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


def _updated_since(query: QueryDict) -> Moment | None:
    text = query.get("updated_since", "")
    try:
        return read_moment(text) if text else None
    except (ValueError, OverflowError):
        raise Problem(
            "value_invalid", field="updated_since", reason="write 2014-06-03T13:20:00Z"
        ) from None


def _deleted_page(asked: Asked, request: HttpRequest) -> dict[str, Any]:
    """Records that are gone: a copy elsewhere drops them too."""
    if asked.table.path:
        raise Problem("field_unknown", field="deleted")
    for name in filters_in(request.GET):
        raise Problem("operator_unknown", field=name, operator="=", allowed="updated_since only")
    rows = DeletedRecord.objects.filter(form=asked.form)
    since = _updated_since(request.GET)
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
    return _as_json(page, page.rows)


def _is_yes(query: QueryDict, name: str) -> bool:
    value = query.get(name, "").lower()
    if value not in {"", "0", "1", "true", "false"}:
        raise Problem("value_invalid", field=name, reason="write 1 or 0")
    return value in {"1", "true"}


def _as_json(page: Page, results: list[Row]) -> dict[str, Any]:
    return {"next": page.next, "previous": page.previous, "results": results}
