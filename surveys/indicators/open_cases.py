"""Which lawyers' cases are still open, and for how long, by partner. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from statistics import median

from surveys.indicators.figures import UNKNOWN, Side

LONG_DAYS = 60


def open_cases(told: Iterable[tuple[str, int]]) -> Side:
    """Of each open case the partner of its latest record, and days since its first one."""
    ages: dict[str, list[int]] = defaultdict(list)
    for partner, days in told:
        ages[partner or UNKNOWN].append(days)
    rows = [(partner, *_row(days)) for partner, days in sorted(ages.items())]
    if rows:
        rows.append(("all", *_row([day for days in ages.values() for day in days])))
    return Side("open_cases", ("partner", "open_cases", "open_long", "median_days"), tuple(rows))


def _row(days: list[int]) -> tuple[int, int, float]:
    return len(days), sum(each > LONG_DAYS for each in days), median(days)
