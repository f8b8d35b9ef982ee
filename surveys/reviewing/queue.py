"""The records that wait for a reviewer: which, in what order, and the next one after this."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, QueryDict

from backend.accounts.models import User
from backend.pagination import Page, column_key, page_of
from backend.problems import Problem
from backend.said import Said
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.datasets.tables import find_form
from surveys.households.models import Membership
from surveys.places.models import Place
from surveys.places.naming import name_at
from surveys.privacy.access import rows_for
from surveys.privacy.flags import flags_for
from surveys.submissions.models import Submission

RECORDS_A_PAGE = 50
State = Submission.ReviewState
WAITING = "waiting"  # for a reviewer: new, or edited
_STATES = {WAITING: (State.RECEIVED, State.EDITED), **{s.value: (s,) for s in State}}
_SHOWN = (
    *("id", "received_at", "instance_id", "form__form_id", "form__title", "household_id"),
    *("place__code", "submission__review_state"),
)


@dataclass(frozen=True, slots=True)
class Queue:
    """What a reviewer asked to see. `flag`: "" for all, "any", "none", or one code."""

    user: User
    state: str = WAITING
    form: str = ""
    place: str = ""
    flag: str = ""
    newest_first: bool = False

    @property
    def query(self) -> str:
        """The words of the address that ask for this queue again."""
        order = "newest" if self.newest_first else "oldest"
        words = {"queue": self.state, "form": self.form, "place": self.place, "flag": self.flag}
        return urlencode({**{k: v for k, v in words.items() if v}, "order": order})

    def rows(self) -> QuerySet[CleanRow]:
        """Raises `Problem`: `not_found` for a form, `place_unknown`."""
        rows = CleanRow.objects.filter(
            rows_for(self.user), repeat="", submission__review_state__in=_STATES[self.state]
        )
        if self.form:
            rows = rows.filter(form=find_form(self.form))
        if self.place:
            below = Place.objects.at_or_below(Place.objects.find(self.place))
            rows = rows.filter(place__in=below.values("pk"))
        return rows.filter(self._flagged()) if self.flag else rows

    def _flagged(self) -> Q:
        flags = QualityFlag.objects.filter(
            flags_for(self.user), submission=OuterRef("submission"), settled_at=None
        )
        if self.flag not in {"any", "none"}:
            flags = flags.filter(code=self.flag)
        return ~Q(Exists(flags)) if self.flag == "none" else Q(Exists(flags))

    def after(self, record: CleanRow, *, back: bool = False) -> CleanRow | None:
        """The next one in the queue, whether the record is still in it or not; or the one before.

        Found by the time of arrival, so that a decision never loses the place.
        """
        later = self.newest_first == back
        side = "gt" if later else "lt"
        beyond = Q(**{f"received_at__{side}": record.received_at}) | Q(
            received_at=record.received_at, **{f"pk__{side}": record.pk}
        )
        order = ("received_at", "pk") if later else ("-received_at", "-pk")
        return self.rows().filter(beyond).select_related("form").order_by(*order).first()


def queue_of(user: User, query: QueryDict) -> Queue:
    """The queue an address asks for. Raises `Problem("value_invalid")`."""
    state = query.get("queue", "") or WAITING
    if state not in _STATES:
        raise Problem(
            "value_invalid",
            field="queue",
            reason=Said("one of {allowed}", allowed=", ".join(_STATES)),
        )
    words = {name: query.get(name, "") for name in ("form", "place", "flag")}
    for name, word in words.items():
        if "\0" in word:
            raise Problem("value_invalid", field=name, reason=Said("holds a NUL character"))
    newest = query.get("order", "") == "newest"
    return Queue(user, state=state, newest_first=newest, **words)


def queue_page(queue: Queue, request: HttpRequest) -> Page:
    """One page; each row with its card number and how many open flags it has.

    Raises `Problem` as `Queue.rows` does, and `cursor_invalid`.
    """
    page = page_of(
        queue.rows(),
        [
            column_key("received_at", "received_at", descending=queue.newest_first),
            column_key("id", "id", descending=queue.newest_first),
        ],
        lambda ids: _lines(queue.user, ids),
        request=request,
        list_name=f"review {queue.query}",
        size=RECORDS_A_PAGE,
    )
    cards = _cards({row["household_id"] for row in page.rows})
    for row in page.rows:
        row["card"] = cards.get(row["household_id"], "")
    return page


def _lines(user: User, ids: list[Any]) -> Iterable[dict[str, Any]]:
    told = flags_for(user, "submission__flags__")
    unsettled = Count("submission__flags", filter=Q(submission__flags__settled_at=None) & told)
    rows = CleanRow.objects.filter(pk__in=ids).annotate(flags=unsettled)
    return list(rows.values(*_SHOWN, "flags", place_name=name_at("place")))


def _cards(households: set[Any]) -> dict[Any, str]:
    cards = Membership.objects.cards(households - {None})
    return {household: numbers[0] for household, numbers in cards.items()}
