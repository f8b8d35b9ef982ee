"""Each quality check finds what it is for, and nothing in a good record."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from surveys.cleaning.answers import make_plan, read_answers
from surveys.cleaning.checks import OLD_AFTER, Checked, Lifetimes, run_checks, submitted_at
from tests.surveys.household_forms import REGISTRATION, registration

ROOT = Path(__file__).resolve().parents[3]
PLAN = make_plan(REGISTRATION)
RECEIVED = datetime(2026, 6, 4, tzinfo=UTC)
GOOD = Checked(
    schema=REGISTRATION,
    answers=read_answers(etree.fromstring(registration("uuid:1")), PLAN),
    received_at=RECEIVED,
)


def codes(checked: Checked) -> list[str]:
    return [flag.code for flag in run_checks(checked)]


def with_answers(inside: str) -> Checked:
    return replace(GOOD, answers=read_answers(etree.fromstring(f"<data>{inside}</data>"), PLAN))


def test_good_record_has_no_flags() -> None:
    assert codes(GOOD) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version_known": False}, "version_unknown"),
        ({"encrypted": True}, "encrypted"),
        ({"edit_conflict": True}, "edit_conflict"),
        ({"inside_round": False}, "outside_round"),
        ({"received_at": datetime(2026, 6, 1, tzinfo=UTC)}, "clock_ahead"),
    ],
)
def test_check_finds_what_it_is_for(change: dict[str, object], code: str) -> None:
    assert set(codes(replace(GOOD, **change))) == {code}


@pytest.mark.parametrize(
    ("life", "found"),
    [
        (Lifetimes(round_closed_at=RECEIVED), {"round_closed"}),
        (Lifetimes(round_closed_at=RECEIVED + timedelta(seconds=1)), set()),
        (
            Lifetimes(round_closed_at=datetime(2026, 6, 3, 3, 40, tzinfo=UTC)),
            {"round_closed", "collected_after_close"},
        ),
        (Lifetimes(round_opened_at=RECEIVED), set()),
        (Lifetimes(round_opened_at=RECEIVED + timedelta(seconds=1)), {"round_not_open"}),
        (Lifetimes(form_retired_at=RECEIVED), {"form_retired"}),
        (Lifetimes(version_retired_at=RECEIVED), {"version_retired"}),
        (Lifetimes(version_retired_at=RECEIVED + timedelta(seconds=1)), set()),
        (Lifetimes(version_replaced_at=RECEIVED - OLD_AFTER), {"version_old"}),
        (Lifetimes(version_replaced_at=RECEIVED), set()),
    ],
)
def test_what_comes_late_is_flagged(life: Lifetimes, found: set[str]) -> None:
    assert set(codes(replace(GOOD, lifetimes=life))) == found


def test_merged_place_is_flagged_at_its_question() -> None:
    checked = replace(GOOD, merged=("place/district",))
    assert [(f.code, f.path) for f in run_checks(checked)] == [("place_merged", "place/district")]


def test_file_that_has_not_arrived_is_flagged_at_its_question() -> None:
    checked = with_answers("<photo>a.jpg</photo>")
    assert [(f.code, f.path) for f in run_checks(checked)] == [("attachment_missing", "photo")]
    assert codes(replace(checked, files=frozenset({"a.jpg"}))) == []


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("1970-01-01T00:00:00Z", "2026-06-03T10:00:00Z", "clock_early"),
        ("2026-06-03T10:00:00Z", "2026-06-03T09:59:59Z", "clock_backwards"),
    ],
)
def test_odd_clock_is_flagged(start: str, end: str, code: str) -> None:
    assert codes(with_answers(f"<start>{start}</start><end>{end}</end>")) == [code]


@pytest.mark.parametrize("card", ["KG", "KG-1-2", "нет"])
def test_card_with_too_few_digits_is_flagged(card: str) -> None:
    assert codes(with_answers(f"<place><card_no>{card}</card_no></place>")) == ["card_malformed"]


def test_record_was_submitted_at_its_end_or_else_its_start() -> None:
    start, end = "2026-06-03T09:00:00Z", "2026-06-03T10:00:00Z"
    both = with_answers(f"<start>{start}</start><end>{end}</end>")
    assert submitted_at(both.answers) == datetime(2026, 6, 3, 10, tzinfo=UTC)
    started = with_answers(f"<start>{start}</start>")
    assert submitted_at(started.answers) == datetime(2026, 6, 3, 10, tzinfo=UTC) - timedelta(
        hours=1
    )
    assert submitted_at(with_answers("<end>soon</end>").answers) is None


def test_every_code_is_explained_to_those_who_settle_flags() -> None:
    folder = ROOT / "surveys" / "cleaning"
    source = "".join((folder / f"{n}.py").read_text() for n in ("coerce", "answers", "checks"))
    codes = set(re.findall(r'Flag\("(\w+)"|^[A-Z_]+ = "(\w+)"$', source, re.M))
    page = (ROOT / "docs" / "data-quality.md").read_text()
    named = {code for pair in codes for code in pair if code}
    assert len(named) >= 13
    assert [code for code in sorted(named) if f"| `{code}` |" not in page] == []
