"""link_records: which household each record belongs to.

A registration is at the household of its card number; any other form at that of the entity it was
filled for, or else of the card it names. For now the same card is the same household; probabilistic
linkage takes this step over.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Q

from surveys.cleaning.models import CleanRow
from surveys.households.models import Household, HouseholdCard, Membership

Basis = Membership.Basis
_FACTS = ["household_id", "basis", "form_id", "registers", "card", "entity_id"]
_LOCK_SPACE = 2  # of PostgreSQL's advisory locks: cards and entities


@dataclass(frozen=True, slots=True)
class Claim:
    """What one record says about its household. `card` is normalised, "" where it names none."""

    record_id: UUID
    form_id: str
    registers: bool
    card: str = ""
    entity_id: UUID | None = None
    place_id: int | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """Record → household, for the claims that have one.

    `joined`: registrations that came, by this, to a household which another record had registered.
    """

    households: dict[UUID, UUID]
    joined: frozenset[UUID] = frozenset()


def link_records(claims: Sequence[Claim], *, without: Iterable[UUID] = (), now: datetime) -> Linked:
    """Finds or makes the household of each claim. Safe to run twice.

    `without`: records that claim nothing (any more): refusals, deleted ones. Runs inside the
    caller's transaction; two workers that meet one card or entity take turns.
    """
    gone = list(without)
    if gone:
        Membership.objects.filter(record_id__in=gone).delete()
    if not claims:
        return Linked({})
    before = Membership.objects.in_bulk([claim.record_id for claim in claims])
    _take_turns([*claims, *before.values()])
    _move_cards(claims, before)
    registering = [claim for claim in claims if claim.registers]
    homes, came = _register(registering, before)
    changed = _remember(registering, {r: (h, Basis.REGISTRATION) for r, h in homes.items()}, before)
    others = [claim for claim in claims if not claim.registers]
    found = _find(others)
    _remember(others, found, before)
    _bring_along(changed, before, now)
    households = homes | {record_id: home for record_id, (home, _) in found.items()}
    return Linked(households, _joined(came, homes))


def _take_turns(named: Iterable[Claim | Membership]) -> None:
    """Locks all cards and entities of the batch, in one order, until the transaction ends."""
    keys = {key for each in named for key in (each.card, str(each.entity_id or "")) if key}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hash) FROM (SELECT DISTINCT hashtext(key) AS hash"
            " FROM unnest(%s::text[]) AS key ORDER BY 1) AS hashes",
            [_LOCK_SPACE, list(keys)],
        )


def _move_cards(claims: Sequence[Claim], before: Mapping[UUID, Membership]) -> None:
    """A corrected card number keeps its household, unless others registered with the old one."""
    for claim in claims:
        old = before.get(claim.record_id)
        if old is None or not (old.registers and old.card) or old.card == claim.card:
            continue
        others = Membership.objects.filter(card=old.card, registers=True)
        if others.exclude(record_id=claim.record_id).exists():
            continue
        cards = HouseholdCard.objects.filter(number=old.card)
        if claim.card and not HouseholdCard.objects.filter(number=claim.card).exists():
            cards.update(number=claim.card)
        else:
            cards.delete()


def _register(
    claims: Sequence[Claim], before: Mapping[UUID, Membership]
) -> tuple[dict[UUID, UUID], set[UUID]]:
    """The households of registrations: that of the card, made where it is new.

    And the records that came to a household which was there before them.
    """
    cards = {claim.card for claim in claims if claim.card}
    known = dict(
        HouseholdCard.objects.filter(number__in=cards).values_list("number", "household_id")
    )
    homes: dict[UUID, UUID] = {}
    came: set[UUID] = set()
    places: dict[UUID, int | None] = {}
    new: set[UUID] = set()
    for claim in claims:
        old = before.get(claim.record_id)
        home = known.get(claim.card) if claim.card else (old.household_id if old else None)
        if home is None:
            home = uuid4()
            new.add(home)
        elif old is None or old.household_id != home:
            came.add(claim.record_id)
        if claim.card:
            known[claim.card] = home
        homes[claim.record_id] = home
        places[home] = claim.place_id
    Household.objects.bulk_create([Household(id=h, place_id=places[h]) for h in new])
    HouseholdCard.objects.bulk_create(
        [HouseholdCard(number=n, household_id=h) for n, h in known.items() if h in new]
    )
    _move_households({h: place_id for h, place_id in places.items() if h not in new})
    return homes, came


def _joined(came: Collection[UUID], homes: Mapping[UUID, UUID]) -> frozenset[UUID]:
    """Those of them that are not the only registration of their household."""
    if not came:
        return frozenset()
    members = Membership.objects.filter(
        household__in={homes[record_id] for record_id in came}, registers=True
    )
    registered = Counter(members.values_list("household_id", flat=True))
    return frozenset(record_id for record_id in came if registered[homes[record_id]] > 1)


def _move_households(places: dict[UUID, int | None]) -> None:
    """A household is where its latest registration says."""
    if not places:
        return
    moved = [h for h in Household.objects.filter(pk__in=places) if h.place_id != places[h.pk]]
    for household in moved:
        household.place_id = places[household.pk]
    if moved:
        Household.objects.bulk_update(moved, ["place"])


def _find(claims: Sequence[Claim]) -> dict[UUID, tuple[UUID, Basis]]:
    """The households of other records: by entity if its registration is here, or else by card."""
    if not claims:
        return {}
    by_card = HouseholdCard.objects.in_bulk({c.card for c in claims if c.card})
    makers = Membership.objects.filter(
        registers=True, entity_id__in={c.entity_id for c in claims if c.entity_id}
    )
    by_entity = {m.entity_id: m.household_id for m in makers.order_by("-record_id")}
    found = {}
    for claim in claims:
        if home := by_entity.get(claim.entity_id):
            found[claim.record_id] = (home, Basis.ENTITY)
        elif claim.card in by_card:
            found[claim.record_id] = (by_card[claim.card].household_id, Basis.CARD)
    return found


def _remember(
    claims: Sequence[Claim],
    homes: Mapping[UUID, tuple[UUID, Basis]],
    before: Mapping[UUID, Membership],
) -> list[Membership]:
    """Stores the memberships that are new or not what they were, and returns them."""
    changed = []
    for claim in claims:
        home, basis = homes.get(claim.record_id, (None, ""))
        member = Membership(
            record_id=claim.record_id,
            household_id=home,
            basis=basis,
            form_id=claim.form_id,
            registers=claim.registers,
            card=claim.card,
            entity_id=claim.entity_id,
        )
        old = before.get(claim.record_id)
        if old is None or any(getattr(old, f) != getattr(member, f) for f in _FACTS):
            changed.append(member)
    Membership.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["record_id"], update_fields=_FACTS
    )
    return changed


def _bring_along(
    changed: Sequence[Membership], before: Mapping[UUID, Membership], now: datetime
) -> None:
    """Records that came before their registration, or whose registration moved, follow it."""
    known = [*changed, *(before[m.record_id] for m in changed if m.record_id in before)]
    followers = Membership.objects.filter(registers=False).filter(
        Q(card__in={m.card for m in known if m.card})
        | Q(entity_id__in={m.entity_id for m in known if m.entity_id})
    )
    earlier = {m.record_id: m for m in followers} if known else {}
    claims = [Claim(m.record_id, m.form_id, False, m.card, m.entity_id) for m in earlier.values()]
    for member in _remember(claims, _find(claims), earlier):
        CleanRow.objects.filter(record_id=member.record_id).update(
            household_id=member.household_id, updated_at=now
        )
