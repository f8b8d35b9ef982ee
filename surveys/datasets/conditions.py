"""From a kind of field, an operator and a value to a condition on clean rows.

Answers are compared as jsonb: numbers as numbers, dates and times as text of fixed width, text by
code point. A guard on the type keeps an answer of an older version, when the question was of
another type, out of a range it does not belong to.
"""

from collections.abc import Callable
from datetime import UTC
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import F, Func, JSONField, Q, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.fields.json import DataContains, KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IContains,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
)

from surveys.datasets.values import Moment
from surveys.places.models import Place

Condition = Callable[[Any], Q]
COMPARE: dict[str, Any] = {
    "": Exact,
    "gt": GreaterThan,
    "gte": GreaterThanOrEqual,
    "lt": LessThan,
    "lte": LessThanOrEqual,
}


def answer_condition(key: str, kind: str, operator: str) -> Condition:
    """A condition on the answer with this key in `CleanRow.values`."""
    answer = KeyTransform(key, "values")
    if operator == "isnull":
        return lambda missing: Q(IsNull(answer, missing))
    if operator == "contains" and kind != "select_multiple":
        return lambda text: Q(IContains(KeyTextTransform(key, "values"), text))
    if kind == "select_multiple":
        return lambda codes: _any(Q(DataContains(answer, _json(code))) for code in _list(codes))
    if kind == "moment":
        return lambda moment: _guarded(
            answer, _moment(answer, operator, moment, _as_text), "string"
        )
    if operator == "in":
        return lambda values: Q(In(answer, [_json(v) for v in values]))
    json_type = {"number": "number", "boolean": "boolean"}.get(kind, "string")
    compare = COMPARE[operator]
    return lambda value: _guarded(answer, Q(compare(answer, _json(value))), json_type)


def column_condition(path: str, kind: str, operator: str) -> Condition:
    """A condition on a column of the row or of its submission."""
    column = F(path)
    if operator == "isnull":
        return lambda missing: Q(IsNull(column, missing))
    if operator == "contains":
        return lambda text: Q(IContains(column, text))
    if kind == "moment":
        return lambda moment: _moment(column, operator, moment, lambda instant: instant)
    if operator == "in":
        return lambda values: Q(In(column, values))
    compare = COMPARE[operator]
    return lambda value: Q(compare(column, value))


def place_condition(operator: str) -> Condition:
    """The place with a code, or a prefix such as KG05, and everything below it."""
    if operator == "isnull":
        return lambda missing: Q(place__isnull=missing)

    def at_or_below(codes: str | list[str]) -> Q:
        places = [Place.objects.find(code) for code in _list(codes)]
        return _any(Q(place__in=Place.objects.at_or_below(place).values("pk")) for place in places)

    return at_or_below


def _moment(subject: Combinable, operator: str, moment: Moment, give: Callable[[Any], Any]) -> Q:
    """A whole day is a range: `lte` includes it, `gt` begins after it."""
    if operator == "" and moment.is_day:
        later = Q(GreaterThanOrEqual(subject, give(moment.start)))
        return later & Q(LessThan(subject, give(moment.end)))
    if moment.is_day and operator == "lte":
        return Q(LessThan(subject, give(moment.end)))
    if moment.is_day and operator == "gt":
        return Q(GreaterThanOrEqual(subject, give(moment.end)))
    return Q(COMPARE[operator](subject, give(moment.start)))


def _as_text(instant: Any) -> Combinable:
    """As answers hold it: UTC, milliseconds, fixed width."""
    return _json(instant.astimezone(UTC).isoformat(timespec="milliseconds"))


def _json(value: Any) -> Combinable:
    if isinstance(value, Decimal):  # JSONField would make it a float, or text
        return Cast(Value(format(value, "f")), JSONField())
    return Value(value, JSONField())


def _guarded(answer: Combinable, condition: Q, json_type: str) -> Q:
    of_type = Func(answer, function="jsonb_typeof", output_field=TextField())
    return Q(Exact(of_type, json_type)) & condition


def _any(conditions: Any) -> Q:
    return reduce(or_, conditions, Q(pk__in=[]))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
