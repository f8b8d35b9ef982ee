"""evaluate: checks over records; a check that breaks on a record does not stop the others. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from surveys.quality.catalog import ARRIVAL, Check
from surveys.quality.facts import Finding, Record


@dataclass(slots=True)
class Evaluation:
    """`found`: (code, finding); `broken`: code → the kind of error, for the log."""

    found: list[tuple[str, Finding]] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)


def evaluate(records: Sequence[Record], checks: Iterable[Check]) -> Evaluation:
    """Runs the checks that are on: those of one record over each, the others over all at once."""
    told = Evaluation()
    for check in checks:
        if check.enabled:
            told.found += ((check.code, finding) for finding in _findings(check, records, told))
    return told


def _findings(check: Check, records: Sequence[Record], told: Evaluation) -> Iterator[Finding]:
    if check.when != ARRIVAL:
        yield from _guarded(check, records, told)
        return
    for record in records:
        yield from _guarded(check, record, told)


def _guarded(check: Check, given: Record | Sequence[Record], told: Evaluation) -> Sequence[Finding]:
    try:
        return list(check.find(given, check.limits))
    except Exception as error:
        told.broken[check.code] = type(error).__name__
        return ()
