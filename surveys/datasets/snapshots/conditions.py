"""Filters as read → conditions of DuckDB, with every value as a parameter. Pure.

The same rows must be found as by `surveys/datasets/conditions.py`, which speaks to PostgreSQL; a
test asks both.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Protocol

COMPARE = {"": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_HUGE = 2**100  # beyond what any column holds, within what a parameter does


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of SQL with its parameters."""

    sql: str
    words: tuple[Any, ...] = ()


class Span(Protocol):
    """An instant, or a day from its start to the next one's."""

    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def is_day(self) -> bool: ...


NEVER, ALWAYS = Part("false"), Part("true")


def joined(parts: Sequence[Part]) -> Part:
    """All of them."""
    if not parts:
        return ALWAYS
    sql = " AND ".join(f"({part.sql})" for part in parts)
    return Part(sql, tuple(word for part in parts for word in part.words))


def condition(column: str, kind: str, operator: str, value: Any, *, whole: bool = False) -> Part:
    """`kind` and `operator` as in `filters.OPERATORS`; `whole` says the column holds int64.

    A place is given by the keys of the places that fit, as a list.
    """
    if value is None:
        return ALWAYS
    if operator == "isnull":
        return Part(f"{column} IS {'' if value else 'NOT '}NULL")
    if kind == "moment":
        return _moment(column, operator, value, lambda instant: instant)
    if whole:
        return _whole(column, operator, value)
    return _BY_KIND.get(kind, _text)(column, operator, value)


def written_moment(column: str, operator: str, value: Span | None) -> Part:
    """A condition on a time that is an answer: text in UTC, milliseconds, fixed width."""
    if value is None:
        return ALWAYS
    return _moment(
        column, operator, value, lambda at: at.astimezone(UTC).isoformat(timespec="milliseconds")
    )


def among(column: str, values: Sequence[Any], type_: str) -> Part:
    """The column is one of the values; `type_` is DuckDB's."""
    if not values:
        return NEVER
    return Part(f"{column} IN (SELECT unnest(CAST(? AS {type_}[])))", (list(values),))


def _moment(column: str, operator: str, value: Span, give: Callable[[datetime], Any]) -> Part:
    """A whole day is a range: `lte` includes it, `gt` begins after it."""
    if operator == "" and value.is_day:
        words = (give(value.start), give(value.end))
        return Part(f"{column} >= ? AND {column} < ?", words)
    if value.is_day and operator == "lte":
        return Part(f"{column} < ?", (give(value.end),))
    if value.is_day and operator == "gt":
        return Part(f"{column} >= ?", (give(value.end),))
    return Part(f"{column} {COMPARE[operator]} ?", (give(value.start),))


def _whole(column: str, operator: str, value: Any) -> Part:
    """Compared as whole numbers: a double would confuse neighbors of 17 digits."""
    if operator == "in":
        return among(column, [_clamped(v) for v in value if v == v.to_integral_value()], "HUGEINT")
    if operator == "" and value != value.to_integral_value():
        return NEVER
    up = operator in {"gte", "lt"}  # > 2.5 is > 2, and < 2.5 is < 3
    bound = value.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR)
    return Part(f"{column} {COMPARE[operator]} ?", (_clamped(bound),))


def _clamped(value: Decimal) -> int:
    return int(max(min(value, Decimal(_HUGE)), Decimal(-_HUGE)))


def _number(column: str, operator: str, value: Any) -> Part:
    if operator == "in":
        return among(column, [float(v) for v in value], "DOUBLE")
    return Part(f"{column} {COMPARE[operator]} ?", (float(value),))


def _text(column: str, operator: str, value: Any) -> Part:
    if operator == "in":
        return among(column, value, "VARCHAR")
    if operator == "contains":
        return Part(f"contains(upper({column}), upper(?))", (value,))
    return Part(f"{column} {COMPARE[operator]} ?", (value,))


def _several(column: str, operator: str, value: Any) -> Part:
    if operator == "in":
        return Part(f"list_has_any({column}, CAST(? AS VARCHAR[]))", (list(value),))
    return Part(f"list_contains({column}, ?)", (value,))


def _boolean(column: str, operator: str, value: Any) -> Part:
    return Part(f"{column} = ?", (value,))


def _uuid(column: str, operator: str, value: Any) -> Part:
    if operator == "in":
        return among(column, [str(v) for v in value], "UUID")
    return Part(f"{column} = CAST(? AS UUID)", (str(value),))


def _place(column: str, operator: str, value: Any) -> Part:
    return among(column, value, "BIGINT")


_BY_KIND: dict[str, Callable[[str, str, Any], Part]] = {
    "number": _number,
    "select_multiple": _several,
    "boolean": _boolean,
    "uuid": _uuid,
    "place": _place,
}
