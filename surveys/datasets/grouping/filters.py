"""The filters of a query by themselves, read as the list of records reads them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from backend.problems import Problem
from surveys.datasets.columns import Column, Table
from surveys.datasets.filters import Below, by_table, check_filter, form_field, kind_of, split_name


@dataclass(frozen=True, slots=True)
class Wanted:
    """One filter as read: `kind` and `operator` are of `OPERATORS`, `value` as its field reads it.

    `column` is None for what stands on every record. `value` is None where nothing is asked after
    all: a list of commas.
    """

    name: str
    kind: str
    operator: str
    value: Any
    column: Column | None


def read_filters(
    table: Table,
    query: QueryDict | Mapping[str, str],
    masked: frozenset[str],
    *,
    below: Iterable[Below] = (),
    recipient: str = "",
) -> tuple[list[Wanted], dict[Table, list[Wanted]]]:
    """The filters of a query by themselves: of the table, and of the repeats below it.

    Raises `Problem` as `filter_rows` does, but for a place that is unknown.
    """
    own, inner = by_table(table, query, below)
    return _read(table, own, masked, recipient), {
        repeat.table: _read(repeat.table, asked, repeat.masked, recipient)
        for repeat, asked in inner.items()
    }


def _read(
    table: Table, query: Mapping[str, str], masked: frozenset[str], recipient: str
) -> list[Wanted]:
    for name in query:
        check_filter(table, name, masked, recipient)
    return [_wanted(table, name, value) for name, value in query.items()]


def _wanted(table: Table, name: str, value: str) -> Wanted:
    field, operator = split_name(table, name)
    kind, column = kind_of(table, field), table.column(field)
    try:
        read = form_field(kind, operator, column).clean(value)
    except forms.ValidationError as error:
        raise Problem("value_invalid", field=name, reason=" ".join(error.messages)) from None
    return Wanted(field, kind, operator, read, column)
