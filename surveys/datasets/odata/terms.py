"""What a name of a query stands for in the database, by a list of what may be named.

Answers are read from `CleanRow.values` by their type, as in `datasets.conditions`; metadata is
columns. Whatever is masked for the reader, or coarser than stored, cannot be named here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from uuid import UUID

from django.db.models import Case, CharField, F, Func, JSONField, Q, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django.db.models.lookups import Exact

from backend.problems import Problem
from surveys.datasets.columns import GEO_TYPES, Column
from surveys.datasets.filters import KINDS
from surveys.datasets.odata.model import ID, SYSTEM, EntityType
from surveys.datasets.odata.query import QueryUnsupported
from surveys.datasets.odata.syntax import Plain
from surveys.privacy.access import known_from

ROOT_PREFIX = f"$root/Submissions/{SYSTEM}/"
ALWAYS_NULL = frozenset({"deletedAt", "status", "submitterName", "deviceId"})
SYSTEM_COLUMNS = {
    "submissionDate": ("moment", "received_at"),
    "updatedAt": ("moment", "updated_at"),
    "deviceDate": ("moment", "submitted_at"),
    "formVersion": ("text", "version"),
    "place": ("text", "place__code"),
}
REVIEW_STATES = {"edited": "edited", "has_issues": "hasIssues"} | {
    state: state for state in ("approved", "rejected")
}  # received is null, as in Central


class TypeMismatch(ValueError):
    """Two things of different types are compared."""


@dataclass(frozen=True, slots=True)
class Term:
    """A value that the database knows, its kind, and how a literal becomes comparable with it.

    `storage` tells apart what cannot be compared with one another though it is of one kind.
    """

    kind: str  # number, text, boolean, date, moment, uuid, geo, null
    sql: Combinable
    bind: Callable[[Plain], Combinable]
    storage: str
    guard: Q | None = None  # holds where the value really is of this kind
    present: Combinable | None = None  # what to ask for null; `sql` where None
    nullable: bool = True

    @property
    def null_test(self) -> Combinable:
        return self.sql if self.present is None else self.present


@dataclass(frozen=True, slots=True)
class Scope:
    """Which table a query is about, what the reader may not see of it, and by whose ids."""

    entity: EntityType
    masked: frozenset[str]
    recipient: str = ""


def term_of(name: str, scope: Scope) -> Term | None:
    """The term of a property; None for what is always null.

    Raises `Problem("field_unknown")`, `Problem("field_masked")`, QueryUnsupported.
    """
    entity = scope.entity
    if name in {ID, entity.parent_key}:
        return _uuid("id" if name == ID else "parent_id", scope.recipient)
    found = entity.by_name.get(name)
    if scope.recipient and (found.column is None if found else name.endswith("submitterId")):
        raise Problem("field_masked", field=name)
    if found is None:
        return _system(_system_name(name, entity))
    if found.column is None:
        return column_term("text", F("instance_id"))
    if found.column.field.key in scope.masked:
        raise Problem("field_masked", field=name)
    return answer_term(found.column)


def column_term(kind: str, sql: Combinable, *, nullable: bool = True) -> Term:
    """A column of the row, or a value computed from columns."""
    return Term(kind, sql, _BINDS[kind], f"column {kind}", nullable=nullable)


def answer_term(column: Column) -> Term:
    """A typed answer."""
    key, kind = column.field.key, KINDS.get(column.field.type, "text")
    answer, text = KeyTransform(key, "values"), KeyTextTransform(key, "values")
    if column.field.type in GEO_TYPES:
        return Term("geo", answer, _refuse, "geo")
    match kind:
        case "number":
            return Term("number", answer, _json_number, "answer", _is_a(answer, "number"))
        case "boolean":
            return Term("boolean", answer, _json_boolean, "answer", _is_a(answer, "boolean"))
        case "select_multiple":
            return Term("text", _joined(answer), _text, "text", present=answer)
        case "date" | "moment":
            bind = _day_text if kind == "date" else _moment_text
            return Term(kind, text, bind, "text", _is_a(answer, "string"), present=answer)
    return Term("text", text, _text, "text", present=answer)


def _system_name(name: str, entity: EntityType) -> str:
    """`__system/updatedAt`, flat `__system_updatedAt`, or by way of the root → `updatedAt`."""
    prefixes = (ROOT_PREFIX,) if entity.parent_key else (ROOT_PREFIX, f"{SYSTEM}/", f"{SYSTEM}_")
    for prefix in prefixes:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    raise Problem("field_unknown", field=name)


def _system(name: str) -> Term | None:
    if name in ALWAYS_NULL:
        return None
    if name in SYSTEM_COLUMNS:
        kind, path = SYSTEM_COLUMNS[name]
        return column_term(kind, F(path), nullable=name in {"deviceDate", "place"})
    if name == "submitterId":
        return column_term("text", Cast(F("submission__device_id"), TextField()))
    if name == "reviewState":
        return column_term("text", _review_state())
    if name in {"attachmentsPresent", "attachmentsExpected", "edits", "household"}:
        raise QueryUnsupported(f"{SYSTEM}/{name} in a filter or an order")
    raise Problem("field_unknown", field=f"{SYSTEM}/{name}")


def _review_state() -> Case:
    whens = [
        When(submission__review_state=state, then=Value(name))
        for state, name in REVIEW_STATES.items()
    ]
    return Case(*whens, default=None, output_field=CharField())


def _uuid(path: str, recipient: str) -> Term:
    return Term("uuid", F(path), partial(_bind_uuid, recipient), f"column {path}")


def _is_a(answer: Combinable, json_type: str) -> Q:
    of_type = Func(answer, function="jsonb_typeof", output_field=TextField())
    return Q(Exact(of_type, json_type))


def _joined(answer: Combinable) -> Combinable:
    """The codes ticked, with spaces between them, as they are given out."""
    return Func(
        answer,
        template="NULLIF(array_to_string(ARRAY(SELECT jsonb_array_elements_text("
        "jsonb_path_query_array(%(expressions)s, '$[*]'))), ' '), '')",
        output_field=TextField(),
    )


def _text(value: Plain) -> Combinable:
    if not isinstance(value, str):
        raise TypeMismatch("text is compared with something else")
    if "\0" in value:
        raise TypeMismatch("text cannot hold NUL")
    return Value(value, TextField())


def _number(value: Plain) -> Decimal | int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeMismatch("a number is compared with something else")
    return value


def _json_number(value: Plain) -> Combinable:
    return Cast(Value(format(Decimal(_number(value)), "f")), JSONField())


def _column_number(value: Plain) -> Combinable:
    return Value(_number(value))


def _boolean(value: Plain) -> bool:
    if not isinstance(value, bool):
        raise TypeMismatch("true or false is compared with something else")
    return value


def _json_boolean(value: Plain) -> Combinable:
    return Value(_boolean(value), JSONField())


def _column_boolean(value: Plain) -> Combinable:
    return Value(_boolean(value))


def _day(value: Plain) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeMismatch("a date is compared with something else")
    return value


def _day_text(value: Plain) -> Combinable:
    return Value(_day(value).isoformat(), TextField())


def _column_day(value: Plain) -> Combinable:
    return Value(_day(value))


def _instant(value: Plain) -> datetime:
    """A day alone begins at midnight UTC, as Central reads it."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    raise TypeMismatch("a time is compared with something else")


def _moment_text(value: Plain) -> Combinable:
    """As answers hold it: UTC, of fixed width; finer than milliseconds sorts right as text too."""
    instant = _instant(value).astimezone(UTC)
    fine = "microseconds" if instant.microsecond % 1000 else "milliseconds"
    return Value(instant.isoformat(timespec=fine), TextField())


def _column_moment(value: Plain) -> Combinable:
    return Value(_instant(value))


def _bind_uuid(recipient: str, value: Plain) -> Combinable:
    """What is no id of ours equals none: the nil id is never given."""
    if not isinstance(value, str):
        raise TypeMismatch("an id is compared with something else")
    try:
        return Value(known_from(recipient, UUID(value)))
    except ValueError:
        return Value(UUID(int=0))


def _refuse(value: Plain) -> Combinable:
    raise QueryUnsupported("comparing points, lines and areas")


_BINDS: dict[str, Callable[[Plain], Combinable]] = {
    "text": _text,
    "number": _column_number,
    "boolean": _column_boolean,
    "date": _column_day,
    "moment": _column_moment,
}
