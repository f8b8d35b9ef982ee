"""Cursor pages that stay right while rows come and go: keyset paging over any ordering.

A page starts after the last row of the page before, not at an offset: inserts neither repeat nor
skip a row, and page 400 costs what page 1 costs. A cursor is signed together with the list it
belongs to, so that one from another list, or a changed one, is refused.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Expression, F, JSONField, Q, QuerySet, TextField, Value
from django.db.models.expressions import OrderBy
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IsNull,
    LessThan,
    LessThanOrEqual,
)
from django.http import HttpRequest
from rest_framework.utils.urls import replace_query_param

from backend.problems import Problem

Row = dict[str, Any]
PAGE_SIZE = 250
MOST_ROWS = 5000


@dataclass(frozen=True, slots=True)
class Key:
    """One thing a list is ordered by. Rows without it come last, whichever the direction."""

    name: str
    expression: Expression | F
    descending: bool = False
    nullable: bool = False
    is_json: bool = False

    @property
    def read(self) -> Expression | F:
        """What the cursor remembers; JSON as text, since a float would lose digits."""
        return Cast(self.expression, TextField()) if self.is_json else self.expression

    def bind(self, value: Any) -> Any:
        return Cast(Value(value), JSONField()) if self.is_json else value

    def order(self, *, backwards: bool) -> OrderBy:
        if not self.nullable:  # no NULLS clause, so that an index can serve the order
            return OrderBy(self.expression, descending=self.descending != backwards)
        return OrderBy(
            self.expression,
            descending=self.descending != backwards,
            nulls_first=backwards or None,
            nulls_last=None if backwards else True,
        )

    def same(self, value: Any) -> Q:
        if value is None:
            return Q(IsNull(self.expression, True))
        return Q(Exact(self.expression, self.bind(value)))

    def beyond(self, value: Any, *, backwards: bool) -> Q | None:
        """Strictly further on in the list; None where nothing can be."""
        if value is None:
            return Q(IsNull(self.expression, False)) if backwards else None
        compare = LessThan if self.descending != backwards else GreaterThan
        further = Q(compare(self.expression, self.bind(value)))
        if self.nullable and not backwards:
            further |= Q(IsNull(self.expression, True))
        return further


def column_key(name: str, path: str, *, descending: bool = False, nullable: bool = False) -> Key:
    return Key(name, F(path), descending, nullable)


def answer_key(name: str, key: str, *, descending: bool = False) -> Key:
    """Orders by a typed answer in `values`: numbers as numbers, text by code point."""
    return Key(name, KeyTransform(key, "values"), descending, nullable=True, is_json=True)


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    next: str | None
    previous: str | None


def page_of(
    queryset: QuerySet[Any, Any],
    keys: Sequence[Key],
    fetch: Callable[[list[Any]], Iterable[Any]],
    *,
    request: HttpRequest,
    list_name: str,
    size: int = PAGE_SIZE,
) -> Page:
    """One page of a queryset; the last of `keys` must be unique.

    First the page's primary keys, then `fetch` reads their rows, each with its key under `id`: so a
    sort over 10,000 records carries keys and not their answers, which is three times as fast.
    Raises `Problem("cursor_invalid")`.
    """
    salt = ":".join(["cursor", list_name, *(f"{'-' * k.descending}{k.name}" for k in keys)])
    position, backwards = _read_cursor(request.GET.get("cursor", ""), salt, len(keys))
    if position is not None:
        queryset = queryset.filter(_beyond(keys, position, backwards=backwards))
    marks = {f"_order_{at}": key.read for at, key in enumerate(keys)}
    queryset = queryset.annotate(**marks).order_by(*(k.order(backwards=backwards) for k in keys))
    found = list(queryset.values_list("pk", *marks)[: size + 1])
    more = len(found) > size
    del found[size:]
    if backwards:
        found.reverse()

    def link(mark: tuple[Any, ...], *, back: bool) -> str:
        cursor = _write_cursor(mark[1:], salt, backwards=back)
        return replace_query_param(request.build_absolute_uri(), "cursor", cursor)

    has_next = bool(found) and (backwards or more)
    has_previous = bool(found) and (more if backwards else position is not None)
    rows = {row["id"]: row for row in fetch([mark[0] for mark in found])}
    return Page(
        rows=[rows[mark[0]] for mark in found if mark[0] in rows],
        next=link(found[-1], back=False) if has_next else None,
        previous=link(found[0], back=True) if has_previous else None,
    )


def page_size_of(request: HttpRequest) -> int:
    """`page_size`, 1 to 5,000. Raises `Problem("value_invalid")`."""
    text = request.GET.get("page_size", "")
    if not text:
        return PAGE_SIZE
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST_ROWS:
        raise Problem("value_invalid", field="page_size", reason=f"a number from 1 to {MOST_ROWS}")
    return int(text)


def _beyond(keys: Sequence[Key], position: Sequence[Any], *, backwards: bool) -> Q:
    """The rows after a position: (a > x) or (a = x and b > y) or …"""
    found, same_so_far = Q(pk__in=[]), Q()
    for key, value in zip(keys, position, strict=True):
        further = key.beyond(value, backwards=backwards)
        if further is not None:
            found |= same_so_far & further
        same_so_far &= key.same(value)
    return found & _at_or_beyond(keys[0], position[0], backwards=backwards)


def _at_or_beyond(key: Key, value: Any, *, backwards: bool) -> Q:
    """Says nothing new, but in a form that an index can start from."""
    if key.nullable:
        return Q()
    compare = LessThanOrEqual if key.descending != backwards else GreaterThanOrEqual
    return Q(compare(key.expression, key.bind(value)))


def _write_cursor(position: Sequence[Any], salt: str, *, backwards: bool) -> str:
    plain = [
        v.isoformat() if isinstance(v, datetime) else v if isinstance(v, int | None) else str(v)
        for v in position
    ]
    return signing.Signer(salt=salt).sign_object([int(backwards), *plain])


def _read_cursor(text: str, salt: str, keys: int) -> tuple[list[Any] | None, bool]:
    if not text:
        return None, False
    try:
        backwards, *position = signing.Signer(salt=salt).unsign_object(text)
    except (signing.BadSignature, ValueError):
        raise Problem("cursor_invalid") from None
    if len(position) != keys:
        raise Problem("cursor_invalid")
    return position, bool(backwards)
