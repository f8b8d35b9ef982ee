"""From the tree of a `$filter` to a condition on clean rows.

Null is what OData says it is, not what SQL does: `ne` holds where there is no value, `not (age lt
5)` too, and `contains` of nothing is neither true nor false.
"""

from datetime import UTC, date, datetime
from functools import reduce
from operator import and_, or_
from typing import Any, TypeAlias

from django.db.models import BooleanField, Case, ExpressionWrapper, IntegerField, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import (
    Cast,
    Coalesce,
    ExtractDay,
    ExtractHour,
    ExtractMinute,
    ExtractMonth,
    ExtractSecond,
    ExtractYear,
    Length,
    Lower,
    Substr,
    TruncDate,
    Upper,
)
from django.db.models.lookups import (
    Contains,
    EndsWith,
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IsNull,
    LessThan,
    LessThanOrEqual,
    Regex,
    StartsWith,
)
from django.db.models.lookups import (
    In as IsIn,
)
from django.utils import timezone

from surveys.datasets.odata.query import QueryUnsupported
from surveys.datasets.odata.syntax import (
    And,
    Call,
    Compare,
    In,
    Literal,
    Name,
    Node,
    Not,
    Or,
    Plain,
)
from surveys.datasets.odata.terms import Scope, Term, TypeMismatch, column_term, term_of

COMPARE: dict[str, Any] = {
    "eq": Exact,
    "gt": GreaterThan,
    "ge": GreaterThanOrEqual,
    "lt": LessThan,
    "le": LessThanOrEqual,
}
MIRRORED = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
MATCH: dict[str, Any] = {"contains": Contains, "startswith": StartsWith, "endswith": EndsWith}
# Part of a time → how a column gives it, where ISO text has it.
PARTS: dict[str, tuple[Any, int, int]] = {
    "year": (ExtractYear, 1, 4),
    "month": (ExtractMonth, 6, 2),
    "day": (ExtractDay, 9, 2),
    "hour": (ExtractHour, 12, 2),
    "minute": (ExtractMinute, 15, 2),
    "second": (ExtractSecond, 18, 2),
}
ISO_DAY, ISO_MOMENT = r"^\d{4}-\d\d-\d\d", r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
NOTHING, EVERYTHING = Q(pk__in=[]), ~Q(pk__in=[])
Operand: TypeAlias = Term | Literal


def condition_of(node: Node, scope: Scope) -> Q:
    """Raises QueryUnsupported, TypeMismatch and `Problem` as `term_of` does."""
    match node:
        case And(parts):
            return reduce(and_, (condition_of(part, scope) for part in parts))
        case Or(parts):
            return reduce(or_, (condition_of(part, scope) for part in parts))
        case Not(inner):
            return ~condition_of(inner, scope)
    return _simple(node, scope)


def _simple(node: Node, scope: Scope) -> Q:
    match node:
        case Compare(operator, left, right):
            return _comparison(operator, left, right, scope)
        case In(left, items):
            return reduce(or_, _members(left, items, scope))
        case Call(function) if function in MATCH:
            return _match(node, scope)
        case Literal(bool() as value):
            return EVERYTHING if value else NOTHING
    term = _operand(node, scope)
    if isinstance(term, Term) and term.kind == "boolean":
        return _compared("eq", term, True)
    raise TypeMismatch("the expression is not true or false")


def _comparison(operator: str, left: Node, right: Node, scope: Scope) -> Q:
    if _is_condition(left) or _is_condition(right):
        return _truth(operator, left, right, scope)
    one, other = _operand(left, scope), _operand(right, scope)
    if isinstance(one, Literal):
        if isinstance(other, Literal):
            return _two_values(operator, one.value, other.value)
        one, other, operator = other, one, MIRRORED[operator]
    if isinstance(other, Literal):
        return _compared(operator, one, other.value)
    return _both(operator, one, other)


def _two_values(operator: str, one: Plain, other: Plain) -> Q:
    """A property that is always null is a value too: `__system/deletedAt eq null`."""
    if one is not None and other is not None:
        raise QueryUnsupported("comparing two values without a property")
    return EVERYTHING if operator == ("eq" if one is other else "ne") else NOTHING


def _compared(operator: str, term: Term, value: Plain) -> Q:
    if value is None:
        return _against_null(operator, term)
    if term.kind == "uuid" and operator not in {"eq", "ne"}:
        raise QueryUnsupported("comparing ids by size")
    return _held(operator, term.sql, term.bind(value), [term])


def _against_null(operator: str, term: Term) -> Q:
    if operator not in {"eq", "ne"}:
        return NOTHING
    missing = Q(IsNull(term.null_test, True))
    return missing if operator == "eq" else ~missing


def _both(operator: str, one: Term, other: Term) -> Q:
    if one.kind != other.kind:
        raise TypeMismatch("two fields of different types are compared")
    if one.storage != other.storage or one.kind == "geo":
        raise QueryUnsupported("comparing an answer with metadata")
    held = _held("eq" if operator == "ne" else operator, one.sql, other.sql, [one, other])
    if operator in {"eq", "ne"}:
        neither = Q(IsNull(one.null_test, True)) & Q(IsNull(other.null_test, True))
        held = held | neither
    return ~held if operator == "ne" else held


def _held(operator: str, left: Combinable, right: Combinable, terms: list[Term]) -> Q:
    if operator == "ne":
        return ~_held("eq", left, right, terms)
    guards = [term.guard for term in terms if term.guard is not None]
    condition = reduce(and_, [*guards, Q(COMPARE[operator](left, right))])
    return _surely(condition) if any(term.nullable for term in terms) else condition


def _surely(condition: Q) -> Q:
    """True or false, never unknown: what is not there is neither less nor equal."""
    return Q(Exact(Coalesce(ExpressionWrapper(condition, BooleanField()), False), True))


def _members(left: Node, items: tuple[Literal, ...], scope: Scope) -> list[Q]:
    term = _operand(left, scope)
    if isinstance(term, Literal):
        raise QueryUnsupported("a value before in")
    values = [item.value for item in items if item.value is not None]
    found = [_against_null("eq", term)] if len(values) < len(items) else []
    if values:
        inside = Q(IsIn(term.sql, [term.bind(value) for value in values]))
        found.append(_surely(inside if term.guard is None else term.guard & inside))
    return found


def _match(call: Call, scope: Scope) -> Q:
    text, part = (_operand(argument, scope) for argument in call.arguments)
    if not isinstance(text, Term) or not isinstance(part, Literal):
        raise QueryUnsupported(f"{call.function} of anything but a property and a text")
    if text.kind != "text" or not isinstance(part.value, str) or "\0" in part.value:
        raise TypeMismatch(f"{call.function} takes text")
    return Q(MATCH[call.function](text.sql, part.value))


def _is_condition(node: Node) -> bool:
    conditions = And | Or | Not | Compare | In
    return isinstance(node, conditions) or (isinstance(node, Call) and node.function in MATCH)


def _truth(operator: str, left: Node, right: Node, scope: Scope) -> Q:
    """`contains(name,'a') eq true`, as Power Query writes it."""
    inner, value = (right, left) if isinstance(left, Literal) else (left, right)
    if operator not in {"eq", "ne"} or not isinstance(value, Literal):
        raise QueryUnsupported("comparing two conditions")
    if not isinstance(value.value, bool):
        raise TypeMismatch("a condition is compared with something else")
    condition = ExpressionWrapper(condition_of(inner, scope), BooleanField())
    held = _surely(Q(Exact(condition, value.value)))
    return held if operator == "eq" else ~held


def _operand(node: Node, scope: Scope) -> Operand:
    match node:
        case Literal():
            return node
        case Name(path):
            term = term_of(path, scope)
            return Literal(None) if term is None else term
        case Call("now"):
            return Literal(timezone.now())
        case Call(function, (argument,)):
            return _computed(function, _operand(argument, scope))
    raise QueryUnsupported("a condition where a value is needed")


def _computed(function: str, operand: Operand) -> Operand:
    if isinstance(operand, Literal):
        return _computed_literal(function, operand.value)
    if function in PARTS:
        return _part(function, operand)
    if function == "date":
        if operand.kind != "moment" or operand.storage == "text":
            raise QueryUnsupported("date() of anything but metadata")
        return column_term("date", TruncDate(operand.sql, tzinfo=UTC))
    if operand.kind != "text":
        raise TypeMismatch(f"{function} takes text")
    if function == "length":
        return column_term("number", Length(operand.sql))
    lower = Lower(operand.sql) if function == "tolower" else Upper(operand.sql)
    return Term("text", lower, operand.bind, "text")


def _computed_literal(function: str, value: Plain) -> Literal:
    match value:
        case None:
            return Literal(None)
        case str() if function in {"tolower", "toupper", "length"}:
            return Literal(
                len(value)
                if function == "length"
                else value.lower()
                if function == "tolower"
                else value.upper()
            )
        case datetime() if function == "date":
            return Literal(value.astimezone(UTC).date())
        case datetime() if function in PARTS:
            return Literal(int(getattr(value.astimezone(UTC), function)))
        case date() if function in {"year", "month", "day"}:
            return Literal(int(getattr(value, function)))
    raise TypeMismatch(f"{function} does not take this value")


def _part(function: str, operand: Term) -> Term:
    """A part of a date or time, in UTC, as the feed gives times out."""
    extract, start, length = PARTS[function]
    if operand.kind not in {"date", "moment"} or (operand.kind == "date" and start > 10):
        raise TypeMismatch(f"{function} takes a time")
    if operand.storage != "text":
        sql = extract(operand.sql, tzinfo=UTC) if operand.kind == "moment" else extract(operand.sql)
        return column_term("number", sql)
    # Only where the text has that form: an older version may have asked for something else.
    shape = ISO_DAY if operand.kind == "date" else ISO_MOMENT
    number = Cast(Substr(operand.sql, start, length), IntegerField())
    return column_term(
        "number",
        Case(
            When(Regex(operand.sql, shape), then=number),
            default=Value(None),
            output_field=IntegerField(),
        ),
    )
