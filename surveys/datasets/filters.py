"""Filters made from a form's own fields, through django-filter.

`name=value` or `name__operator=value`. What a field's type allows stands in `OPERATORS`; an
unknown field or operator is refused by name, and so is a field whose answers the caller may not
see, since filtering by it would tell them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from backend.problems import Problem
from backend.said import Said
from surveys.cleaning.models import CleanRow
from surveys.datasets.columns import GEO_TYPES, Column, Table
from surveys.datasets.conditions import (
    Condition,
    answer_condition,
    column_condition,
    place_condition,
)
from surveys.datasets.shape import ID_KEYS
from surveys.datasets.values import FORM_FIELDS, ChoiceCode, ListOf
from surveys.privacy.access import known_from
from surveys.submissions.models import Submission
from surveys.xforms.schema import Choice

RANGES = ("gt", "gte", "lt", "lte")
OPERATORS: dict[str, tuple[str, ...]] = {
    "text": ("", "in", "contains", *RANGES, "isnull"),
    "number": ("", "in", *RANGES, "isnull"),
    "date": ("", "in", *RANGES, "isnull"),
    "moment": ("", *RANGES, "isnull"),
    "boolean": ("", "isnull"),
    "select_one": ("", "in", "contains", "isnull"),
    "select_multiple": ("", "in", "contains", "isnull"),
    "geo": ("isnull",),
    "uuid": ("", "in", "isnull"),
    "place": ("", "in", "isnull"),
}
KINDS = {
    "integer": "number",
    "decimal": "number",
    "boolean": "boolean",
    "date": "date",
    "dateTime": "moment",
    "select_one": "select_one",
    "select_multiple": "select_multiple",
    **dict.fromkeys(GEO_TYPES, "geo"),
}  # all others are text
# What stands on every record: name → kind and the row's column.
RECORD_COLUMNS = {
    "id": ("uuid", "id"),
    "parent_id": ("uuid", "parent_id"),
    "root_id": ("uuid", "record_id"),
    "index": ("number", "index"),
    "instance_id": ("text", "instance_id"),
    "version": ("text", "version"),
    "household": ("uuid", "household_id"),
    "place": ("place", "place"),
    "submitted_at": ("moment", "submitted_at"),
    "received_at": ("moment", "received_at"),
    "updated_at": ("moment", "updated_at"),
    "review_state": ("select_one", "submission__review_state"),
}
REVIEW_STATES = tuple(Choice(state, {}) for state in Submission.ReviewState.values)
Rows = QuerySet[CleanRow]


class RowFilter(django_filters.Filter):  # type: ignore[misc]
    """One filter of a FilterSet: a form field that reads the value, a condition made from it."""

    def __init__(self, field: forms.Field, condition: Callable[[Any], Q]) -> None:
        super().__init__()
        self._field = field
        self.condition = condition

    def filter(self, rows: Rows, value: Any) -> Rows:
        return rows if value is None else rows.filter(self.condition(value))


@dataclass(frozen=True, slots=True, eq=False)
class Below:
    """A repeat whose answers choose records: `member__sex=female`, and what of it is masked."""

    table: Table
    masked: frozenset[str]


def filter_rows(
    rows: Rows,
    table: Table,
    query: QueryDict | Mapping[str, str],
    masked: frozenset[str],
    *,
    below: Iterable[Below] = (),
    recipient: str = "",
) -> Rows:
    """The rows that fit every `name__operator=value` of a query.

    `repeat__name__operator=value` chooses records with such a row in the repeat; several of one
    repeat must hold for the same row. `recipient` is who knows ids by pseudonyms. Raises `Problem`:
    `field_unknown`, `operator_unknown`, `field_masked`, `value_invalid`, `place_unknown`.
    """
    own, inner = by_table(table, query, below)
    rows = _filter(rows, table, own, masked, recipient)
    for repeat, asked in inner.items():
        found = CleanRow.objects.filter(
            form=OuterRef("form"), repeat=repeat.table.path, record_id=OuterRef("record_id")
        )
        rows = rows.filter(_Asked(_filter(found, repeat.table, asked, repeat.masked, recipient)))
    return rows


class _Asked(Exists):
    """Asked of each record in the order of the page, until it is full.

    Without the OFFSET PostgreSQL reads the whole repeat first, for a page as for all pages.
    """

    template = "EXISTS(%(subquery)s OFFSET 0)"


def by_table(
    table: Table, query: QueryDict | Mapping[str, str], below: Iterable[Below]
) -> tuple[dict[str, str], dict[Below, dict[str, str]]]:
    """What is asked of the table itself, and of the repeats below it without their names."""
    for name in query:
        _check_given_once(query, name)
    own: dict[str, str] = {}
    inner: dict[Below, dict[str, str]] = {}
    longest_first = sorted(below, key=lambda repeat: -len(repeat.table.name))
    for name, value in query.items():
        repeat = next((r for r in longest_first if name.startswith(f"{r.table.name}__")), None)
        if repeat is None or _is_field(table, name) or _is_field(table, name.rpartition("__")[0]):
            own[name] = str(value)
        else:
            inner.setdefault(repeat, {})[name.removeprefix(f"{repeat.table.name}__")] = str(value)
    return own, inner


def _filter(
    rows: Rows, table: Table, query: Mapping[str, str], masked: frozenset[str], recipient: str
) -> Rows:
    for name in query:
        check_filter(table, name, masked, recipient)
    filterset = filterset_class(table, tuple(query), recipient)(data=query, queryset=rows)
    if not filterset.is_valid():
        name, errors = next(iter(filterset.form.errors.items()))
        raise Problem("value_invalid", field=name, reason=" ".join(errors))
    return filterset.qs  # type: ignore[no-any-return]


@lru_cache(maxsize=512)
def filterset_class(
    table: Table, names: tuple[str, ...], recipient: str = ""
) -> type[django_filters.FilterSet]:
    """A FilterSet of a table with the filters named; made once for each combination asked for.

    Not with all the table's filters at once: a form of 190 questions has about 1,200, and
    django-filter copies each of them at each request.
    """
    made = {name: _row_filter(table, name, recipient) for name in names}
    return type("RowFilterSet", (django_filters.FilterSet,), made)


def split_name(table: Table, name: str) -> tuple[str, str]:
    """`hh_size__gte` → ("hh_size", "gte"). Raises `Problem("field_unknown")`."""
    if _is_field(table, name):
        return name, ""
    field, found, operator = name.rpartition("__")
    if not found or not _is_field(table, field):
        raise Problem("field_unknown", field=field or name)
    return field, operator


def kind_of(table: Table, name: str) -> str:
    if name in RECORD_COLUMNS:
        return RECORD_COLUMNS[name][0]
    column = table.column(name)
    return KINDS.get(column.field.type, "text") if column else ""


def check_not_masked(
    table: Table, name: str, masked: frozenset[str], *, withheld: frozenset[str] = frozenset()
) -> None:
    """Raises `Problem("field_masked")`: an order or a filter would give away what is hidden.

    `withheld` names keys of the record itself that a recipient knows in another form or not at all.
    """
    column = table.column(name)
    if name in withheld or (column is not None and column.field.key in masked):
        raise Problem("field_masked", field=name)


def check_filter(table: Table, name: str, masked: frozenset[str], recipient: str) -> None:
    field, operator = split_name(table, name)
    allowed = OPERATORS[kind_of(table, field)]
    if operator not in allowed or name == f"{field}__":
        words = ", ".join(o or "=" for o in allowed)
        raise Problem("operator_unknown", field=field, operator=operator or "=", allowed=words)
    withheld = frozenset({"instance_id"}) if recipient else frozenset[str]()
    check_not_masked(table, field, masked, withheld=withheld)


def _check_given_once(query: QueryDict | Mapping[str, str], name: str) -> None:
    given = query.getlist(name) if isinstance(query, QueryDict) else [query[name]]
    if len(given) > 1:
        raise Problem("value_invalid", field=name, reason=Said("is given more than once"))
    if given[0] == "":
        raise Problem(
            "value_invalid", field=name, reason=Said("is empty; for unanswered ask …__isnull=true")
        )


def _row_filter(table: Table, name: str, recipient: str) -> RowFilter:
    field, operator = split_name(table, name)
    kind = kind_of(table, field)
    column = table.column(field)
    reads = form_field(kind, operator, column)
    if kind == "place":
        return RowFilter(reads, place_condition(operator))
    if column is None:
        condition = column_condition(RECORD_COLUMNS[field][1], kind, operator)
        if recipient and field in ID_KEYS and operator != "isnull":
            return RowFilter(reads, _by_pseudonym(condition, recipient))
        return RowFilter(reads, condition)
    return RowFilter(reads, answer_condition(column.field.key, kind, operator))


def _by_pseudonym(condition: Condition, recipient: str) -> Condition:
    def behind(value: Any) -> Q:
        if isinstance(value, list):
            return condition([known_from(recipient, each) for each in value])
        return condition(known_from(recipient, value))

    return behind


def form_field(kind: str, operator: str, column: Column | None) -> forms.Field:
    if operator == "isnull":
        return FORM_FIELDS["boolean"]()
    if operator == "contains" and kind != "select_multiple":
        return FORM_FIELDS["text"]()
    choices = column.field.choices if column else REVIEW_STATES
    one = ChoiceCode(choices) if kind.startswith("select") and choices else FORM_FIELDS[kind]()
    return ListOf(one) if operator == "in" else one


def _is_field(table: Table, name: str) -> bool:
    return (name in RECORD_COLUMNS and name in table.keys) or table.column(name) is not None
