"""XForm expressions (relevant, calculate, constraint) on top of lxml's XPath 1.0.

Knows only the functions that our questionnaires use; an unknown one raises, it is never guessed.
"""

import re
from collections.abc import Callable
from datetime import date
from math import isnan
from typing import TypeAlias

from lxml import etree

Value: TypeAlias = str | float | bool | list[etree._Element]
Function: TypeAlias = Callable[..., Value]

_RENAMED = {"position(..)": "place-of(..)", "today()": "$today", "current()": "$here", "jr:": ""}


def compile_expression(text: str, root: str, functions: dict[str, Function]) -> etree.XPath:
    """An expression to be called as `compiled(node, form=…, today=…, here=node)`.

    Paths from the root start at `$form`, because inside `instance('x')/…[…]` XPath would look
    for them in the other document.
    """
    for written, ours in _RENAMED.items():
        text = text.replace(written, ours)
    text = re.sub(rf"(?<![\w\])*./-])/{root}(?![\w.-])", "$form", text)
    known = {(None, name): _without_context(function) for name, function in functions.items()}
    return etree.XPath(text, extensions=known)


def _without_context(function: Function) -> Function:
    return lambda _context, *arguments: function(*arguments)


def to_text(value: Value) -> str:
    """As a tablet writes it: whole numbers without a point, true as 1, a node as its text."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, list):
        return (value[0].text or "") if value else ""
    return str(value)


def to_number(value: Value) -> float:
    try:
        return float(to_text(value))
    except ValueError:
        return float("nan")


def _days(value: Value) -> float:
    text = to_text(value)
    return float(date.fromisoformat(text[:10]).toordinal()) if text else float("nan")


def _int(value: Value) -> float:
    number = to_number(value)
    return number if isnan(number) else float(int(number))


def _format_date(value: Value, pattern: Value) -> str:
    text = to_text(value)
    return date.fromisoformat(text[:10]).strftime(to_text(pattern)) if text else ""


def _selected_at(value: Value, index: Value) -> str:
    codes = to_text(value).split()
    position = int(to_number(index))
    return codes[position] if 0 <= position < len(codes) else ""


def _place_of(nodes: Value) -> float:
    """`position(..)`: which repetition of its repeat a node is, counted from one."""
    node = nodes[0] if isinstance(nodes, list) else None
    assert isinstance(node, etree._Element)
    return 1.0 + sum(1 for _ in node.itersiblings(node.tag, preceding=True))


FUNCTIONS: dict[str, Function] = {
    "if": lambda condition, then, other: then if is_true(condition) else other,
    "selected": lambda value, code: to_text(code) in to_text(value).split(),
    "count-selected": lambda value: float(len(to_text(value).split())),
    "selected-at": _selected_at,
    "regex": lambda value, pattern: re.fullmatch(to_text(pattern), to_text(value)) is not None,
    "coalesce": lambda first, second: to_text(first) or to_text(second),
    "int": _int,
    "date": lambda value: to_text(value),
    "decimal-date-time": _days,
    "format-date": _format_date,
    "place-of": _place_of,
}


def is_true(value: Value) -> bool:
    return bool(value) and not (isinstance(value, float) and isnan(value))
