"""Whether the family agreed. Pure."""

from collections.abc import Iterator

from surveys.quality.checks.timing import NoLimits
from surveys.quality.facts import NO, SERVICE, YES, Finding, Record

# Answers that only an interview gives.
ASKED = ("card_no", "hh_size", "hh_size_now", "head_sex", "head_sex_now", "income_sources")


def consent_missing(record: Record, limits: NoLimits) -> Iterator[Finding]:
    """An interview without an answer to the question whether it may take place."""
    if record.form != SERVICE and not record.code("consent") and _asked(record):
        yield Finding(record.id, "consent")


def consent_contradicted(record: Record, limits: NoLimits) -> Iterator[Finding]:
    """The family said no, and was interviewed."""
    if record.code("consent") == NO and _asked(record):
        yield Finding(record.id, "consent", measure={"answers": _asked(record)})


def not_in_private(record: Record, limits: NoLimits) -> Iterator[Finding]:
    """Others listened, and legal help was spoken of (ethics of interviewing women at home)."""
    if record.code("private") == NO and record.answers.get("legal_need"):
        yield Finding(record.id, "private")


def call_unsafe(record: Record, limits: NoLimits) -> Iterator[Finding]:
    """A phone was taken down without asking whether it is safe to call it."""
    if record.code("phone") and record.code("safe_call") not in {YES, NO}:
        yield Finding(record.id, "safe_call")


def _asked(record: Record) -> int:
    return sum(record.answers.get(name) is not None for name in ASKED)
