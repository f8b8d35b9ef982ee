"""How codes and findings of the quality engine are written."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from backend.moments import written_moment
from backend.percents import written_percent
from surveys.cleaning.models import QualityFlag
from surveys.quality.words import (
    ANSWERS,
    FLAGS,
    GROUPS,
    MEASURES,
    MOMENTS,
    OWNERS,
    SEVERITIES,
    SHARES,
    TERMS,
    plain,
    word,
)

register = template.Library()
_WORDS = {
    "flag": FLAGS,
    "group": GROUPS,
    "measure": MEASURES,
    "moment": MOMENTS,
    "owner": OWNERS,
    "severity": SEVERITIES,
    "state": dict(QualityFlag.State.choices),
    "term": TERMS,
}
_TONES = {"serious": "bad", "warning": "wait"}


@register.filter
def said(code: str, kind: str) -> str:
    """A code in words: `{{ code|said:"flag" }}`."""
    return word(_WORDS[kind], code)


@register.filter
def gravity(severity: str) -> str:
    """The tone of a badge."""
    return _TONES.get(severity, "")


@register.filter
def pairs(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, value) of a measure, bounds or parameters, as written."""
    for name, value in told.items():
        yield word(TERMS, name), _("masked") if value is None else _written(value)


@register.filter
def of(mapping: Mapping[Any, Any], key: Any) -> Any:
    """The value of a key, or nothing."""
    return mapping.get(key)


@register.filter
def mean(effect: Mapping[str, Any], measure: str) -> str:
    """A measure's mean: shares as percent."""
    value = effect["mean"]
    return written_percent(value) if measure in SHARES else number_format(round(value, 1), 1)


@register.filter
def percent(share: float) -> str:
    return written_percent(share)


@register.filter
def listed(value: Any) -> str:
    return plain(value)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return number_format(value, 0 if value == int(value) else None)
    return written_moment(word(ANSWERS, str(value)))
