"""When a target is reached: by hand, and by laws that hold for every pace."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.interviews.forecast import Forecast, Outlook, forecast, working_day

TODAY = date(2014, 6, 18)  # a Wednesday
WEEKDAYS = [date(2014, 6, day) for day in (9, 10, 11, 12, 13, 16, 17)]  # the seven before it
SATURDAY = date(2014, 6, 14)


def at_pace(*counts: int, target: int = 100) -> Forecast:
    return forecast(dict(zip(WEEKDAYS, counts, strict=False)), target, TODAY)


def test_steady_pace_ends_after_as_many_working_days_as_are_left() -> None:
    found = at_pace(*[10] * 7, target=100)

    # Thirty are left: Thursday, Friday and, over the weekend, Monday.
    assert (found.outlook, found.per_day) == (Outlook.SAID, 10)
    assert found.ends_on == date(2014, 6, 23)


def test_interval_is_students_with_at_least_the_spread_of_a_count() -> None:
    found = at_pace(*[10] * 7, target=100)

    # 10 ± 2.447 × √(10 / 7) is 7.08 to 12.92 a day: 3 working days, or 5.
    assert found.earliest == date(2014, 6, 23)
    assert found.latest == date(2014, 6, 25)


def test_uneven_days_have_a_wider_interval_than_even_ones() -> None:
    even, uneven = at_pace(*[4] * 7, target=60), at_pace(8, 0, 8, 0, 4, 8, 0, target=60)

    assert even.per_day == uneven.per_day == 4
    assert even.latest is not None
    assert uneven.latest is None or uneven.latest > even.latest


def test_weekend_counts_for_the_friday_before() -> None:
    on_friday = forecast(dict.fromkeys(WEEKDAYS, 6), 90, TODAY)
    moved = dict.fromkeys(WEEKDAYS, 6) | {date(2014, 6, 13): 0, SATURDAY: 6}

    assert forecast(moved, 90, TODAY) == on_friday
    assert working_day(SATURDAY) == working_day(date(2014, 6, 15)) == date(2014, 6, 13)


def test_days_before_the_first_interview_do_not_slow_the_pace() -> None:
    found = forecast({WEEKDAYS[-1]: 5, WEEKDAYS[-2]: 5, WEEKDAYS[-3]: 5}, 100, TODAY)

    assert found.per_day == 5


def test_today_is_counted_as_done_but_not_as_a_day_of_the_pace() -> None:
    by_day = dict.fromkeys(WEEKDAYS, 10)

    with_today = forecast({**by_day, TODAY: 10}, 100, TODAY)
    assert with_today.per_day == 10
    assert with_today.ends_on == date(2014, 6, 20)


def test_cannot_be_said_from_two_days_or_four_interviews() -> None:
    assert forecast({WEEKDAYS[-1]: 9, WEEKDAYS[-2]: 9}, 100, TODAY).outlook == Outlook.TOO_FEW
    assert at_pace(0, 0, 0, 1, 1, 1, 1).outlook == Outlook.TOO_FEW
    assert at_pace(0, 0, 0, 1, 1, 1, 2).outlook == Outlook.SAID
    assert forecast({TODAY: 50}, 100, TODAY).outlook == Outlook.TOO_FEW


def test_nothing_done_nothing_lately_everything_done_and_far_away_are_told_apart() -> None:
    long_ago = {TODAY - timedelta(days=90): 40}

    assert forecast({}, 100, TODAY).outlook == Outlook.NOT_BEGUN
    assert forecast(long_ago, 100, TODAY) == Forecast(Outlook.STOPPED, 0.0)
    assert forecast(long_ago, 40, TODAY) == Forecast(Outlook.DONE)
    assert at_pace(*[1] * 7, target=600).outlook == Outlook.TOO_FAR


calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
COUNTS = st.dictionaries(
    st.integers(0, 20).map(lambda back: TODAY - timedelta(days=back)), st.integers(0, 40)
)


@calmly
@given(COUNTS, st.integers(1, 2_000))
def test_end_lies_within_its_interval_and_on_a_working_day(
    by_day: dict[date, int], target: int
) -> None:
    found = forecast(by_day, target, TODAY)

    if found.ends_on is None:
        assert found.outlook != Outlook.SAID
        return
    assert found.earliest is not None
    assert TODAY <= found.earliest <= found.ends_on <= (found.latest or date.max)
    assert found.ends_on == working_day(found.ends_on)


@calmly
@given(COUNTS, st.integers(1, 1_000), st.integers(1, 50))
def test_higher_target_never_ends_sooner(by_day: dict[date, int], target: int, more: int) -> None:
    near, far = forecast(by_day, target, TODAY), forecast(by_day, target + more, TODAY)

    if near.ends_on and far.ends_on:
        assert near.ends_on <= far.ends_on
