"""forecast: when a target will be reached, at the pace of the last working days. Pure.

The pace is the mean of the last seven working days that are over; its 95% interval is Student's,
with a variance that is at least that of a Poisson count (few days look steadier than they are).
Working days are Monday to Friday; what was done at a weekend counts for the Friday before it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import ceil, sqrt

LOOKED_AT = 7  # working days
FEWEST_DAYS, FEWEST_INTERVIEWS = 3, 5  # before anything is said
FURTHEST = 500  # working days, about two years: nobody plans by what lies beyond
DAY = timedelta(days=1)
_FRIDAY = 4
_STUDENT = {2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447}  # 95%, by degrees of freedom


class Outlook(StrEnum):
    """SAID: there is a day. All others say why there is none."""

    SAID = "said"
    DONE = "done"
    NOT_BEGUN = "not_begun"
    TOO_FEW = "too_few"
    STOPPED = "stopped"
    TOO_FAR = "too_far"


@dataclass(frozen=True, slots=True)
class Forecast:
    """`per_day`: interviews a working day. `latest` is None where the interval has no end."""

    outlook: Outlook
    per_day: float | None = None
    ends_on: date | None = None
    earliest: date | None = None
    latest: date | None = None


def forecast(by_day: Mapping[date, int], target: int, today: date) -> Forecast:
    """`by_day`: what was done on each day so far, today's included."""
    left = target - sum(by_day.values())
    if left <= 0:
        return Forecast(Outlook.DONE)
    if not any(by_day.values()):
        return Forecast(Outlook.NOT_BEGUN)
    counts = _counts(by_day, today)
    if counts and sum(counts) == 0:
        return Forecast(Outlook.STOPPED, 0.0)
    if len(counts) < FEWEST_DAYS or sum(counts) < FEWEST_INTERVIEWS:
        return Forecast(Outlook.TOO_FEW)
    pace, spread = _pace(counts)
    ends_on = _reached(today, left, pace)
    if ends_on is None:
        return Forecast(Outlook.TOO_FAR, pace)
    earliest, latest = (_reached(today, left, pace + by) for by in (spread, -spread))
    return Forecast(Outlook.SAID, pace, ends_on, earliest, latest)


def working_day(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - DAY * max(day.weekday() - _FRIDAY, 0)


def _counts(by_day: Mapping[date, int], today: date) -> list[int]:
    """Of the last working days before today, back to the first interview at most."""
    on: dict[date, int] = {}
    for day, done in by_day.items():
        if day < today and done:
            on[working_day(day)] = on.get(working_day(day), 0) + done
    if not on:
        return []
    # On a weekend, its Friday is over but for what the weekend adds.
    past = [day for day in _back_from(today) if day >= min(on)]
    return [on.get(day, 0) for day in past]


def _back_from(today: date) -> Iterator[date]:
    day = today
    for _ in range(LOOKED_AT):
        day = working_day(day - DAY)
        yield day


def _pace(counts: list[int]) -> tuple[float, float]:
    """The mean, and half the width of its interval."""
    days = len(counts)
    mean = sum(counts) / days
    variance = sum((count - mean) ** 2 for count in counts) / (days - 1)
    return mean, _STUDENT[days - 1] * sqrt(max(variance, mean) / days)


def _reached(today: date, left: int, pace: float) -> date | None:
    """The working day on which nothing is left; None where that is never, or too far away."""
    if pace <= 0 or left / pace > FURTHEST:
        return None
    weeks, days = divmod(ceil(left / pace), 5)
    end = working_day(today) + weeks * 7 * DAY
    for _ in range(days):
        end += DAY * (3 if end.weekday() == _FRIDAY else 1)
    return end
