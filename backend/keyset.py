"""Where a page begins, as a place in an order and not a count: page 400 costs what page 1 costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import JSONField, Q, TextField, Value
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


@dataclass(frozen=True, slots=True)
class Key:
    """One thing rows are ordered by. Rows without it come last, or first where `nulls_first`.

    `expression`: what a query can order by. `backwards` below: the whole order turned round.
    """

    expression: Any
    descending: bool = False
    nullable: bool = False
    is_json: bool = False
    nulls_first: bool = False
    name: str = ""

    @property
    def read(self) -> Any:
        """What a cursor remembers; JSON as text, since a float would lose digits."""
        return Cast(self.expression, TextField()) if self.is_json else self.expression

    def order(self, *, backwards: bool = False) -> OrderBy:
        descending = self.descending != backwards
        if not self.nullable:  # no NULLS clause, so that an index can serve the order
            return OrderBy(self.expression, descending=descending)
        nulls = {"nulls_first" if self.nulls_first != backwards else "nulls_last": True}
        return OrderBy(self.expression, descending=descending, **nulls)

    def same(self, value: Any) -> Q:
        if value is None:
            return Q(IsNull(self.expression, True))
        return Q(Exact(self.expression, self._bind(value)))

    def beyond(self, value: Any, *, backwards: bool) -> Q | None:
        """Strictly further on in the list; None where nothing can be."""
        begins_with_nulls = self.nulls_first != backwards
        if value is None:
            return Q(IsNull(self.expression, False)) if begins_with_nulls else None
        compare = LessThan if self.descending != backwards else GreaterThan
        further = Q(compare(self.expression, self._bind(value)))
        if self.nullable and not begins_with_nulls:
            further |= Q(IsNull(self.expression, True))
        return further

    def at_or_beyond(self, value: Any, *, backwards: bool) -> Q:
        """Says nothing new, but in a form that an index can start from."""
        if self.nullable:
            return Q()
        compare = LessThanOrEqual if self.descending != backwards else GreaterThanOrEqual
        return Q(compare(self.expression, self._bind(value)))

    def _bind(self, value: Any) -> Any:
        return Cast(Value(value), JSONField()) if self.is_json else value


def rows_beyond(keys: Sequence[Key], position: Sequence[Any], *, backwards: bool = False) -> Q:
    """The rows after a position: (a > x) or (a = x and b > y) or …; the last key is unique."""
    found, same_so_far = Q(pk__in=[]), Q()
    for key, value in zip(keys, position, strict=True):
        further = key.beyond(value, backwards=backwards)
        if further is not None:
            found |= same_so_far & further
        same_so_far &= key.same(value)
    return found & keys[0].at_or_beyond(position[0], backwards=backwards)


def as_plain(position: Sequence[Any]) -> list[Any]:
    """A position as JSON can hold it."""
    return [
        v.isoformat() if isinstance(v, datetime) else v if isinstance(v, int | None) else str(v)
        for v in position
    ]
