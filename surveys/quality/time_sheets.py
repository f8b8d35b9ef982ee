"""time_sheets: when interviews began and how long questions took, in the report's workbook."""

from collections.abc import Iterable, Iterator

from backend.accounts.models import User
from surveys.datasets.files.sheets import Cell, Sheet, sheet_of_rows
from surveys.quality.reading import sees_everywhere, table, within_places
from surveys.quality.tables import HOURS, QUESTION_TIMES
from surveys.quality.time_use import HOURS_OF_A_DAY
from surveys.quality.time_use import Cell as HourCell
from surveys.quality.weeks import weeks_of

CLOCK = tuple(f"{hour:02}" for hour in range(HOURS_OF_A_DAY))


def time_sheets(user: User) -> Iterator[Sheet]:
    yield _time_use(user)
    yield _weeks(user)
    yield _question_times(user)


def _time_use(user: User) -> Sheet:
    rows = ([r["place"], r["day"], *r["hours"]] for r in within_places(user, table(HOURS), "place"))
    return sheet_of_rows("time use", ("district", "day", *CLOCK), rows)


def _weeks(user: User) -> Sheet:
    """Of each enumerator, and of everybody under "": a row a weekday, Monday is 1."""
    header = ("enumerator", "weekday", *CLOCK)
    rows = (
        [enumerator, weekday, *_counts(week.hours, day)]
        for enumerator, week in weeks_of(user)
        for weekday, day in enumerate(week.days, start=1)
    )
    return sheet_of_rows("time use by weekday", header, rows)


def _counts(hours: Iterable[int], day: Iterable[HourCell]) -> list[Cell]:
    counts = {hour: cell.count for hour, cell in zip(hours, day, strict=True)}
    return [counts.get(hour, 0) for hour in range(HOURS_OF_A_DAY)]


def _question_times(user: User) -> Sheet:
    """Seconds by question and enumerator (none: everybody): for who sees every place."""
    names = ("form", "name", "path", "enumerator", "interviews", "median", "least")
    rows = table(QUESTION_TIMES) if sees_everywhere(user) else []
    return sheet_of_rows("question timing", names, ([row[name] for name in names] for row in rows))
