"""One household's records against each other, over forms and rounds. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from surveys.quality.checks.timing import NoLimits
from surveys.quality.facts import FOLLOWUP, REGISTRATION, SERVICE, Finding, Record
from surveys.quality.grouping import latest_by_home


@dataclass(frozen=True, slots=True)
class Before:
    """Days by which a service may lie before the registration."""

    days: float = 30


def service_before_registration(records: Sequence[Record], limits: Before) -> Iterator[Finding]:
    """Services are for registered households."""
    first = _registrations(records)
    for record in records:
        known = first.get(record.household) if record.form == SERVICE else None
        served, registered = _day(record, "service_date"), known and _day(known, "today")
        if known is None or served is None or not registered:
            continue
        days = (registered - served).days
        if days > limits.days:
            bounds = {"most": limits.days, "others": [str(known.id)]}
            yield Finding(record.id, "service_date", measure={"days": days}, bounds=bounds)


def person_not_listed(records: Sequence[Record], limits: NoLimits) -> Iterator[Finding]:
    """A line number that the family's list does not have."""
    first = _registrations(records)
    for record in records:
        line, known = record.number("person_line"), first.get(record.household)
        if record.form != SERVICE or known is None or not line or not known.members:
            continue
        if line > len(known.members):
            bounds = {"most": len(known.members), "others": [str(known.id)]}
            yield Finding(record.id, "person_line", measure={"line": line}, bounds=bounds)


def head_sex_changed(records: Sequence[Record], limits: NoLimits) -> Iterator[Finding]:
    """A new head is possible; a wrong household is likelier."""
    first = _registrations(records)
    for record in records:
        known = first.get(record.household)
        if record.form != FOLLOWUP or known is None:
            continue
        was, now = known.code("head_sex"), record.code("head_sex_now")
        if was and now and was != now:
            measure, bounds = {"was": was, "now": now}, {"others": [str(known.id)]}
            yield Finding(record.id, "head_sex_now", measure=measure, bounds=bounds)


def visited_before_registration(records: Sequence[Record], limits: NoLimits) -> Iterator[Finding]:
    first = _registrations(records)
    for record in records:
        known = first.get(record.household)
        if record.form != FOLLOWUP or known is None:
            continue
        visited, registered = _day(record, "today"), _day(known, "today")
        if visited and registered and visited < registered:
            measure = {"days": (registered - visited).days}
            bounds = {"others": [str(known.id)]}
            yield Finding(record.id, "today", measure=measure, bounds=bounds)


def _registrations(records: Sequence[Record]) -> "dict[object, Record]":
    return dict(latest_by_home(r for r in records if r.form == REGISTRATION and r.interviewed))


def _day(record: Record, name: str) -> date | None:
    try:
        return date.fromisoformat(record.code(name)[:10])
    except ValueError:
        return None
