"""A plain answer (a value of JSON) → the text that a tablet would have written. Pure."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from surveys.cleaning.coerce import CHOICE_UNKNOWN, UNREADABLE, Coerced, coercer
from surveys.xforms.schema import Field

# What XML cannot hold; the answers themselves are kept verbatim beside it.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MAX_DIGITS = 40
POINT = ("lat", "lon", "alt", "acc")


class PlainError(Exception):
    """An answer that does not fit its question; `code` says how."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


Read = Callable[[str], Coerced]


def write_plain(value: Any, field: Field, read: Read | None = None) -> str:
    """The answer as text, "" for none. `read` is the field's coercer, where one is kept.

    Raises PlainError: wrong_type, not_a_choice, or `not_` with the field's type.
    """
    if value is None or value in ("", [], {}):
        return ""
    text = fit_for_xml(_write(value, field.type))
    if not text.strip() or field.calculated:
        return text
    _, flag = (read or coercer(field))(text)
    if flag == CHOICE_UNKNOWN:
        raise PlainError("not_a_choice")
    if flag == UNREADABLE:
        raise PlainError(f"not_{field.type.lower()}")
    return text


def fit_for_xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _write(value: Any, kind: str) -> str:
    match value:
        case bool():
            return _boolean(value, kind)
        case str():
            return value
        case int() | Decimal():
            return _number(value, kind)
        case list():
            return _list(value, kind)
        case dict():
            return _point(value, kind)
    raise PlainError("wrong_type")


def _boolean(value: bool, kind: str) -> str:
    if kind != "boolean":
        raise PlainError("wrong_type")
    return "true" if value else "false"


def _number(value: int | Decimal, kind: str) -> str:
    """Digits as they were sent; a code or a phone number may come as a number."""
    if kind not in {"integer", "decimal", "select_one", "select_multiple", "string", "barcode"}:
        raise PlainError("wrong_type")
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > MAX_DIGITS:
            raise PlainError("not_decimal")
        return format(value, "f")
    if abs(value) >= 10**MAX_DIGITS:
        raise PlainError("not_integer")
    return str(value)


def _list(values: list[Any], kind: str) -> str:
    if kind == "select_multiple":
        codes = [_write(value, "select_one") for value in values]
        if any(not code.strip() or len(code.split()) != 1 for code in codes):
            raise PlainError("not_a_choice")
        return " ".join(codes)
    if kind in {"geotrace", "geoshape"}:
        return ";".join(_write(value, "geopoint") for value in values)
    raise PlainError("wrong_type")


def _point(value: dict[str, Any], kind: str) -> str:
    """As our own records give a point: lat, lon, and if known alt and acc."""
    if kind != "geopoint" or not set(value) <= set(POINT):
        raise PlainError("wrong_type")
    numbers = [value.get(part) or 0 for part in POINT]
    return " ".join(_write(number, "decimal") for number in numbers)
