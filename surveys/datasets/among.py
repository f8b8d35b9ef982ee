"""`column = ANY(array)`: one parameter for thousands of ids, where `IN` has one for each."""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, F, Func, Q, TextField, UUIDField, Value
from django.db.models.functions import Cast


class _IsAmong(Func):
    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def among(column: str, ids: Iterable[Any], field: type[Any] = UUIDField) -> Q:
    """Whether a column of UUIDs, or of numbers with `BigIntegerField`, is one of these."""
    text = "{" + ",".join(map(str, ids)) + "}"
    return Q(_IsAmong(F(column), Cast(Value(text, TextField()), ArrayField(field()))))
