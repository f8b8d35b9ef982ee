"""lines_of: what each enumerator's interviews look like beside those of the team. Pure.

Figures, not verdicts: a line that stands out is a reason to telephone (High Frequency Checks of the
DIME Wiki, IPA's enumerator dashboard).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise
from statistics import median
from typing import NamedTuple

NIGHT_FROM, NIGHT_UNTIL = 21, 6  # hours of the clock where the interview was
_LONGEST = timedelta(hours=12)  # a form left open for longer says nothing of the interview
_SHORT, _MUCH = 0.5, 2.0  # of the team's median minutes; of the team's share
_DISTRICT = 2  # below country and oblast
_Span = tuple[datetime, datetime]
_ENOUGH = 5  # interviews, before a line can stand out


@dataclass(frozen=True, slots=True)
class Interview:
    """One record. `started` and `ended` by the tablet's clock, None where the form asks neither.

    `path`: of its place, codes from the country down; "" where it has none.
    """

    enumerator: str
    started: datetime | None
    ended: datetime | None
    received: datetime
    flagged: bool
    rejected: bool
    path: str = ""

    @property
    def lasted(self) -> timedelta | None:
        """None where the clock went back, or the form was left open."""
        if self.started is None or self.ended is None:
            return None
        lasted = self.ended - self.started
        return lasted if timedelta(0) <= lasted <= _LONGEST else None

    def day(self, zone: tzinfo) -> date:
        return (self.ended or self.started or self.received).astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class Line:
    """One enumerator. `by_day`: interviews on each day asked for; `minutes` they lasted and
    `delay_hours` until they arrived: medians, None where unknown; `flagged`, `rejected`: shares;
    `stands_out`: names of figures far from the team's.
    """

    enumerator: str
    interviews: int
    by_day: tuple[int, ...]
    minutes: float | None
    delay_hours: float | None
    flagged: float
    rejected: float
    at_night: int
    overlapping: int
    stands_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Board:
    """The team as one line, and each enumerator, by name.

    `districts`: interviews by the code of the district; "" for those that name none.
    """

    days: tuple[date, ...]
    team: Line
    lines: tuple[Line, ...]
    districts: Mapping[str, int] = field(default_factory=dict)


class _Told(NamedTuple):
    """What one interview adds to the line of its enumerator and to that of the team."""

    day: date
    minutes: float | None
    delay_hours: float | None
    flagged: bool
    rejected: bool
    at_night: bool


def board_of(interviews: Iterable[Interview], days: Sequence[date], zone: tzinfo) -> Board:
    """The board of the interviews of these days; others are left out."""
    wanted, districts = set(days), Counter[str]()
    told, spans = defaultdict[str, list[_Told]](list), defaultdict[str, list[_Span]](list)
    for interview in interviews:
        day = interview.day(zone)
        if day in wanted:
            lasted, name = interview.lasted, interview.enumerator
            told[name].append(_told(interview, day, lasted, zone))
            districts[_district(interview.path)] += 1
            if lasted is not None and interview.started and interview.ended:
                spans[name].append((interview.started, interview.ended))
    lines = [_line(name, told[name], days, _overlapping(spans[name])) for name in sorted(told)]
    everybody = [each for theirs in told.values() for each in theirs]
    team = _line("", everybody, days, sum(line.overlapping for line in lines))
    return Board(
        tuple(days),
        team,
        tuple(replace(line, stands_out=_stands_out(line, team)) for line in lines),
        districts,
    )


def _told(interview: Interview, day: date, lasted: timedelta | None, zone: tzinfo) -> _Told:
    ended = interview.ended
    return _Told(
        day,
        None if lasted is None else lasted.total_seconds() / 60,
        None if ended is None else max((interview.received - ended).total_seconds(), 0) / 3600,
        interview.flagged,
        interview.rejected,
        _is_at_night(interview, zone),
    )


def _district(path: str) -> str:
    codes = path.split("/")
    return codes[_DISTRICT] if len(codes) > _DISTRICT else ""


def _line(name: str, theirs: Sequence[_Told], days: Sequence[date], overlapping: int) -> Line:
    on = Counter(each.day for each in theirs)
    lasted = [each.minutes for each in theirs if each.minutes is not None]
    delays = [each.delay_hours for each in theirs if each.delay_hours is not None]
    return Line(
        enumerator=name,
        interviews=len(theirs),
        by_day=tuple(on[day] for day in days),
        minutes=median(lasted) if lasted else None,
        delay_hours=median(delays) if delays else None,
        flagged=_share([each.flagged for each in theirs]),
        rejected=_share([each.rejected for each in theirs]),
        at_night=sum(each.at_night for each in theirs),
        overlapping=overlapping,
    )


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else 0.0


def _is_at_night(interview: Interview, zone: tzinfo) -> bool:
    if interview.started is None:
        return False
    hour = interview.started.astimezone(zone).hour
    return hour >= NIGHT_FROM or hour < NIGHT_UNTIL


def _overlapping(spans: list[_Span]) -> int:
    """Interviews that began before the one before them had ended: nobody asks two at once."""
    return sum(later[0] < earlier[1] for earlier, later in pairwise(sorted(spans)))


def _stands_out(line: Line, team: Line) -> frozenset[str]:
    """Figures that differ much from the team's, where there are enough interviews to say so."""
    if line.interviews < _ENOUGH:
        return frozenset()
    found = {name for name in ("at_night", "overlapping") if getattr(line, name)}
    found |= {n for n in ("flagged", "rejected") if getattr(line, n) > _MUCH * getattr(team, n) > 0}
    if line.minutes is not None and team.minutes and line.minutes < _SHORT * team.minutes:
        found.add("minutes")
    return frozenset(found)
