"""The order of a feed, and where in it a page begins: a `$skiptoken` is a place, not a count.

So page 400 costs what page 1 costs, and what is added meanwhile neither repeats nor skips a row.
Null comes first where the order ascends and last where it descends (OData 4.0, part 1, 11.2.6.2).
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import F

from backend.keyset import Key, as_plain
from backend.problems import Problem
from backend.sealed import NotSealed, seal, unseal
from surveys.datasets.odata.query import Order, QueryUnsupported
from surveys.datasets.odata.terms import Scope, Term, term_of

SALT = "odata"
Position = list[Any]


def keys_of(orders: Sequence[Order], scope: Scope) -> tuple[Key, ...]:
    """What is asked for, then the newest record first; the last key is unique.

    Raises as `term_of`, and QueryUnsupported for places on a map.
    """
    asked = [_key(order, term) for order in orders if (term := term_of(order.path, scope))]
    rest = [Key(F("received_at"), descending=True)]
    if scope.entity.parent_key:
        rest += [Key(F("record_id"), descending=True), Key(F("parent_id")), Key(F("index"))]
    return (*asked, *rest, Key(F("id"), descending=not scope.entity.parent_key))


def _key(order: Order, term: Term) -> Key:
    if term.kind in {"geo", "uuid"}:
        raise QueryUnsupported("sorting by an id, point, line or area")
    is_json = term.storage == "answer"
    return Key(
        term.sql,
        order.descending,
        nullable=term.nullable,
        is_json=is_json,
        nulls_first=not order.descending,
    )


def write_token(position: Position, query: str) -> str:
    """A place in one feed, sealed with the query it belongs to."""
    return seal(as_plain(position), key=settings.SECRET_KEY, purpose=f"{SALT}:{query}")


def read_token(token: str, query: str, keys: int) -> Position:
    """Raises `Problem("cursor_invalid")`: a token of another feed or query, or a changed one."""
    try:
        position = unseal(token, key=settings.SECRET_KEY, purpose=f"{SALT}:{query}")
    except NotSealed:
        raise Problem("cursor_invalid") from None
    if not isinstance(position, list) or len(position) != keys:
        raise Problem("cursor_invalid")
    return position
