"""Why an answer is not there: one function for files and API. Pure.

not_asked: the tablet sent no such node: the question was not relevant, or that version has it not.
skipped: it was asked and left empty. refused, dont_know, not_applicable: the answer is a code that
says so. unreadable: something was sent that is no such value.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from surveys.datasets.columns import Column
from surveys.xforms.missing_codes import codes_by_convention, read_missing

NOT_ASKED, SKIPPED, UNREADABLE, MASKED = "not_asked", "skipped", "unreadable", "masked"
REFUSED, DONT_KNOW, NOT_APPLICABLE = "refused", "dont_know", "not_applicable"


def missing_kind(value: Any, sent: str | None, codes: Mapping[str, str]) -> str:
    """Why there is no answer, or "" where there is one.

    `value` is the typed answer (None: there is none), `sent` the text that stands for it (None: the
    tablet sent no such node), `codes` those of `missing_codes`.
    """
    if value is None or value == []:
        if sent is None:
            return NOT_ASKED
        return SKIPPED if not sent or sent.isspace() else UNREADABLE
    if not codes or isinstance(value, dict | bool):
        return ""
    if isinstance(value, list):  # don't know and something else is an answer
        return codes.get(str(value[0]), "") if len(value) == 1 else ""
    if isinstance(value, float | Decimal) and value == int(value):
        value = int(value)
    return codes.get(str(value), "")


def standing_text(sent: Mapping[str, str | None], key: str) -> str | None:
    """The text that stands for a question: a correction's, under "=key", before the one sent."""
    return sent.get(f"={key}", sent.get(key))


def read_sent(text: str) -> dict[str, str | None]:
    """The texts that stand in a row, from the JSON of its `verbatim`."""
    sent: dict[str, str | None] = orjson.loads(text)
    if '"=' not in text:
        return sent
    return {**sent, **{k[1:]: told for k, told in sent.items() if k.startswith("=")}}


@lru_cache(maxsize=4096)
def missing_codes(column: Column) -> Mapping[str, str]:
    """Code → refused, dont_know or not_applicable: as the form says, else by convention."""
    field = column.field
    if field.missing:
        return read_missing(field.missing)
    choices = [(c.name, [label for label in c.labels.values() if label]) for c in field.choices]
    return codes_by_convention(name=field.name, type_=field.type, choices=choices)


@lru_cache(maxsize=4096)
def missing_marks(column: Column) -> frozenset[str | float]:
    """The answers that say so, as text and as the number it is."""
    codes = missing_codes(column)
    return frozenset(codes) | {float(code) for code in codes if code.lstrip("-").isdecimal()}
