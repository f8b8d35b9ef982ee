"""The quality checks over one submission: a function each, in one registry. Pure.

A check never stops a row: it yields flags that a person settles. To add one: a function here, its
test, and a line in docs/data-quality.md. What one answer alone shows (cannot be read, not in its
list) is found in `answers.py` while reading it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from surveys.cleaning.answers import Answers, Flag
from surveys.xforms.schema import Schema


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Until when things were in use, by the server's clock; None where they have no such end."""

    round_opened_at: datetime | None = None
    round_closed_at: datetime | None = None
    form_retired_at: datetime | None = None
    version_retired_at: datetime | None = None
    version_replaced_at: datetime | None = None  # when the next one was published

    def of_version(
        self, *, retired_at: datetime | None, replaced_at: datetime | None
    ) -> "Lifetimes":
        return replace(self, version_retired_at=retired_at, version_replaced_at=replaced_at)


@dataclass(frozen=True, slots=True)
class Checked:
    """One submission and what a check may need to know around it."""

    schema: Schema
    answers: Answers
    received_at: datetime
    version_known: bool = True
    encrypted: bool = False
    edit_conflict: bool = False
    inside_round: bool = True  # no place, or one of the communities of the form's round
    files: frozenset[str] = field(default_factory=frozenset)  # names that arrived
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    merged: tuple[str, ...] = ()  # paths of answers whose place was merged when they came


Check = Callable[[Checked], Iterator[Flag]]
CHECKS: list[Check] = []
PROGRAMME_BEGAN = datetime(2014, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(days=1)
OLD_AFTER = timedelta(days=30)  # a backlog of three weeks is ordinary


def run_checks(checked: Checked) -> list[Flag]:
    """The flags of reading and of every check, in a fixed order."""
    return [*checked.answers.flags, *(flag for check in CHECKS for flag in check(checked))]


def check(function: Check) -> Check:
    CHECKS.append(function)
    return function


@check
def version_unknown(checked: Checked) -> Iterator[Flag]:
    """A version we never published (openrosa.md S9): read by the newest one's schema."""
    if not checked.version_known:
        yield Flag("version_unknown")


@check
def encrypted(checked: Checked) -> Iterator[Flag]:
    """Only the sender's side can open it (S15): there are no answers to clean."""
    if checked.encrypted:
        yield Flag("encrypted")


@check
def edit_conflict(checked: Checked) -> Iterator[Flag]:
    """Two edits of the same edition (S14): the later one counts, a person should look."""
    if checked.edit_conflict:
        yield Flag("edit_conflict")


@check
def attachment_missing(checked: Checked) -> Iterator[Flag]:
    """A photo, recording or file that the answers name and that has not arrived (yet)."""
    for name, path in checked.answers.media.items():
        if name not in checked.files:
            yield Flag("attachment_missing", path)


@check
def outside_round(checked: Checked) -> Iterator[Flag]:
    """From a place that the form's round is not for."""
    if not checked.inside_round:
        yield Flag("outside_round")


@check
def late(checked: Checked) -> Iterator[Flag]:
    """What a tablet that was away could not know: taken like any other, for a person to see."""
    life, received_at = checked.lifetimes, checked.received_at
    if _passed(life.round_closed_at, received_at):
        yield Flag("round_closed")
    if _passed(life.round_closed_at, submitted_at(checked.answers)):
        yield Flag("collected_after_close")
    if life.round_opened_at and received_at < life.round_opened_at:
        yield Flag("round_not_open")
    if _passed(life.form_retired_at, received_at):
        yield Flag("form_retired")
    if _passed(life.version_retired_at, received_at):
        yield Flag("version_retired")
    if _passed(life.version_replaced_at, received_at - OLD_AFTER):
        yield Flag("version_old")


def _passed(end: datetime | None, at: datetime | None) -> bool:
    return end is not None and at is not None and at >= end


@check
def place_merged(checked: Checked) -> Iterator[Flag]:
    """The answer names a place that belongs to another today; the record was put there."""
    for path in checked.merged:
        yield Flag("place_merged", path)


@check
def card_malformed(checked: Checked) -> Iterator[Flag]:
    """A household card that is too short to tell two households apart."""
    for each in checked.schema.fields:
        text = checked.answers.root.verbatim.get(each.key) if each.role == "household_key" else None
        if text and sum(map(str.isdigit, text)) < 4:
            yield Flag("card_malformed", each.path)


@check
def clock_odd(checked: Checked) -> Iterator[Flag]:
    """The tablet's clock was reset by a power cut, ran ahead, or was set back during the visit."""
    start, end = (_moment(checked.answers, name) for name in ("start", "end"))
    for path, at in (("start", start), ("end", end)):
        if at is None:
            continue
        if at < PROGRAMME_BEGAN:
            yield Flag("clock_early", path)
        if at > checked.received_at + CLOCK_TOLERANCE:
            yield Flag("clock_ahead", path)
    if start and end and end < start:
        yield Flag("clock_backwards", "end")


def _moment(answers: Answers, key: str) -> datetime | None:
    value = answers.root.values.get(key)
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:  # a form may call any text question "end"
        return None
    return at if at is not None and at.tzinfo is not None else None


def submitted_at(answers: Answers) -> datetime | None:
    """When the form says it was finished, or else begun; by the tablet's clock."""
    return _moment(answers, "end") or _moment(answers, "start")
