"""Cases: open candidate links gathered by the households that they would join.

A case is decided as a whole, so it is gathered over households: two candidates that touch one
household are one case. All open candidates are read at once, a few columns each: there are as many
as people have not come to yet.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.households.models import CandidateLink, LinkDecision, Membership
from surveys.links.gathering import gather
from surveys.privacy.access import rows_for

_COLUMNS = ("pk", "a", "b", "kind", "weight", "vetoes", "place_id", "brake_id", "found_at")


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A candidate that waits for a person. `later`: someone looked and could not say."""

    pk: int
    a: UUID
    b: UUID
    kind: str
    weight: float
    vetoes: tuple[str, ...]
    place_id: int | None
    brake_id: int | None
    found_at: datetime
    later: bool

    @property
    def ends(self) -> tuple[UUID, UUID]:
        return self.a, self.b


@dataclass(frozen=True, slots=True)
class Case:
    """Links, the heaviest first. `hidden`: a record of it is not for this reader to see."""

    links: tuple[OpenLink, ...]
    homes: frozenset[UUID]
    hidden: bool = False
    unseen: bool = False  # nothing of it is

    @property
    def pk(self) -> int:
        """The oldest candidate: the case's address while it stands."""
        return min(link.pk for link in self.links)

    @property
    def keys(self) -> list[int]:
        return sorted(link.pk for link in self.links)

    @property
    def weight(self) -> float:
        return self.links[0].weight

    @property
    def since(self) -> datetime:
        return min(link.found_at for link in self.links)

    @property
    def later(self) -> bool:
        return all(link.later for link in self.links)

    @property
    def vetoes(self) -> list[str]:
        return sorted({code for link in self.links for code in link.vetoes})

    @property
    def brakes(self) -> set[int]:
        return {link.brake_id for link in self.links if link.brake_id}

    @property
    def records(self) -> list[UUID]:
        """The records that the links name, those of the heaviest first."""
        return list(dict.fromkeys(end for link in self.links for end in link.ends))


def open_cases(user: User) -> list[Case]:
    """All of which the user may see anything, in no order. A fixed number of queries."""
    links = _open_links()
    homes = _homes({end for link in links for end in link.ends})
    nodes = {link.pk: [_node(end, homes) for end in link.ends] for link in links}
    group = gather((one, other) for one, other in nodes.values())
    gathered: dict[UUID, list[OpenLink]] = defaultdict(list)
    for link in links:
        gathered[group[nodes[link.pk][0]]].append(link)
    hidden = _hidden(user, homes)
    cases = (_case(links, homes, hidden) for links in gathered.values())
    return [case for case in cases if not case.unseen]


def case_with(user: User, candidate_id: int) -> Case | None:
    """The open case that a candidate belongs to."""
    return next((c for c in open_cases(user) if candidate_id in c.keys), None)


@dataclass(frozen=True, slots=True)
class Home:
    """Where a record is; a registration stands for its whole household."""

    household_id: UUID | None
    registers: bool


def _open_links() -> list[OpenLink]:
    said = LinkDecision.objects.filter(
        a=OuterRef("a"), b=OuterRef("b"), source="person", verdict="unsure", revoked_by=None
    )
    rows = CandidateLink.objects.filter(state=CandidateLink.State.OPEN).annotate(later=Exists(said))
    newest = {}  # of a pair, where more than one model found it
    for row in rows.order_by("pk").values(*_COLUMNS, "later"):
        link = OpenLink(**{**row, "vetoes": tuple(row["vetoes"])})
        newest[link.ends] = link
    return sorted(newest.values(), key=lambda link: (-link.weight, link.pk))


def _homes(records: Collection[UUID]) -> dict[UUID, Home]:
    rows = Membership.objects.filter(pk__in=records)
    return {
        pk: Home(household, registers)
        for pk, household, registers in rows.values_list("pk", "household_id", "registers")
    }


def _node(record: UUID, homes: Mapping[UUID, Home]) -> UUID:
    """What a record stands for: registrations of one household are decided on together."""
    home = homes.get(record)
    return home.household_id if home and home.registers and home.household_id else record


def _hidden(user: User, homes: Mapping[UUID, Home]) -> set[UUID]:
    """What the user may not see: of these records and those registered with them, and households
    of which such a one is."""
    allowed = rows_for(user)
    if not allowed:
        return set()
    households = {home.household_id for home in homes.values() if home.household_id}
    near = Q(pk__in=homes) | Q(household__in=households, registers=True)
    seen = CleanRow.objects.filter(allowed, pk=OuterRef("pk"), repeat="")
    hidden: set[UUID] = set()
    rows = Membership.objects.filter(near).filter(~Exists(seen))
    for pk, household, registers in rows.values_list("pk", "household_id", "registers"):
        hidden.add(pk)
        if registers and household is not None:
            hidden.add(household)
    return hidden


def _case(links: Sequence[OpenLink], homes: Mapping[UUID, Home], hidden: set[UUID]) -> Case:
    ends = {end for link in links for end in link.ends}
    households = {homes[end].household_id for end in ends if end in homes} - {None}
    touched = {*ends, *households}
    return Case(
        tuple(links),
        frozenset(each for each in households if each),
        hidden=not hidden.isdisjoint(touched),
        unseen=ends <= hidden,
    )
