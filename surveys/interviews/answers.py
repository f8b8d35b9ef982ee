"""The field board as data: what the page shows and the API tells."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from backend.accounts.models import User
from backend.problems import Problem
from backend.said import Said
from surveys.datasets.tables import find_form
from surveys.interviews.aims import Line, round_progress
from surveys.interviews.figures import Board, board_of
from surveys.interviews.figures import Line as EnumeratorLine
from surveys.interviews.reading import interviews_of, last_day
from surveys.interviews.tablets import Tablet, tablets_for
from surveys.places.models import Place
from surveys.places.naming import name_order, names_of
from surveys.xforms.models import Form

SPANS = (7, 14, 28)  # days


@dataclass(frozen=True, slots=True)
class District:
    """Interviews in a district; `code` is "" for records that name none."""

    code: str
    name: str
    interviews: int


@dataclass(frozen=True, slots=True)
class Field:
    """All of the board, for one person."""

    form: Form | None
    span: int
    as_of: datetime
    board: Board
    districts: Sequence[District]
    progress: Sequence[Line]
    tablets: Sequence[Tablet]

    @property
    def troubled(self) -> list[Tablet]:
        return [tablet for tablet in self.tablets if tablet.is_troubled]

    @property
    def untroubled(self) -> list[Tablet]:
        return [tablet for tablet in self.tablets if not tablet.is_troubled]


def field_of(user: User, query: Mapping[str, str]) -> Field:
    """`query` has `days` and `form`. A fixed number of queries.

    Raises `Problem`: `value_invalid` for days nobody offers, `not_found` for a form.
    """
    span = _span(query.get("days", ""))
    form = find_form(query["form"]) if query.get("form") else None
    now, zone = timezone.now(), timezone.get_current_timezone()
    last = last_day(user, form, now)
    days = [last - timedelta(days=back) for back in reversed(range(span))]
    board = board_of(interviews_of(user, days, form), days, zone)
    return Field(
        form, span, now, board, _districts(board), round_progress(user, now), tablets_for(user)
    )


def _span(text: str) -> int:
    if not text:
        return SPANS[0]
    if text not in map(str, SPANS):
        reason = Said("one of {allowed}", allowed=", ".join(map(str, SPANS)))
        raise Problem("value_invalid", field="days", reason=reason)
    return int(text)


def _districts(board: Board) -> list[District]:
    """The most interviews first; those without a district last."""
    names = names_of(Place.objects.filter(code__in=list(board.districts)))
    found = [District(code, names.get(code, ""), n) for code, n in board.districts.items()]
    return sorted(found, key=lambda each: (not each.code, -each.interviews, name_order(each.name)))


def field_json(field: Field) -> dict[str, Any]:
    """The answer of `field/`."""
    board = field.board
    return {
        "as_of": field.as_of,
        "form_id": field.form.form_id if field.form else None,
        "days": list(board.days),
        "team": _line_json(board.team),
        "enumerators": [_line_json(line) for line in board.lines],
        "districts": [
            {"code": each.code or None, "name": each.name, "interviews": each.interviews}
            for each in field.districts
        ],
        "progress": [progress_json(line) for line in field.progress],
        "tablets": [asdict(tablet) for tablet in field.tablets],
    }


def _line_json(line: EnumeratorLine) -> dict[str, Any]:
    return {**asdict(line), "stands_out": sorted(line.stands_out)}


def progress_json(line: Line) -> dict[str, Any]:
    found, ahead = line.progress, line.progress.forecast
    last: date | None = line.round.closes_on
    return {
        "round": line.round.code,
        "place": line.place.code if line.place else None,
        "name": line.name,
        "target": found.target,
        "done": found.done,
        "left": found.left,
        "elsewhere": found.elsewhere,
        "closes_on": last,
        "forecast": {
            **asdict(ahead),
            "outlook": ahead.outlook.value,
            "after_last_day": line.is_late,
        },
    }
