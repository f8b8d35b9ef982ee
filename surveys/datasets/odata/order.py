"""The order of a feed, and where in it a page begins: a `$skiptoken` is a place, not a count.

So page 400 costs what page 1 costs, and what is added meanwhile neither repeats nor skips a row.
Null comes first where the order ascends and last where it descends (OData 4.0, part 1, 11.2.6.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import F, JSONField, Q, TextField, Value
from django.db.models.expressions import OrderBy
from django.db.models.functions import Cast
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IsNull,
    LessThan,
    LessThanOrEqual,
)

from backend.problems import Problem
from surveys.datasets.odata.query import Order, QueryUnsupported
from surveys.datasets.odata.terms import Scope, Term, term_of

SALT = "odata"
Position = list[Any]


@dataclass(frozen=True, slots=True)
class Key:
    """One thing a feed is sorted by."""

    sql: Any  # an expression
    descending: bool = False
    nullable: bool = False
    is_json: bool = False

    @property
    def read(self) -> Any:
        """What a token remembers; JSON as text, since a float would lose digits."""
        return Cast(self.sql, TextField()) if self.is_json else self.sql

    @property
    def order(self) -> OrderBy:
        nulls = {"nulls_last": True} if self.descending else {"nulls_first": True}
        return OrderBy(self.sql, descending=self.descending, **(nulls if self.nullable else {}))

    def same(self, value: Any) -> Q:
        if value is None:
            return Q(IsNull(self.sql, True))
        return Q(Exact(self.sql, self._bind(value)))

    def beyond(self, value: Any) -> Q | None:
        """Strictly further on; None where nothing is."""
        if value is None:
            return None if self.descending else Q(IsNull(self.sql, False))
        compare = LessThan if self.descending else GreaterThan
        further = Q(compare(self.sql, self._bind(value)))
        return further | Q(IsNull(self.sql, True)) if self.nullable and self.descending else further

    def at_or_beyond(self, value: Any) -> Q:
        """Says nothing new, but so that an index can start from there."""
        if self.nullable:
            return Q()
        compare = LessThanOrEqual if self.descending else GreaterThanOrEqual
        return Q(compare(self.sql, self._bind(value)))

    def _bind(self, value: Any) -> Any:
        return Cast(Value(value), JSONField()) if self.is_json else value


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
    return Key(term.sql, order.descending, nullable=term.nullable, is_json=is_json)


def after(keys: Sequence[Key], position: Position) -> Q:
    """The rows after a position: (a > x) or (a = x and b > y) or …"""
    found, same_so_far = Q(pk__in=[]), Q()
    for key, value in zip(keys, position, strict=True):
        further = key.beyond(value)
        if further is not None:
            found |= same_so_far & further
        same_so_far &= key.same(value)
    return found & keys[0].at_or_beyond(position[0])


def write_token(position: Position, query: str) -> str:
    """A place in one feed, signed with the query it belongs to."""
    plain = [
        v.isoformat() if isinstance(v, datetime) else v if isinstance(v, int | None) else str(v)
        for v in position
    ]
    return signing.Signer(salt=f"{SALT}:{query}").sign_object(plain)


def read_token(token: str, query: str, keys: int) -> Position:
    """Raises `Problem("cursor_invalid")`: a token of another feed or query, or a changed one."""
    try:
        position = signing.Signer(salt=f"{SALT}:{query}").unsign_object(token)
    except (signing.BadSignature, ValueError):
        raise Problem("cursor_invalid") from None
    if not isinstance(position, list) or len(position) != keys:
        raise Problem("cursor_invalid")
    return position
