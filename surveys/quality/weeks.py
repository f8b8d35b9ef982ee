"""use_lines and weeks_of: when interviews begin, as one user may see it."""

from collections import defaultdict
from collections.abc import Iterator

from backend.accounts.models import User
from surveys.quality.reading import Json, table, within_places
from surveys.quality.tables import TIME_USE
from surveys.quality.time_use import Week, week_of

EVERYBODY = ""


def use_lines(user: User) -> list[Json]:
    """By district and enumerator, of the districts that the user sees."""
    return within_places(user, table(TIME_USE), "place")


def weeks_of(user: User) -> Iterator[tuple[str, Week]]:
    """The week of everybody, under "", then that of each enumerator."""
    lines = use_lines(user)
    found: dict[str, list[Json]] = defaultdict(list)
    for line in lines:
        found[line["enumerator"]].append(line)
    yield EVERYBODY, week_of(lines)
    for enumerator in sorted(found.keys() - {EVERYBODY}):
        yield enumerator, week_of(found[enumerator])


def weeks_json(user: User) -> list[Json]:
    """A row for each weekday on which an enumerator, or "" for everybody, began interviews."""
    return [
        {
            "enumerator": enumerator,
            "weekday": weekday,
            "hours": {str(h): c.count for h, c in zip(week.hours, day, strict=True) if c.count},
        }
        for enumerator, week in weeks_of(user)
        for weekday, day in enumerate(week.days, start=1)
        if any(cell.count for cell in day)
    ]
