"""Periods that reports are asked for: a quarter by its name, or two days. Pure."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

TO_DATE = "to date"


@dataclass(frozen=True, slots=True)
class Period:
    """Both days included; None leaves that end open."""

    since: date | None = None
    until: date | None = None

    @property
    def is_whole(self) -> bool:
        return self.since is None and self.until is None

    def holds(self, on: date | None) -> bool:
        """What has no day of its own is in no period but the whole."""
        if self.is_whole:
            return True
        return (
            on is not None
            and (self.since is None or self.since <= on)
            and (self.until is None or on <= self.until)
        )


def quarter_period(name: str) -> Period:
    """`2014Q3` → its days. Raises ValueError for anything else."""
    year, mark, number = name.partition("Q")
    if not mark or number not in {"1", "2", "3", "4"} or len(year) != 4 or not year.isascii():
        raise ValueError(name)
    last = 3 * int(number)
    days = monthrange(int(year), last)[1]
    return Period(date(int(year), last - 2, 1), date(int(year), last, days))
