"""Forms that contradict the household they name: a person has to look; meanwhile they stay there.

Asked of records that register nothing: a card typed that the household does not have, a person
named whom no roster of it knows, or a card that several households have.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from surveys.households.keys import load_features
from surveys.households.models import CandidateLink, LinkFeature, Membership
from surveys.households.projection import Pair, pair_of
from surveys.households.queue import record_from
from surveys.households.recompute import settle_candidates
from surveys.linkage import names
from surveys.linkage.features import Features, Member, features_of
from surveys.linkage.roster import name_level

FORM = "form"  # stands for a model where a form is questioned
PERSON_UNKNOWN, CARD_DIFFERS, CARD_SHARED = "person_not_listed", "card_differs", "card_shared"


def ask_about_forms(rows: Sequence[LinkFeature], *, now: datetime) -> None:
    """Opens a candidate for each of these records that contradicts its household; closes others."""
    if not rows:
        return
    members = Membership.objects.in_bulk([row.record_id for row in rows])
    registered = _registered(members.values())
    features = load_features({r.record_id for of in registered.values() for r in of})
    holders = _holders({m.card for m in members.values() if m.household_id is None and m.card})
    wanted: dict[Pair, CandidateLink] = {}
    for row in rows:
        member = members[row.record_id]
        here = registered.get(member.household_id, [])
        if here and (found := _contradictions(row, member, here, features)):
            _ask(wanted, row, here[0].record_id, found)
        for other in holders.get(member.card, []) if member.household_id is None else []:
            _ask(wanted, row, other, [CARD_SHARED])
    _store(wanted, [row.record_id for row in rows])


def _registered(members: Collection[Membership]) -> dict[UUID | None, list[Membership]]:
    """Household → its registrations."""
    homes = {m.household_id for m in members if m.household_id}
    found: dict[UUID | None, list[Membership]] = defaultdict(list)
    rows = Membership.objects.filter(household__in=homes, registers=True).order_by("record_id")
    for each in rows:
        found[each.household_id].append(each)
    return found


def _holders(cards: Collection[str]) -> dict[str, list[UUID]]:
    """Card → one registration of each household that has it, where there are several."""
    found: dict[str, dict[UUID | None, UUID]] = defaultdict(dict)
    if cards:
        for each in Membership.objects.filter(registers=True, card__in=cards).order_by("record_id"):
            found[each.card].setdefault(each.household_id, each.record_id)
    return {card: list(of.values()) for card, of in found.items() if len(of) > 1}


def _contradictions(
    row: LinkFeature,
    member: Membership,
    here: Sequence[Membership],
    features: Mapping[UUID, Features],
) -> list[str]:
    found = []
    cards = {each.card for each in here} - {""}
    if member.card and cards and member.card not in cards:
        found.append(CARD_DIFFERS)
    named = features_of(record_from(row.record))
    rosters = [features[each.record_id] for each in here if each.record_id in features]
    listed = [person for roster in rosters for person in roster.members if person.given]
    person = named.members[0] if named.members else None
    if person and person.given and listed and not any(_may_be(person, each) for each in listed):
        found.append(PERSON_UNKNOWN)
    return found


def _may_be(named: Member, listed: Member) -> bool:
    """The name is at least alike, and the sex the same where both are known."""
    if named.sex and listed.sex and named.sex != listed.sex:
        return False
    return name_level(named, listed)[0] >= names.ALIKE


def _ask(
    wanted: dict[Pair, CandidateLink], row: LinkFeature, other: UUID, vetoes: list[str]
) -> None:
    a, b = pair_of(row.record_id, other)
    wanted[a, b] = CandidateLink(
        a=a,
        b=b,
        kind=CandidateLink.Kind.FORM,
        model=FORM,
        decision="review",
        weight=0.0,
        vetoes=vetoes,
        state=CandidateLink.State.SETTLED,
        place_id=row.place_id,
    )


def _store(wanted: Mapping[Pair, CandidateLink], records: Sequence[UUID]) -> None:
    asked = CandidateLink.objects.filter(model=FORM)
    for ends in ("a", "b"):
        for each in asked.filter(**{f"{ends}__in": records}):
            if (each.a, each.b) not in wanted:
                each.delete()
    CandidateLink.objects.bulk_create(
        wanted.values(),
        update_conflicts=True,
        unique_fields=["a", "b", "model"],
        update_fields=["vetoes", "place_id"],
    )
    settle_candidates(records)
