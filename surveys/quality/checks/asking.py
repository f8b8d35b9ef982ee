"""How long the questions were on the screen, by the tablet's own log. Pure.

At night only: the logs are read then. A record without a log is passed over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from surveys.quality.facts import Finding, Record
from surveys.quality.grouping import by_key, median_of

AUDIT = "audit"  # the question that holds the log


@dataclass(frozen=True, slots=True)
class Fast:
    """Percent of the questions seen that were seen for less than so many seconds in all."""

    seconds: float = 2
    percent: float = 40
    least_questions: float = 20


@dataclass(frozen=True, slots=True)
class Active:
    """Percent of the median of all interviews on the form in the country."""

    percent: float = 40
    least_interviews: float = 10


@dataclass(frozen=True, slots=True)
class LongPause:
    minutes: float = 60


def too_fast_questions(records: Sequence[Record], limits: Fast) -> Iterator[Finding]:
    """Too many questions were passed faster than anybody reads them out."""
    for record in records:
        if record.timing is None or not record.interviewed:
            continue
        seconds = record.timing.visits.values()
        fast = sum(each < limits.seconds for each in seconds)
        percent = round(100 * fast / len(seconds), 1) if seconds else 0.0
        if len(seconds) >= limits.least_questions and percent > limits.percent:
            bounds = {"most": limits.percent, "seconds": limits.seconds}
            measure = {"percent": percent, "of": len(seconds)}
            yield Finding(record.id, AUDIT, measure=measure, bounds=bounds)


def active_too_short(records: Sequence[Record], limits: Active) -> Iterator[Finding]:
    """Far less time on the screen than the team needs: a form left open hides it from the clock."""
    timed = [r for r in records if r.timing is not None and r.interviewed]
    for group in by_key(timed, lambda r: (r.form, r.country)).values():
        active = [r.timing.active for r in group if r.timing is not None]
        usual = median_of(active)
        if len(group) < limits.least_interviews:
            continue
        for record, seconds in zip(group, active, strict=True):
            if seconds < usual * limits.percent / 100:
                measure = {"minutes": round(seconds / 60, 1)}
                bounds = {"usual": round(usual / 60, 1), "of": len(group)}
                yield Finding(record.id, AUDIT, measure=measure, bounds=bounds)


def long_pause(records: Sequence[Record], limits: LongPause) -> Iterator[Finding]:
    """The form was left and taken up again much later, perhaps without the family."""
    for record in records:
        if record.timing is None:
            continue
        minutes = round(record.timing.longest_pause / 60, 1)
        if minutes > limits.minutes:
            yield Finding(
                record.id, AUDIT, measure={"minutes": minutes}, bounds={"most": limits.minutes}
            )
