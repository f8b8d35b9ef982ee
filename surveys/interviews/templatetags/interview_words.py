"""How a line of the field board is written."""

from collections.abc import Iterator

from django import template
from django.utils.formats import number_format

from surveys.interviews.figures import Line

register = template.Library()


@register.filter
def figures(line: Line) -> Iterator[tuple[str, str]]:
    """(name of a figure, as written): "–" where unknown, nothing where there is none of it."""
    yield "minutes", _number(line.minutes)
    yield "delay_hours", _number(line.delay_hours)
    yield "flagged", f"{line.flagged:.0%}"
    yield "rejected", f"{line.rejected:.0%}"
    yield "at_night", str(line.at_night or "")
    yield "overlapping", str(line.overlapping or "")


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return number_format(round(value, 1), 0 if value >= 10 else 1)
