"""How figures of the field board are written."""

from collections.abc import Iterator, Sequence
from datetime import date

from django import template
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backend.percents import written_percent
from surveys.interviews.aims import Line as ProgressLine
from surveys.interviews.figures import Line
from surveys.interviews.forecast import Outlook
from surveys.rounds.models import Round

register = template.Library()
UNKNOWN = "–"
HOURS_A_DAY = 24
_WORDS = {
    Outlook.DONE: gettext_lazy("reached"),
    Outlook.NOT_BEGUN: gettext_lazy("not begun"),
    Outlook.TOO_FEW: gettext_lazy("cannot be said yet: too few days or interviews"),
    Outlook.STOPPED: gettext_lazy("cannot be said: no interview in the last seven working days"),
    Outlook.TOO_FAR: gettext_lazy("more than two years at this pace"),
}


@register.filter
def figures(line: Line) -> Iterator[tuple[str, str, str]]:
    """(code of a figure, its name, as written): "–" where unknown, nothing where there is none."""
    yield "minutes", _("Minutes"), rate(line.minutes)
    yield "delay_hours", _("Time to arrive"), delay(line.delay_hours)
    yield "flagged", _("Flagged"), percent(line.flagged)
    yield "rejected", _("Not accepted"), percent(line.rejected)
    yield "at_night", _("At night"), str(line.at_night or "")
    yield "overlapping", _("Two at once"), str(line.overlapping or "")


@register.filter
def by_day(line: Line, days: Sequence[date]) -> list[tuple[date, int]]:
    """The newest day first."""
    return list(zip(reversed(days), reversed(line.by_day), strict=True))


@register.filter
def percent(share: float) -> str:
    return written_percent(share)


@register.filter
def rate(value: float | None) -> str:
    """One digit below ten, of what is no whole number."""
    if value is None:
        return UNKNOWN
    digits = 0 if value >= 10 or isinstance(value, int) else 1
    return number_format(round(value, digits), digits, use_l10n=True, force_grouping=True)


@register.filter
def delay(hours: float | None) -> str:
    """From two days on in days."""
    if hours is None:
        return UNKNOWN
    if hours < 2 * HOURS_A_DAY:
        return _("%(n)s h") % {"n": rate(hours)}
    return _("%(n)s d") % {"n": rate(hours / HOURS_A_DAY)}


@register.filter
def clock(seconds: int | None) -> str:
    """How far a clock is off, in its one unit that matters; ahead of ours with a plus."""
    if seconds is None:
        return UNKNOWN
    size, sign = abs(seconds), "+" if seconds > 0 else "−"
    if size < 60:
        return _("right")
    for unit, each in ((86_400, _("%(n)s d")), (3_600, _("%(n)s h")), (60, _("%(n)s min"))):
        if size >= unit:
            return sign + each % {"n": rate(size // unit)}
    return UNKNOWN


@register.filter
def round_days(round_: Round) -> str:
    """When it ended or ends."""
    if round_.closes_on is None:
        return _("without a last day")
    day = date_format(round_.closes_on, "SHORT_DATE_FORMAT")
    return (_("closed on %(day)s") if round_.is_closed else _("until %(day)s")) % {"day": day}


@register.filter
def outlook(line: ProgressLine) -> str:
    """The day it will be reached, or why that cannot be said."""
    found = line.progress.forecast
    if line.round.is_closed and found.outlook != Outlook.DONE:
        left = line.progress.left
        return ngettext("%(n)d missing", "%(n)d missing", left) % {"n": left}
    if found.ends_on is None:
        return str(_WORDS[found.outlook])
    words = _("%(day)s, after the last day") if line.is_late else "%(day)s"
    return words % {"day": date_format(found.ends_on, "SHORT_DATE_FORMAT")}


@register.filter
def interval(line: ProgressLine) -> str:
    """Of 95%, where the round is still open."""
    found = line.progress.forecast
    if line.round.is_closed or found.earliest is None:
        return ""
    first = date_format(found.earliest, "SHORT_DATE_FORMAT")
    if found.latest is None:
        return _("%(first)s or later") % {"first": first}
    return _("%(first)s to %(last)s") % {
        "first": first,
        "last": date_format(found.latest, "SHORT_DATE_FORMAT"),
    }
