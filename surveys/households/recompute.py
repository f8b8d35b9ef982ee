"""recompute: households as the log of decisions says, for some records and all that hang on them.

Membership, redirects, places and the state of candidates are a projection: computed again they are
the same. The caller holds the yards of these records (`locks.py`) and a transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from surveys.cleaning.models import CleanRow
from surveys.households.followers import follow, place_rows, store_memberships
from surveys.households.locks import hold_names, hold_yards
from surveys.households.log import decisions_among, reached_from
from surveys.households.models import CandidateLink, Household, Membership
from surveys.households.people import align_people
from surveys.households.projection import (
    DIFFERENT,
    SAME,
    Decided,
    Founded,
    Pair,
    Projection,
    project,
    standing,
)
from surveys.households.queue import yards_of
from surveys.households.women import settle_women
from surveys.places.tree import hold_tree

State = CandidateLink.State


def hold_records(records: Collection[UUID]) -> None:
    """Nobody links in the districts of these records, nor of all they may take along."""
    hold_tree()
    hold_yards(yards_of(reached_from(records)))


def recompute(records: Collection[UUID], *, now: datetime) -> set[UUID]:
    """Brings these records, and all that share decisions with them, to their households.

    Returns the records looked at. Households whose records changed are left `unsettled`: their
    entities and visits follow (`lifecycle/link.py`). Safe to run twice.
    """
    reached = reached_from(records)
    members = _registrations(reached)
    founded = _founded(reached)
    log = decisions_among(reached)
    projection = project(members.keys() & founded.keys(), list(founded.values()), log)
    home = projection.home
    moved = [m for r, m in members.items() if r in home and m.household_id != home[r]]
    touched = [m.household_id for m in moved]
    if moved:
        hold_names({name for m in moved for name in (m.card, str(m.entity_id or "")) if name})
    for each in moved:
        each.household_id = home[each.record_id]
    touched += [m.household_id for m in moved]
    store_memberships(moved)
    _lead(projection)
    place_rows(moved, now=now)
    follow(moved, now=now)
    _move_households(projection)
    _leave_unsettled({household for household in touched if household})
    align_people(reached, home, founded)
    settle_women(reached)
    settle_candidates(reached)
    return reached


def _registrations(records: Collection[UUID]) -> dict[UUID, Membership]:
    rows = Membership.objects.filter(registers=True, record_id__in=records).order_by("record_id")
    return {row.record_id: row for row in rows}


def _founded(records: Collection[UUID]) -> dict[UUID, Founded]:
    rows = Household.objects.filter(founder__in=records).order_by("pk")
    rows = rows.select_for_update(no_key=True)
    return {
        row.founder: Founded(row.founder, row.pk, row.created_at) for row in rows if row.founder
    }


def _lead(projection: Projection) -> None:
    """Writes the redirects that changed."""
    households = Household.objects.filter(pk__in=projection.leads_to)
    changed = [h for h in households if h.redirect_to_id != projection.leads_to[h.pk]]
    for each in changed:
        each.redirect_to_id = projection.leads_to[each.pk]
    if changed:
        Household.objects.bulk_update(changed, ["redirect_to"])


def _move_households(projection: Projection) -> None:
    """A household is where its latest registration says."""
    rows = CleanRow.objects.filter(pk__in=projection.home).order_by("received_at", "pk")
    places = {projection.home[pk]: place for pk, place in rows.values_list("pk", "place_id")}
    households = Household.objects.filter(pk__in=places)
    changed = [h for h in households if h.place_id != places[h.pk]]
    for each in changed:
        each.place_id = places[each.pk]
    if changed:
        Household.objects.bulk_update(changed, ["place"])


def _leave_unsettled(households: Collection[UUID]) -> None:
    if households:
        Household.objects.filter(pk__in=households).update(unsettled=True)


def settle_candidates(records: Collection[UUID]) -> None:
    """A candidate is open while its records are there, in two households, and no person has spoken
    of the pair, or called the two households different since it was found."""
    if not records:
        return
    candidates = list(
        CandidateLink.objects.filter(Q(a__in=records) | Q(b__in=records), decision="review")
    )
    if not candidates:
        return
    around = _around({end for each in candidates for end in (each.a, each.b)})
    changed = []
    for each in candidates:
        state = State.OPEN if around.is_open(each) else State.SETTLED
        if each.state != state:
            each.state = state
            changed.append(each)
    if changed:
        CandidateLink.objects.bulk_update(changed, ["state"])


@dataclass(slots=True)
class _Around:
    """What is known of the records of some candidates, and of the households they are in."""

    homes: dict[UUID, UUID | None]
    said: dict[Pair, Decided]  # by persons, of pairs of records
    apart: dict[frozenset[UUID | None], datetime]  # two households → when last called different

    def is_open(self, candidate: CandidateLink) -> bool:
        a, b = candidate.a, candidate.b
        if a not in self.homes or b not in self.homes:
            return False
        spoken = self.said.get((a, b))
        if spoken is not None and spoken.verdict in (SAME, DIFFERENT):
            return False
        if candidate.kind == CandidateLink.Kind.FORM:  # that it is there answers nothing
            return True
        if self.homes[a] == self.homes[b]:
            return False
        at = self.apart.get(frozenset((self.homes[a], self.homes[b])))
        return at is None or at < candidate.found_at


def _around(records: Collection[UUID]) -> _Around:
    own = dict(Membership.objects.filter(pk__in=records).values_list("pk", "household_id"))
    there = Membership.objects.filter(household__in=set(own.values()) - {None}, registers=True)
    homes: dict[UUID, UUID | None] = {**own, **dict(there.values_list("pk", "household_id"))}
    said = {p: d for p, d in standing(decisions_among(homes)).items() if d.source == "person"}
    apart: dict[frozenset[UUID | None], datetime] = {}
    for (a, b), each in said.items():
        if each.verdict == DIFFERENT and each.at is not None:
            between = frozenset((homes.get(a), homes.get(b)))
            apart[between] = max(each.at, apart.get(between, each.at))
    return _Around(homes, said, apart)
