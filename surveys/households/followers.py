"""Records that name a household without registering one: services, follow-ups.

Which household that is, is a decision by the form: that of the entity it was filled for, or else
of the card it names, where one household only has that card. What a person decided goes before
both. They follow their registration wherever it goes.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Q

from backend.inserts import insert_rows
from surveys.cleaning.models import CleanRow
from surveys.households.log import append_decisions, decisions_about
from surveys.households.models import LinkDecision, Membership, MembershipQuerySet
from surveys.households.projection import DIFFERENT, SAME, Decided, pair_of, standing
from surveys.households.queue import look_again

Basis = Membership.Basis
FEW = 50
FACTS = ("household_id", "basis", "form_id", "registers", "card", "entity_id")


@dataclass(frozen=True, slots=True)
class Home:
    """Where a record belongs, why, and which registration it follows there."""

    household_id: UUID
    basis: str
    follows: UUID | None = None


class Named(Protocol):
    """What is asked of a claim and of a membership alike."""

    @property
    def record_id(self) -> Any: ...
    @property
    def card(self) -> Any: ...
    @property
    def entity_id(self) -> Any: ...


@dataclass(slots=True)
class _Said:
    """What persons decided of one such record: the registration it is of; households it is not."""

    same: Membership | None = None
    different: set[UUID] = field(default_factory=set)


def find_homes(named: Sequence[Named], *, known: Collection[UUID]) -> dict[UUID, Home]:
    """The households of records that register none.

    `known`: those that were here before, of which a person may have decided something.
    """
    if not named:
        return {}
    makers = _registrations().filter(entity_id__in={n.entity_id for n in named if n.entity_id})
    by_entity = {m.entity_id: m for m in makers.order_by("-record_id")}
    by_card = _sole_holders({n.card for n in named if n.card})
    said = _said_by_persons({n.record_id for n in named} & set(known))
    found: dict[UUID, Home] = {}
    for each in named:
        spoken = said.get(each.record_id) or _Said()
        offers = (
            (spoken.same, Basis.PERSON),
            (by_entity.get(each.entity_id), Basis.ENTITY),
            (by_card.get(each.card), Basis.CARD),
        )
        for there, basis in offers:
            if there and there.household_id and there.household_id not in spoken.different:
                found[each.record_id] = Home(there.household_id, basis, there.record_id)
                break
    return found


def _registrations() -> MembershipQuerySet:
    return Membership.objects.filter(registers=True, household__isnull=False)


def _sole_holders(cards: Collection[str]) -> dict[str, Membership]:
    """Card → its registration, where one household only has it: a card is typed wrong at times."""
    holders: dict[str, dict[UUID | None, Membership]] = defaultdict(dict)
    if cards:
        for each in _registrations().filter(card__in=cards).order_by("record_id"):
            holders[each.card].setdefault(each.household_id, each)
    return {card: next(iter(of.values())) for card, of in holders.items() if len(of) == 1}


def _said_by_persons(records: Collection[UUID]) -> dict[UUID, _Said]:
    if not records:
        return {}
    decided = [d for d in standing(decisions_about(records)).values() if d.source == "person"]
    ends = {end for each in decided for end in each.pair}
    there = _registrations().in_bulk(ends - set(records)) if ends else {}
    said: dict[UUID, _Said] = defaultdict(_Said)
    for each in sorted(decided, key=lambda each: each.number):
        for record, other in (each.pair, each.pair[::-1]):
            if record in records and other in there:
                _note(said[record], each, there[other])
    return said


def _note(said: _Said, decided: Decided, registration: Membership) -> None:
    if decided.verdict == SAME:
        said.same = registration
    elif decided.verdict == DIFFERENT and registration.household_id:
        said.different.add(registration.household_id)


def note_forms(found: Mapping[UUID, Home]) -> None:
    """What forms say of the household they were filled for, as decisions; each once."""
    pairs = {
        pair_of(record_id, home.follows)
        for record_id, home in found.items()
        if home.basis == Basis.ENTITY and home.follows
    }
    if not pairs:
        return
    form = LinkDecision.Source.FORM
    ends = {end for pair in pairs for end in pair}
    noted = LinkDecision.objects.filter(source=form, a__in=ends, b__in=ends)
    new = sorted(pairs - set(noted.values_list("a", "b")))
    same = LinkDecision.Verdict.SAME
    append_decisions([LinkDecision(a=a, b=b, verdict=same, source=form) for a, b in new])


def follow(changed: Iterable[Membership], *, now: datetime) -> None:
    """Records that came before their registration, or whose registration moved, follow it.

    Linkage looks at them again: they may contradict the household they are in now, or have none.
    """
    known = list(changed)
    if not known:
        return
    named = Q(card__in={m.card for m in known if m.card})
    named |= Q(entity_id__in={m.entity_id for m in known if m.entity_id})
    named |= Q(record_id__in=_decided_with({m.record_id for m in known}))
    earlier = list(Membership.objects.filter(named, registers=False).order_by("record_id"))
    homes = find_homes(earlier, known={m.record_id for m in earlier})
    moved = []
    for each in earlier:
        home = homes.get(each.record_id)
        there, basis = (home.household_id, home.basis) if home else (None, "")
        if (each.household_id, each.basis) != (there, basis):
            each.household_id, each.basis = there, basis
            moved.append(each)
    store_memberships(moved)
    place_rows(moved, now=now)
    note_forms(homes)
    look_again({each.record_id for each in moved} | _homeless(earlier))


def _homeless(followers: Sequence[Membership]) -> set[UUID]:
    """Those whose card yet another household has now; not a whole village's."""
    without = {each.record_id for each in followers if each.household_id is None}
    return without if len(without) <= FEW else set()


def _decided_with(records: Collection[UUID]) -> set[UUID]:
    """Records of which a person said that they are, or are not, of one of these registrations."""
    person = LinkDecision.objects.filter(source=LinkDecision.Source.PERSON)
    ends = person.filter(Q(a__in=records) | Q(b__in=records)).values_list("a", "b")
    return {end for pair in ends for end in pair}


def store_memberships(changed: Sequence[Membership]) -> None:
    insert_rows(changed, unique=("record_id",), update=FACTS)


def place_rows(moved: Sequence[Membership], *, now: datetime) -> None:
    """All rows of these records say the household they are in now."""
    by_home: dict[UUID | None, list[UUID]] = defaultdict(list)
    for each in moved:
        by_home[each.household_id].append(each.record_id)
    for household_id, records in sorted(by_home.items(), key=lambda each: str(each[0])):
        rows = CleanRow.objects.filter(record_id__in=records)
        rows.update(household_id=household_id, updated_at=now)
