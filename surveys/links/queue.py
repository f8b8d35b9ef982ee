"""The cases that wait for a person: which, in what order, and the one after this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.problems import Problem
from backend.said import Said
from surveys.households.models import Membership
from surveys.links.cases import Case, open_cases
from surveys.links.chosen import chosen_codes, places_below
from surveys.links.models import CaseClaim
from surveys.links.words import VETOES
from surveys.places.models import Place

CASES_A_PAGE = 25
ORDERS = {"weight": _("surest first"), "age": _("oldest first"), "place": _("by place")}
STATES = {"waiting": _("waiting"), "later": _("put off"), "mine": _("open with me")}
_FURTHEST = "\U0010ffff"  # cases without a place come last


@dataclass(frozen=True, slots=True)
class CaseQueue:
    """What someone asked to see. `places`: codes; `veto`: a code; `brake`: a key, or "any"."""

    user: User
    state: str = "waiting"
    order: str = "weight"
    places: tuple[str, ...] = ()
    veto: str = ""
    brake: str = ""

    @property
    def query(self) -> str:
        """The words of the address that ask for this queue again."""
        names = ("state", "order", "veto", "brake")
        words = {name: value for name in names if (value := getattr(self, name))}
        return urlencode({**words, "place": self.places}, doseq=True)

    @property
    def narrowed(self) -> bool:
        return bool(self.places or self.veto or self.brake or self.state != "waiting")


@dataclass(frozen=True, slots=True)
class Waiting:
    """The cases of a queue in its order, and what else there is."""

    cases: Sequence[Case]
    elsewhere: int  # touch a record that this reader may not see
    taken: int  # somebody else has them open
    put_off: int

    def around(self, pk: int) -> tuple[Case | None, Case | None]:
        """The case before this one, and the one after it."""
        at = next((i for i, case in enumerate(self.cases) if pk in case.keys), None)
        if at is None:
            return None, self.cases[0] if self.cases else None
        before = self.cases[at - 1] if at else None
        after = self.cases[at + 1] if at + 1 < len(self.cases) else None
        return before, after


@dataclass(frozen=True, slots=True)
class Fitting:
    """The cases that fit a queue, in no order; of `own` the reader may see all records."""

    own: Sequence[Case]
    taken: frozenset[int]  # addresses of those that somebody else has open
    mine: set[int]  # candidates that the reader has open
    elsewhere: int  # how many fit that touch a record this reader may not see
    paths: Mapping[int, str]


def queue_of(user: User, query: QueryDict) -> CaseQueue:
    """The queue an address asks for. Raises `Problem("value_invalid")`."""
    words = {name: query.get(name, "") for name in ("state", "order", "veto", "brake")}
    places = chosen_codes(query)
    for name, word in (*words.items(), *(("place", code) for code in places)):
        if "\0" in word:
            raise Problem("value_invalid", field=name, reason=Said("holds a NUL character"))
    for name, known in (("state", STATES), ("order", ORDERS), ("veto", VETOES)):
        if words[name] and words[name] not in known:
            raise Problem(
                "value_invalid",
                field=name,
                reason=Said("one of {allowed}", allowed=", ".join(known)),
            )
    if words["brake"] not in ("", "any") and not words["brake"].isdecimal():
        raise Problem("value_invalid", field="brake", reason=Said("the number of a brake, or any"))
    given: dict[str, Any] = {name: word for name, word in words.items() if word}
    return CaseQueue(user, places=places, **given)


def waiting_cases(queue: CaseQueue) -> Waiting:
    """A fixed number of queries, however many wait. Raises `Problem("place_unknown")`."""
    found = fitting_cases(queue)
    free = [case for case in found.own if case.pk not in found.taken]
    shown = {
        "waiting": [case for case in free if not case.later],
        "later": [case for case in free if case.later],
        "mine": [case for case in free if not found.mine.isdisjoint(case.keys)],
    }[queue.state]
    return Waiting(
        _ordered(queue, shown, found.paths),
        elsewhere=found.elsewhere,
        taken=len(found.taken),
        put_off=sum(case.later for case in free),
    )


def fitting_cases(queue: CaseQueue) -> Fitting:
    """The cases of a queue in whatever state. Raises `Problem("place_unknown")`."""
    paths = _paths(queue)
    taken, mine = _claims(queue.user)
    asked = [case for case in open_cases(queue.user) if _fits(queue, case, paths)]
    own = [case for case in asked if not case.hidden]
    return Fitting(
        own,
        taken=frozenset(case.pk for case in own if not taken.isdisjoint(case.keys)),
        mine=mine,
        elsewhere=len(asked) - len(own),
        paths=paths,
    )


def queue_page(waiting: Waiting, number: str | None) -> Page[Case]:
    return Paginator(waiting.cases, CASES_A_PAGE).get_page(number)


def lines_of(page: Page[Case]) -> list[dict[str, Any]]:
    """The cases of a page with places and card numbers: two queries."""
    cases = list(page.object_list)
    places = Place.objects.defer("boundary").in_bulk({c.links[0].place_id for c in cases} - {None})
    cards = _cards({record for case in cases for record in case.records})
    return [
        {
            "case": case,
            "place": places.get(case.links[0].place_id),
            "cards": sorted({c for r in case.records if (c := cards.get(r))}),
        }
        for case in cases
    ]


def _cards(records: set[UUID]) -> dict[UUID, str]:
    named = Membership.objects.filter(pk__in=records).exclude(card="")
    return dict(named.values_list("pk", "card"))


def _paths(queue: CaseQueue) -> dict[int, str]:
    """Place → path: of those asked for, or of all where the order goes by it."""
    if not queue.places and queue.order != "place":
        return {}
    return dict(places_below(queue.places).values_list("pk", "path"))


def _claims(user: User) -> tuple[set[int], set[int]]:
    """Candidates that others have open now, and those that the user has."""
    open_now = CaseClaim.objects.filter(until__gt=timezone.now())
    rows = list(open_now.values_list("candidate_id", "by_id"))
    return {pk for pk, by in rows if by != user.pk}, {pk for pk, by in rows if by == user.pk}


def _fits(queue: CaseQueue, case: Case, paths: Mapping[int, str]) -> bool:
    if queue.places and not any(link.place_id in paths for link in case.links):
        return False
    if queue.veto and queue.veto not in case.vetoes:
        return False
    if queue.brake == "any":
        return bool(case.brakes)
    return not queue.brake or int(queue.brake) in case.brakes


def _ordered(queue: CaseQueue, cases: list[Case], paths: Mapping[int, str]) -> list[Case]:
    if queue.order == "age":
        return sorted(cases, key=lambda case: (case.since, case.pk))
    if queue.order == "place":
        return sorted(cases, key=lambda case: (_path(case, paths), -case.weight, case.pk))
    return sorted(cases, key=lambda case: (-case.weight, case.pk))


def _path(case: Case, paths: Mapping[int, str]) -> str:
    return paths.get(case.links[0].place_id or 0, _FURTHEST)
