"""Cursor pages that stay right while rows come and go: keyset paging over any ordering.

A page starts after the last row of the page before, not at an offset (`keyset.py`): inserts neither
repeat nor skip a row. A cursor is sealed together with the list it belongs to: one from another
list, or a changed one, is refused, and none tells the ids of those who know pseudonyms only.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet
from django.db.models.fields.json import KeyTransform
from django.http import HttpRequest
from rest_framework.utils.urls import replace_query_param

from backend.keyset import Key, as_plain, rows_beyond
from backend.origin import origin_of
from backend.problems import Problem
from backend.said import Said
from backend.sealed import NotSealed, seal, unseal

Row = dict[str, Any]
PAGE_SIZE = 250
MOST_ROWS = 5000


def column_key(name: str, path: str, *, descending: bool = False, nullable: bool = False) -> Key:
    return Key(F(path), descending, nullable, name=name)


def answer_key(name: str, key: str, *, descending: bool = False) -> Key:
    """Orders by a typed answer in `values`: numbers as numbers, text by code point."""
    answer = KeyTransform(key, "values")
    return Key(answer, descending, nullable=True, is_json=True, name=name)


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
        queryset = queryset.filter(rows_beyond(keys, position, backwards=backwards))
    marks = {f"_order_{at}": key.read for at, key in enumerate(keys)}
    queryset = queryset.annotate(**marks).order_by(*(k.order(backwards=backwards) for k in keys))
    found = list(queryset.values_list("pk", *marks)[: size + 1])
    more = len(found) > size
    del found[size:]
    if backwards:
        found.reverse()

    def link(mark: tuple[Any, ...], *, back: bool) -> str:
        cursor = _write_cursor(mark[1:], salt, backwards=back)
        return replace_query_param(origin_of(request) + request.get_full_path(), "cursor", cursor)

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
        raise Problem(
            "value_invalid",
            field="page_size",
            reason=Said("a number from 1 to {most}", most=MOST_ROWS),
        )
    return int(text)


def _write_cursor(position: Sequence[Any], salt: str, *, backwards: bool) -> str:
    value = [int(backwards), *as_plain(position)]
    return seal(value, key=settings.SECRET_KEY, purpose=salt)


def _read_cursor(text: str, salt: str, keys: int) -> tuple[list[Any] | None, bool]:
    if not text:
        return None, False
    try:
        backwards, *position = unseal(text, key=settings.SECRET_KEY, purpose=salt)
    except NotSealed:
        raise Problem("cursor_invalid") from None
    if len(position) != keys:
        raise Problem("cursor_invalid")
    return position, bool(backwards)
