"""Who asked: what a record's answers say of it, else the account that sent it."""

from typing import Any

from django.db.models import CharField, F, Value
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Left, NullIf

# How forms call the enumerator's code.
ASKED_AS = ("enum_code", "enumerator", "enumerator_id", "username")
MOST_SAID = 100


def said(name: str) -> Any:
    """An answer as text; None where it is empty."""
    return NullIf(KeyTextTransform(name, "values"), Value(""), output_field=CharField())


def said_by_record() -> Combinable:
    """The enumerator as a root row's own answers have it, None where they have none: what the index
    `row_enumerator` holds. An index holds no long text, so the end of one is left out."""
    return Left(Coalesce(*_codes()), MOST_SAID)


def enumerator() -> Combinable:
    """Who asked, of a root row; None where neither it nor an account says."""
    return Coalesce(*_codes(), F("submission__submitted_by__username"))


def _codes() -> list[Any]:
    return [said(name) for name in ASKED_AS]
