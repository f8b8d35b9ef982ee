"""Forms that contradict the household they name: a person has to look; meanwhile they stay there.

Asked of records that register nothing: a card typed that the household does not have, a person
named whom no roster of it knows, or a card that several households have. Where so many have it that
nobody could choose, only those are asked about whose roster lists the person named.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from surveys.households.keys import load_features
from surveys.households.models import CandidateLink, LinkDecision, LinkFeature, Membership
from surveys.households.projection import Pair, pair_of
from surveys.households.queue import record_from
from surveys.households.recompute import settle_candidates
from surveys.linkage import names
from surveys.linkage.blocking import MOST_HOLDERS
from surveys.linkage.features import Features, Member, features_of
from surveys.linkage.roster import name_level

MOST_ASKED = 8  # households side by side, of which a person says whose a form is
FORM = "form"  # stands for a model where a form is questioned
PERSON_UNKNOWN, CARD_DIFFERS, CARD_SHARED = "person_not_listed", "card_differs", "card_shared"


def ask_about_forms(rows: Sequence[LinkFeature], *, now: datetime) -> None:
    """Opens a candidate for each of these records that contradicts its household; closes others."""
    if not rows:
        return
    members = Membership.objects.in_bulk([row.record_id for row in rows])
    registered = _registered(members.values())
    holders = _holders({m.card for m in members.values() if m.household_id is None and m.card})
    shown = {r.record_id for of in registered.values() for r in of}
    features = load_features(shown.union(*(of for of in holders.values() if len(of) > MOST_ASKED)))
    wanted: dict[Pair, CandidateLink] = {}
    for row in rows:
        member = members[row.record_id]
        here = registered.get(member.household_id, [])
        if here and (found := _contradictions(row, member, here, features)):
            _ask(wanted, row, here[0].record_id, found)
        if member.household_id is None:
            for other in _to_choose_from(row, holders.get(member.card, []), features):
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
    found: dict[str, dict[UUID, UUID]] = defaultdict(dict)
    if cards:
        rows = Membership.objects.filter(registers=True, card__in=cards).order_by("record_id")
        for card, home, record_id in rows.values_list("card", "household_id", "record_id"):
            found[card].setdefault(home, record_id)
    return {card: list(of.values()) for card, of in found.items() if 1 < len(of) <= MOST_HOLDERS}


def _to_choose_from(
    row: LinkFeature, holders: Sequence[UUID], features: Mapping[UUID, Features]
) -> Sequence[UUID]:
    """Registrations of the households whose card it may be; none where still too many may be."""
    if len(holders) <= MOST_ASKED:
        return holders
    person = _person_named(row)
    known = {each: features[each].members for each in holders if each in features}
    listing = [each for each, members in known.items() if person and _lists(members, person)]
    return listing if len(listing) <= MOST_ASKED else ()


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
    rosters = [features[each.record_id] for each in here if each.record_id in features]
    listed = [person for roster in rosters for person in roster.members if person.given]
    person = _person_named(row)
    if person and listed and not _lists(listed, person):
        found.append(PERSON_UNKNOWN)
    return found


def _person_named(row: LinkFeature) -> Member | None:
    members = features_of(record_from(row.record)).members
    return members[0] if members and members[0].given else None


def _lists(members: Iterable[Member], person: Member) -> bool:
    return any(_may_be(person, each) for each in members if each.given)


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
    """What a person answered is kept, for the day it is taken back."""
    about = Q(a__in=records) | Q(b__in=records)
    said = LinkDecision.objects.filter(about, source=LinkDecision.Source.PERSON)
    kept = wanted.keys() | set(said.values_list("a", "b"))
    asked = CandidateLink.objects.filter(about, model=FORM).values_list("pk", "a", "b")
    CandidateLink.objects.filter(
        pk__in=[k for k, *pair in asked if tuple(pair) not in kept]
    ).delete()
    CandidateLink.objects.bulk_create(
        wanted.values(),
        update_conflicts=True,
        unique_fields=["a", "b", "model"],
        update_fields=["vetoes", "place_id"],
    )
    settle_candidates(records)
