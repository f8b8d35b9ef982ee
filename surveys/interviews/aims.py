"""round_progress: how far the rounds are that have targets, as far as a user sees their places."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Q, Window
from django.db.models.functions import Coalesce, RowNumber, TruncDate
from django.utils import timezone

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.interviews.models import RoundTarget
from surveys.interviews.progress import Aim, Done, Progress, progress_of
from surveys.interviews.reading import TURNED_DOWN
from surveys.places.models import Place
from surveys.places.naming import in_tree, name_of
from surveys.privacy.access import places_for, rows_for
from surveys.rounds.models import Round

# Django has no sum over what it filtered by a window; the columns are named here, not by it.
_ADDED_UP = (
    "SELECT round_id, path, day, count(*) FROM ({}) AS first (round_id, path, day)"
    " GROUP BY round_id, path, day"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of progress with its round and its place; no place is the whole round."""

    round: Round
    place: Place | None
    name: str  # of the place, in the reader's language
    progress: Progress

    @property
    def is_late(self) -> bool:
        """Whether the forecast lies after the round's last day."""
        ends, last = self.progress.forecast.ends_on, self.round.closes_on
        return ends is not None and last is not None and ends > last


def round_progress(user: User, now: datetime) -> list[Line]:
    """Rounds that have begun, those that are open first; a fixed number of queries.

    A household counts on the day of its first interview of the round that was not rejected or sent
    back, with whatever form of the round.
    """
    targets = _targets(user, timezone.localdate(now))
    places = _today([t.place_id for t in targets])
    rounds = {target.round.code: target.round for target in targets}
    aims = [Aim(t.round.code, places[t.place_id].path, t.households) for t in targets]
    done = _done(user, list(rounds.values()), now) if aims else ()
    by_path = {place.path: place for place in places.values()}
    found = progress_of(aims, done, timezone.localdate(now))
    lines = [_line(rounds[each.round], by_path.get(each.path), each) for each in found]
    order = {place.pk: at for at, place in enumerate(in_tree(by_path.values()), start=1)}
    return sorted(lines, key=lambda line: _order(line, order))


def _order(line: Line, places: Mapping[int, int]) -> tuple[bool, str, int]:
    """The whole of a round before its places."""
    at = places[line.place.pk] if line.place else 0
    return line.round.is_closed, line.round.code, at


def _line(round_: Round, place: Place | None, progress: Progress) -> Line:
    return Line(round_, place, name_of(place) if place else "", progress)


def _targets(user: User, today: date) -> list[RoundTarget]:
    """What a person of some places sees in part only is not theirs to follow."""
    begun = Q(round__opens_on=None) | Q(round__opens_on__lte=today)
    targets = RoundTarget.objects.filter(begun).select_related("round", "round__survey")
    theirs = places_for(user)
    if theirs is not None:
        now = _today([target.place_id for target in targets])
        seen = set(theirs.values_list("pk", flat=True))
        return [t for t in targets if t.place_id in seen or now[t.place_id].pk in seen]
    return list(targets)


def _today(places: Collection[int]) -> dict[int, Place]:
    """By key, what these are today; without outlines, which are long."""
    return Place.objects.defer("boundary").filter(pk__in=places).today()


def _done(user: User, rounds: Sequence[Round], now: datetime) -> Iterator[Done]:
    """Each household once a round, added up by place and day of its first interview."""
    codes = {round_.pk: round_.code for round_ in rounds}
    zone = timezone.get_current_timezone()
    first = (
        CleanRow.objects.filter(rows_for(user), repeat="", form__round__in=rounds)
        .exclude(submission__review_state__in=TURNED_DOWN)
        .annotate(
            home=Coalesce("household_id", "record_id"), at=Coalesce("submitted_at", "received_at")
        )
        .filter(at__lte=now)
        .annotate(
            nth=Window(RowNumber(), partition_by=["form__round_id", "home"], order_by="at"),
            day=TruncDate("at", tzinfo=zone),
        )
        .filter(nth=1)
        .values_list("form__round_id", "place__path", "day")
    )
    sql, params = first.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_ADDED_UP.format(sql), params)
        for round_id, path, day, households in cursor:
            yield Done(codes[round_id], path or "", day, households)
