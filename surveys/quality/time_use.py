"""time_use_of: when interviews begin, by weekday and hour, enumerator and district. Pure.

Times are those of the field. A week that has most of its interviews late in the evening, or all of
one day's before noon, is a reason to ask.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveys.quality.facts import Record, district_of

HOURS_OF_A_DAY, DAYS_OF_A_WEEK = 24, 7
SHADES = 4
USUAL_HOURS = range(8, 19)  # shown even where nobody began


@dataclass(frozen=True, slots=True)
class UseLine:
    """`counts`: [weekday from 0 for Monday, hour, interviews], where there are any."""

    place: str
    enumerator: str
    counts: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Cell:
    """`shade` from 0 (none) to 4 (as many as in the busiest hour)."""

    count: int
    shade: int


@dataclass(frozen=True, slots=True)
class Week:
    """Interviews by weekday and hour: `days` holds seven rows of a cell for each of `hours`."""

    hours: Sequence[int]
    days: Sequence[Sequence[Cell]]
    interviews: int

    @property
    def by_day(self) -> list[int]:
        return [sum(cell.count for cell in day) for day in self.days]


def time_use_of(records: Iterable[Record]) -> list[UseLine]:
    """Of records that say when they began, by district and enumerator."""
    found: dict[tuple[str, str], Counter[tuple[int, int]]] = defaultdict(Counter)
    for record in records:
        if record.started is not None:
            at = record.started.weekday(), record.started.hour
            found[district_of(record), record.enumerator][at] += 1
    return [
        UseLine(place, enumerator, [[*at, n] for at, n in sorted(counts.items())])
        for (place, enumerator), counts in sorted(found.items())
    ]


def week_of(lines: Iterable[Mapping[str, Any]]) -> Week:
    """The sum of lines as they were kept."""
    counts: Counter[tuple[int, int]] = Counter()
    for line in lines:
        for weekday, hour, n in line["counts"]:
            counts[weekday, hour] += n
    begun = {hour for _, hour in counts} | set(USUAL_HOURS)
    hours = range(min(begun), max(begun) + 1)
    most = max(counts.values(), default=0)
    days = [[_cell(counts[day, hour], most) for hour in hours] for day in range(DAYS_OF_A_WEEK)]
    return Week(hours, days, sum(counts.values()))


def _cell(count: int, most: int) -> Cell:
    return Cell(count, -(-SHADES * count // most) if count else 0)
