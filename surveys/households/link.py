"""link_records, stage one of linkage: every record at a household at once, within its batch.

A registration founds a household of its own and is put into the queue of stage two (`match.py`),
which finds out whether that family is known. Any other form is at the household of the entity it
was filled for, or else of the card it names, where exactly one household has that card.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.inserts import insert_rows
from surveys.households.followers import (
    FACTS,
    Home,
    find_homes,
    follow,
    note_forms,
    store_memberships,
)
from surveys.households.locks import hold_names
from surveys.households.models import Household, Membership
from surveys.households.queue import Queued, forget_records, hold_queued, queue_records
from surveys.linkage.record import HouseholdRecord

Basis = Membership.Basis


@dataclass(frozen=True, slots=True)
class Claim:
    """What one record says about its household. `card` is normalised, "" where it names none.

    `told` is what linkage compares, None where the form names nobody.
    """

    record_id: UUID
    form_id: str
    registers: bool
    card: str = ""
    entity_id: UUID | None = None
    place_id: int | None = None
    arrived_at: datetime | None = None
    told: HouseholdRecord | None = None

    @property
    def to_queue(self) -> Queued:
        assert self.told is not None
        return Queued(self.told, self.registers, self.place_id, self.arrived_at)


def link_records(
    claims: Sequence[Claim], *, without: Iterable[UUID] = (), now: datetime
) -> dict[UUID, UUID]:
    """Finds or makes the household of each claim: record → household. Safe to run twice.

    `without`: records that claim nothing (any more): refusals, deleted ones. Runs inside the
    caller's transaction; two workers that meet one card or entity take turns.
    """
    gone = list(without)
    if gone and Membership.objects.filter(record_id__in=gone).delete()[0]:
        forget_records(gone)
    if not claims:
        return {}
    queued = hold_queued([claim.record_id for claim in claims])
    before = _known(claims)
    hold_names(_names([*claims, *before.values()]))
    if before:
        before = _known(claims)  # linkage may have moved them until now
    registering = [claim for claim in claims if claim.registers]
    homes = _found(registering, before, now)
    settled = {r: Home(h, Basis.REGISTRATION) for r, h in homes.items()}
    changed = _remember(registering, settled, before)
    others = [claim for claim in claims if not claim.registers]
    found = find_homes(others, known=before)
    _remember(others, found, before)
    note_forms(found)
    follow([*changed, *(before[m.record_id] for m in changed if m.record_id in before)], now=now)
    queue_records([claim.to_queue for claim in claims if claim.told], stored=queued, now=now)
    return homes | {record_id: home.household_id for record_id, home in found.items()}


def _known(claims: Sequence[Claim]) -> dict[UUID, Membership]:
    return Membership.objects.in_bulk([claim.record_id for claim in claims])


def _names(named: Iterable[Claim | Membership]) -> set[str]:
    return {key for each in named for key in (each.card, str(each.entity_id or "")) if key}


def _found(
    claims: Sequence[Claim], before: Mapping[UUID, Membership], now: datetime
) -> dict[UUID, UUID]:
    """Where each registration is: where it was, or at the household it founds.

    One that comes back after it was deleted finds the household it founded then.
    """
    homes = {
        claim.record_id: old.household_id
        for claim in claims
        if (old := before.get(claim.record_id)) and old.registers and old.household_id
    }
    new = [claim for claim in claims if claim.record_id not in homes]
    if not new:
        return homes
    founded = Household.objects.filter(founder__in=[claim.record_id for claim in new])
    homes |= {h.founder: h.redirect_to_id or h.pk for h in founded if h.founder}
    made = [
        Household(founder=c.record_id, place_id=c.place_id, created_at=c.arrived_at or now)
        for c in new
        if c.record_id not in homes
    ]
    insert_rows(made)
    return homes | {h.founder: h.pk for h in made if h.founder}


def _remember(
    claims: Sequence[Claim], homes: Mapping[UUID, Home], before: Mapping[UUID, Membership]
) -> list[Membership]:
    """Stores the memberships that are new or not what they were, and returns them."""
    changed = []
    for claim in claims:
        home = homes.get(claim.record_id)
        member = Membership(
            record_id=claim.record_id,
            household_id=home.household_id if home else None,
            basis=home.basis if home else "",
            form_id=claim.form_id,
            registers=claim.registers,
            card=claim.card,
            entity_id=claim.entity_id,
        )
        old = before.get(claim.record_id)
        if old is None or any(getattr(old, f) != getattr(member, f) for f in FACTS):
            changed.append(member)
    store_memberships(changed)
    return changed
