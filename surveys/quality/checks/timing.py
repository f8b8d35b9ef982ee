"""When and how long: length, night, Sunday, delay, and two interviews at once. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from surveys.quality.facts import FOLLOWUP, REGISTRATION, SERVICE, Finding, Record
from surveys.quality.grouping import by_enumerator

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shortest:
    """Minutes below which nobody can have asked it all."""

    registration: float = 15
    followup: float = 10
    service: float = 1


@dataclass(frozen=True, slots=True)
class Longest:
    minutes: float = 180


@dataclass(frozen=True, slots=True)
class Night:
    """Hours of the clock where the interview was."""

    since: float = 21
    until: float = 6


@dataclass(frozen=True, slots=True)
class NoLimits:
    """There is nothing to set."""


@dataclass(frozen=True, slots=True)
class Delay:
    days: float = 14


@dataclass(frozen=True, slots=True)
class Pause:
    """Minutes between the end of an interview and the beginning of the next one."""

    minutes: float = 2


def interview_short(record: Record, limits: Shortest) -> Iterator[Finding]:
    """Only of those who were interviewed: a refusal takes a minute."""
    least = {
        REGISTRATION: limits.registration,
        FOLLOWUP: limits.followup,
        SERVICE: limits.service,
    }.get(record.form, 0)
    minutes = _minutes(record)
    asked = record.interviewed or record.form == SERVICE
    if asked and minutes is not None and minutes < least:
        yield Finding(record.id, "end", measure={"minutes": minutes}, bounds={"least": least})


def interview_long(record: Record, limits: Longest) -> Iterator[Finding]:
    """The form was perhaps left open, or filled in twice."""
    if record.started is None or record.ended is None:
        return
    minutes = round((record.ended - record.started) / MINUTE, 1)
    if minutes > limits.minutes:
        yield Finding(
            record.id, "end", measure={"minutes": minutes}, bounds={"most": limits.minutes}
        )


def interview_at_night(record: Record, limits: Night) -> Iterator[Finding]:
    if record.started is None:
        return
    hour = record.started.hour
    if hour >= limits.since or hour < limits.until:
        bounds = {"since": limits.since, "until": limits.until}
        yield Finding(record.id, "start", measure={"hour": hour}, bounds=bounds)


def interview_on_sunday(record: Record, limits: NoLimits) -> Iterator[Finding]:
    if record.started is not None and record.started.isoweekday() == 7:
        yield Finding(record.id, "start", measure={"day": record.started.date().isoformat()})


def sent_late(record: Record, limits: Delay) -> Iterator[Finding]:
    """Days from the end of the interview to its arrival."""
    if record.ended is None or record.received is None:
        return
    days = round((record.received - record.ended) / DAY, 1)
    if days > limits.days:
        yield Finding(record.id, "end", measure={"days": days}, bounds={"most": limits.days})


def interviews_overlap(records: Sequence[Record], limits: NoLimits) -> Iterator[Finding]:
    """One that began before another by the same enumerator had ended: nobody asks two at once.

    Held against the one that ended last, so that a long one does not hide behind a short one.
    """
    for theirs in by_enumerator(records, timed=True).values():
        longest = theirs[0]
        for record in theirs[1:]:
            started, until = record.started, longest.ended
            if started and until and started < until and longest.lasted and record.lasted:
                minutes = round((until - started) / MINUTE, 1)
                others = {"others": [str(longest.id)]}
                yield Finding(record.id, "start", measure={"minutes": minutes}, bounds=others)
            if until is None or (record.lasted and record.ended and record.ended > until):
                longest = record


def pause_short(records: Sequence[Record], limits: Pause) -> Iterator[Finding]:
    """Between two households there is at least a gate to walk to."""
    for theirs in by_enumerator([r for r in records if r.interviewed], timed=True).values():
        for before, after in pairwise(theirs):
            if before.ended is None or after.started is None:
                continue
            minutes = round((after.started - before.ended) / MINUTE, 1)
            if 0 <= minutes < limits.minutes and before.household != after.household:
                bounds = {"least": limits.minutes, "others": [str(before.id)]}
                yield Finding(after.id, "start", measure={"minutes": minutes}, bounds=bounds)


def _minutes(record: Record) -> float | None:
    lasted = record.lasted
    return None if lasted is None else round(lasted / MINUTE, 1)
