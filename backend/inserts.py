"""insert_rows: many rows of a table by one prepared statement with one parameter, their JSON.

Django's `bulk_create` makes an array of each column and escapes every quotation mark of JSON on the
way, for every submission anew.
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import orjson
from django.db import connection
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault

from backend.statements import run_prepared

M = TypeVar("M", bound=Model)
Fields = tuple["Field[Any, Any]", ...]
Names = tuple[str, ...]


def insert_rows(rows: Iterable[M], *, unique: Names = (), update: Names = ()) -> list[M]:
    """Inserts rows of one model inside the caller's transaction, and gives them back.

    As `bulk_create`: no `save`, and keys that the database makes are set. Where a row of the same
    `unique` fields is there, it gets the fields of `update` instead, or is left where there are
    none; no keys are set then. The rows are alike: what the database makes for the first of them,
    it makes for all. Raises Django's database errors.
    """
    found = list(rows)
    if not found:
        return found
    model, fields = type(found[0]), _given(found[0])
    values = [{field.column: field.pre_save(row, True) for field in fields} for row in found]
    sql = _statement(model, fields, unique, update)
    made = run_prepared(sql, {"rows": _as_json(values)})
    if made:
        for row, (key,) in zip(found, made, strict=True):
            row.pk = key
    for row in found:
        row._state.adding = False
    return found


def _given(row: Model) -> Fields:
    """The fields that the database does not fill by itself."""
    return tuple(
        field
        for field in row._meta.concrete_fields
        if not field.generated
        and not isinstance(getattr(row, field.attname), DatabaseDefault)
        and not (field.primary_key and row.pk is None)
    )


@lru_cache(maxsize=64)
def _statement(model: type[Model], fields: Fields, unique: Names, update: Names) -> str:
    meta = model._meta
    names = ", ".join(map(_column, fields))
    types = ", ".join(f"{_column(f)} {f.db_type(connection)}" for f in fields)
    into = f"INSERT INTO {connection.ops.quote_name(meta.db_table)} ({names})"
    read = f"SELECT {names} FROM json_to_recordset(%(rows)s::json) AS r({types})"  # noqa: S608  names of ours
    if not unique:
        return f"{into} {read}" + ("" if meta.pk in fields else f" RETURNING {_column(meta.pk)}")
    known = ", ".join(_column(meta.get_field(name)) for name in unique)
    new = ", ".join(f"{c} = EXCLUDED.{c}" for c in (_column(meta.get_field(n)) for n in update))
    return f"{into} {read} ON CONFLICT ({known}) DO " + (f"UPDATE SET {new}" if new else "NOTHING")


def _column(field: Any) -> str:
    return connection.ops.quote_name(field.column)


def _as_json(values: Sequence[dict[Any, Any]]) -> str:
    try:
        return orjson.dumps(values).decode()
    except TypeError:  # a whole number of more than 64 bits
        return json.dumps(values, default=str)
