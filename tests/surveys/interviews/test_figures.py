"""The field board's figures, from interviews alone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.interviews.figures import Board, Interview, board_of
from surveys.interviews.templatetags.interview_words import delay

DUSHANBE = ZoneInfo("Asia/Dushanbe")  # five hours ahead
MONDAY = date(2026, 5, 4)
WEEK = [MONDAY + timedelta(days=each) for each in range(7)]


def interview(
    enumerator: str = "E1",
    began: str = "2026-05-04T10:00",
    minutes: float = 40,
    *,
    late: float = 2,
    flagged: bool = False,
    rejected: bool = False,
) -> Interview:
    start = datetime.fromisoformat(began).replace(tzinfo=DUSHANBE)
    end = start + timedelta(minutes=minutes)
    return Interview(enumerator, start, end, end + timedelta(hours=late), flagged, rejected)


def board(*interviews: Interview) -> Board:
    return board_of(interviews, WEEK, DUSHANBE)


def test_interviews_count_on_the_day_where_they_were() -> None:
    late_evening = interview(began="2026-05-05T00:30")  # still Monday in Greenwich

    (line,) = board(interview(), interview(), late_evening).lines

    assert line.by_day == (2, 1, 0, 0, 0, 0, 0)
    assert line.interviews == 3


def test_other_days_are_left_out() -> None:
    assert board(interview(began="2026-05-03T10:00")).lines == ()


def test_interview_without_times_counts_on_the_day_it_came() -> None:
    came = datetime(2026, 5, 6, 9, tzinfo=UTC)

    (line,) = board(Interview("E1", None, None, came, False, False)).lines

    assert line.by_day[2] == 1
    assert (line.minutes, line.delay_hours) == (None, None)


def test_medians_leave_out_clocks_that_went_back_and_forms_left_open() -> None:
    back, open_for_days = interview(minutes=-30), interview(minutes=60 * 24)

    (line,) = board(interview(minutes=30), interview(minutes=50), back, open_for_days).lines

    assert line.minutes == 40


def test_delay_is_from_the_end_to_the_server_and_never_negative() -> None:
    (line,) = board(interview(late=5), interview(late=-1)).lines

    assert line.delay_hours == 2.5


@pytest.mark.parametrize(
    ("hours", "words"),
    [(None, "–"), (2.5, "2.5 h"), (47.4, "47 h"), (48.0, "2.0 d"), (109_654.0, "4,569 d")],
)
def test_long_time_to_arrive_is_told_in_days(hours: float | None, words: str) -> None:
    with translation.override("en"):
        assert delay(hours) == words


def test_two_interviews_at_once_and_at_night_are_counted() -> None:
    one, other = interview(minutes=40), interview(began="2026-05-04T10:30", minutes=40)
    night = interview(began="2026-05-04T21:00")

    found = board(one, other, night, interview("E2"))

    assert [(line.overlapping, line.at_night) for line in found.lines] == [(1, 1), (0, 0)]
    assert (found.team.overlapping, found.team.at_night) == (1, 1)


def test_a_line_stands_out_only_beside_a_team_and_with_enough_interviews() -> None:
    usual = [interview("E1", f"2026-05-0{4 + day}T10:00") for day in range(6)]
    hasty = [
        interview("E2", f"2026-05-0{4 + day}T10:00", minutes=9, flagged=True, rejected=True)
        for day in range(5)
    ]

    found = board(*usual, *usual, *hasty)
    few = board(*usual, *usual, *hasty[:4])

    assert [line.stands_out for line in found.lines] == [
        frozenset({"overlapping"}),
        frozenset({"minutes", "flagged", "rejected"}),
    ]
    assert few.lines[1].stands_out == frozenset()


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_shares_are_of_the_records(share: float) -> None:
    flagged = int(share * 4)
    (line,) = board(*(interview(flagged=each < flagged) for each in range(4))).lines

    assert line.flagged == share


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["E1", "E2", "E3"]),
            st.sampled_from(["2026-05-04T10:00", "2026-05-06T23:50", "2026-05-09T05:00"]),
            st.integers(-100, 2_000),
        ),
        max_size=8,
    )
)
def test_lines_add_up_to_the_team(told: list[tuple[str, str, int]]) -> None:
    found = board(*(interview(*each) for each in told))

    columns = zip(*(line.by_day for line in found.lines), strict=True)
    assert sum(line.interviews for line in found.lines) == found.team.interviews
    assert tuple(map(sum, columns)) == (found.team.by_day if found.lines else ())
    assert sum(line.overlapping for line in found.lines) == found.team.overlapping
