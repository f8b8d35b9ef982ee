"""The functions of XForm expressions that XPath 1.0 lacks, or means otherwise. Pure.

Arguments are lxml's: text, numbers, booleans, lists of elements. Dates and times travel as their
ISO text; as numbers they are days since 1970, as the ODK XForms specification says.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from math import isnan, nan
from typing import TypeAlias

from lxml import etree

Value: TypeAlias = str | float | bool | list[etree._Element]
Function: TypeAlias = Callable[..., Value]

EPOCH = date(1970, 1, 1).toordinal()
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?(T.*)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_TIME = re.compile(r"\d\d?:\d\d(:\d\d(\.\d+)?)?", re.ASCII)


def to_text(value: Value) -> str:
    """As a tablet writes it: whole numbers without a point, true as 1, nothing for no number."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return "" if isnan(value) else str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, list):
        return _node_text(value[0]) if value else ""
    return str(value)


def to_number(value: Value) -> float:
    """NaN for what is none; a date counts as days."""
    if isinstance(value, bool | float):
        return float(value)
    text = to_text(value).strip()
    number = _plain_number(text)
    return _days(text) if number is None else number


def is_true(value: Value) -> bool:
    return bool(value) and not (isinstance(value, float) and isnan(value))


def _node_text(node: object) -> str:
    return (node.text or "") if isinstance(node, etree._Element) else str(node)


def _texts(values: tuple[Value, ...]) -> list[str]:
    """Every value; a list of nodes counts as all of them."""
    found: list[str] = []
    for value in values:
        found += [_node_text(v) for v in value] if isinstance(value, list) else [to_text(value)]
    return found


def _numbers(values: tuple[Value, ...]) -> list[float]:
    return [to_number(text) for text in _texts(values) if text]


def _days(text: str) -> float:
    if not _DATE.fullmatch(text):
        return nan
    try:
        if "T" not in text:
            year, month, day = map(int, text.split("-"))
            return float(date(year, month, day).toordinal() - EPOCH)
        at = datetime.fromisoformat(text)
    except ValueError:
        return nan
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return at.timestamp() / 86_400


def _decimal_time(value: Value) -> float:
    """The part of the day that has gone: noon is 0.5."""
    text = to_text(value).partition("T")[2] or to_text(value)
    found = _TIME.match(text)
    if found is None:
        return nan
    at = time.fromisoformat(found[0].zfill(5) if len(found[0]) == 4 else found[0])
    return (at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6) / 86_400


def _date(value: Value) -> str:
    """Text of a date; a number is days since 1970."""
    text = to_text(value)
    number = value if isinstance(value, float) else _plain_number(text)
    if number is None:
        return text.partition("T")[0] if not isnan(_days(text)) else ""
    return date.fromordinal(EPOCH + math.floor(number)).isoformat()


def _date_time(value: Value) -> str:
    text = to_text(value)
    number = value if isinstance(value, float) else _plain_number(text)
    if number is None:
        return text if not isnan(_days(text)) else ""
    return datetime.fromtimestamp(number * 86_400, UTC).isoformat(timespec="milliseconds")


def _plain_number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _format_date(value: Value, pattern: Value) -> str:
    text = to_text(value)
    try:
        at = datetime.fromisoformat(text if "T" in text else _date(value))
    except ValueError:
        return ""
    signs = {
        "Y": f"{at.year:04}", "y": f"{at.year % 100:02}", "m": f"{at.month:02}", "n": str(at.month),
        "b": MONTHS[at.month - 1], "d": f"{at.day:02}", "e": str(at.day), "H": f"{at.hour:02}",
        "h": str(at.hour), "M": f"{at.minute:02}", "S": f"{at.second:02}",
        "3": f"{at.microsecond // 1000:03}", "a": DAYS[at.weekday()], "%": "%",
    }  # fmt: skip
    return re.sub(r"%(.)", lambda sign: signs[sign[1]], to_text(pattern))


def _int(value: Value) -> float:
    number = to_number(value)
    return number if isnan(number) else float(int(number))


def _round(value: Value, digits: Value = 0.0) -> float:
    """Half away from zero, as on tablets."""
    number, places = to_number(value), int(to_number(digits))
    if isnan(number):
        return number
    scaled = abs(number) * 10.0**places
    return math.copysign(math.floor(scaled + 0.5) / 10.0**places, number)


def _selected_at(value: Value, index: Value) -> str:
    codes = to_text(value).split()
    position = int(to_number(index))
    return codes[position] if 0 <= position < len(codes) else ""


def _substr(value: Value, start: Value, end: Value = nan) -> str:
    """Counted from 0; a negative place is from the end."""
    text, last = to_text(value), to_number(end)
    return text[int(to_number(start)) :] if isnan(last) else text[int(to_number(start)) : int(last)]


def _place_of(nodes: Value) -> float:
    """`position(..)`: which repetition of its repeat a node is, counted from one."""
    node = nodes[0] if isinstance(nodes, list) else None
    assert isinstance(node, etree._Element)
    return 1.0 + sum(1 for _ in node.itersiblings(node.tag, preceding=True))


def _indexed_repeat(nodes: Value, *repeats: Value) -> Value:
    """The node that stands in the given repetition; for repeats in repeats, outermost first."""
    found = list(nodes) if isinstance(nodes, list) else []
    for repeat, index in zip(repeats[::2], repeats[1::2], strict=True):
        repetitions = list(repeat) if isinstance(repeat, list) else []
        within = [r for r in repetitions if _place_of([r]) == to_number(index)]
        found = [node for node in found if any(r in within for r in node.iterancestors())]
    return found[:1]


def _pull_data(rows: Value, column: Value, key_column: Value, key: Value) -> str:
    """The cell of the first row whose key is this one."""
    items = rows[0].iterfind("root/item") if isinstance(rows, list) and rows else ()
    name, wanted = to_text(key_column), to_text(key)
    row = next((item for item in items if item.findtext(name) == wanted), None)
    return "" if row is None else (row.findtext(to_text(column)) or "")


def _boolean_from_string(value: Value) -> bool:
    return to_text(value).strip().lower() in {"true", "1"}


def _join(separator: Value, *values: Value) -> str:
    return to_text(separator).join(_texts(values))


FUNCTIONS: dict[str, Function] = {
    "if": lambda condition, then, other: then if is_true(condition) else other,
    "coalesce": lambda *values: next((t for v in values if (t := to_text(v))), ""),
    "selected": lambda value, code: to_text(code).strip() in to_text(value).split(),
    "count-selected": lambda value: float(len(to_text(value).split())),
    "selected-at": _selected_at,
    "count-non-empty": lambda *nodes: float(sum(1 for text in _texts(nodes) if text)),
    "number-of": to_number,
    "int": _int,
    "round-to": _round,
    "min": lambda *values: min(_numbers(values), default=nan),
    "max": lambda *values: max(_numbers(values), default=nan),
    "abs": lambda value: abs(to_number(value)),
    "pow": lambda value, power: float(to_number(value) ** to_number(power)),
    "sqrt": lambda value: to_number(value) ** 0.5 if to_number(value) >= 0 else nan,
    "exp": lambda value: math.exp(to_number(value)),
    "log": lambda value: math.log(to_number(value)),
    "log10": lambda value: math.log10(to_number(value)),
    "pi": lambda: math.pi,
    "concat-all": lambda *values: "".join(_texts(values)),
    "join": _join,
    "substr": _substr,
    "ends-with": lambda value, end: to_text(value).endswith(to_text(end)),
    "regex": lambda value, pattern: re.fullmatch(to_text(pattern), to_text(value)) is not None,
    "date": _date,
    "date-time": _date_time,
    "decimal-date-time": to_number,
    "decimal-time": _decimal_time,
    "format-date": _format_date,
    "format-date-time": _format_date,
    "boolean-from-string": _boolean_from_string,
    "place-of": _place_of,
    "indexed-repeat": _indexed_repeat,
    "pulldata": _pull_data,
    "randomize": lambda nodes, *_seed: nodes,
}
