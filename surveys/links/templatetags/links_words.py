"""What templates of linkage lack: bits with a sign, marks, words of codes."""

from collections.abc import Mapping
from typing import Any

from django import template

from surveys.links.words import VERDICTS, brake_words, veto_words

MARKS = {
    "same": ("=", "the same"),
    "close": ("≈", "nearly the same"),
    "differs": ("≠", "different"),
    "alone": ("+", "only in this record"),
    "missing": ("–", "not there"),
}
KEYS = {"same": "s", "different": "d", "unsure": "l"}
register = template.Library()


@register.filter
def bits(number: float) -> str:
    """A weight with its sign: +11.4, −3.0."""
    return f"{number:+.1f}".replace("-", "−")


@register.filter
def mark_sign(mark: str) -> str:
    return MARKS.get(mark, ("", ""))[0]


@register.filter
def mark_words(mark: str) -> str:
    return MARKS.get(mark, ("", ""))[1]


@register.filter
def veto(code: str) -> str:
    return veto_words(code)


@register.filter
def brake(code: str) -> str:
    return brake_words(code)


@register.filter
def plain(code: str) -> str:
    """A stable code as a few words."""
    return code.replace("_", " ")


@register.filter
def at(words: Mapping[Any, str], key: Any) -> Any:
    return words.get(key, "")


@register.filter
def key(verdict: str) -> str:
    return KEYS[verdict]


@register.filter
def verdict_words(verdict: str) -> str:
    return VERDICTS[verdict]
