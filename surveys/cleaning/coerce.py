"""Text as a tablet sent it → a typed value, by the field's type. Lenient in form, never in meaning.

The typed value is JSON: what cannot be read is None and a flag's code, never an exception; the
text itself is kept beside it by the caller. Formats: openrosa.md S17 and docs/data-quality.md.
"""

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from surveys.xforms.schema import Field

UNREADABLE = "value_unreadable"
CHOICE_UNKNOWN = "choice_unknown"
OFFSET_MISSING = "offset_missing"

Coerced = tuple[Any, str]  # the value (None: there is none) and a flag's code ("": fine)
_NOTHING: Coerced = (None, UNREADABLE)
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}(\.0*)?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", re.ASCII)
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?=$|T)", re.ASCII)
_INT64 = 2**63


def coercer(field: Field) -> Callable[[str], Coerced]:
    """What reads the answers of one field; made once for a form version, called for each answer."""
    if field.type in {"select_one", "select_multiple"}:
        known = frozenset(choice.name for choice in field.choices)
        # A list that comes as a file is not in the form, so nothing is unknown to it.
        checked = known if not field.choices_file else frozenset()
        read = _select_one if field.type == "select_one" else _select_multiple
        return lambda text: read(text, checked)
    return _READERS.get(field.type, _text)


def _text(text: str) -> Coerced:
    """Composed as Unicode says (NFC): macOS and some keyboards send й in two parts."""
    return unicodedata.normalize("NFC", text).strip(), ""


def _select_one(text: str, known: frozenset[str]) -> Coerced:
    code = text.strip()
    return code, CHOICE_UNKNOWN if known and code not in known else ""


def _select_multiple(text: str, known: frozenset[str]) -> Coerced:
    codes = text.split()
    return codes, CHOICE_UNKNOWN if known and not known.issuperset(codes) else ""


def _integer(text: str) -> Coerced:
    text = text.strip()
    if not _INTEGER.fullmatch(text):
        return _NOTHING
    value = int(text.partition(".")[0])
    return (value, "") if -_INT64 <= value < _INT64 else _NOTHING


def _decimal(text: str) -> Coerced:
    text = text.strip()
    if not _DECIMAL.fullmatch(text):
        return _NOTHING
    value = float(text)
    return (value, "") if math.isfinite(value) else _NOTHING


_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def _boolean(text: str) -> Coerced:
    value = _BOOLEANS.get(text.strip().lower())
    return _NOTHING if value is None else (value, "")


def _date(text: str) -> Coerced:
    """The civil day as written; of a time stamp, the day it names in its own offset."""
    match = _DATE.match(text.strip())
    if match is None:
        return _NOTHING
    try:
        return date(*map(int, match.groups())).isoformat(), ""
    except ValueError:
        return _NOTHING


def _date_time(text: str) -> Coerced:
    """UTC of fixed width, so that the order of the text is the order of time."""
    try:
        at = datetime.fromisoformat(text.strip())
        utc = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return _NOTHING
    return utc.isoformat(timespec="milliseconds"), OFFSET_MISSING if at.tzinfo is None else ""


def _time(text: str) -> Coerced:
    text = text.strip()
    try:
        time.fromisoformat(text)
    except ValueError:
        return _NOTHING
    return text, ""


def _point(text: str) -> dict[str, float | None] | None:
    parts = text.split()
    numbers = [_decimal(part)[0] for part in parts]
    if not 2 <= len(parts) <= 4 or None in numbers:
        return None
    if abs(numbers[0]) > 90 or abs(numbers[1]) > 180:
        return None
    return dict(zip(("lat", "lon", "alt", "acc"), [*numbers, None, None], strict=False))


def _geopoint(text: str) -> Coerced:
    point = _point(text)
    return _NOTHING if point is None else (point, "")


def _geoline(text: str) -> Coerced:
    points = [_point(part) for part in text.split(";") if part.strip()]
    return _NOTHING if not points or None in points else (points, "")


_READERS: dict[str, Callable[[str], Coerced]] = {
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "dateTime": _date_time,
    "time": _time,
    "geopoint": _geopoint,
    "geotrace": _geoline,
    "geoshape": _geoline,
}
