"""Cases: open candidate links gathered by the households that they would join.

A case is decided as a whole, so it is gathered over households: two candidates that touch one
household are one case. All open candidates are read at once, a few columns each: there are as many
as people have not come to yet.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.households.models import CandidateLink, LinkDecision, Membership
from surveys.links.gathering import gather
from surveys.privacy.access import rows_for

_COLUMNS = ("pk", "a", "b", "kind", "weight", "vetoes", "place_id", "brake_id", "found_at")


@dataclass(frozen=True, slots=True)
class Near:
    """Where a record is; a registration stands for its whole household."""

    household_id: UUID | None
    registers: bool | None

    def node(self, record: UUID) -> UUID:
        """What is decided on: registrations of one household are, together."""
        return self.household_id if self.registers and self.household_id else record


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
    near_a: Near
    near_b: Near

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
    """All of which the user may see anything, in no order. One query, or two for who sees less."""
    links = _open_links()
    group = gather((link.near_a.node(link.a), link.near_b.node(link.b)) for link in links)
    gathered: dict[UUID, list[OpenLink]] = defaultdict(list)
    for link in links:
        gathered[group[link.near_a.node(link.a)]].append(link)
    hidden = _hidden(user)
    cases = (_case(links, hidden) for links in gathered.values())
    return [case for case in cases if not case.unseen]


def case_with(user: User, candidate_id: int) -> Case | None:
    """The open case that a candidate belongs to."""
    return next((c for c in open_cases(user) if candidate_id in c.keys), None)


def _open_links() -> list[OpenLink]:
    said = LinkDecision.objects.filter(
        a=OuterRef("a"), b=OuterRef("b"), source="person", verdict="unsure", revoked_by=None
    )
    rows = _open().annotate(later=Exists(said), **_near("a"), **_near("b"))
    newest = {}  # of a pair, where more than one model found it
    for row in rows.order_by("pk").values(*_COLUMNS, "later", *_near("a"), *_near("b")):
        near = [Near(row.pop(f"home_{end}"), row.pop(f"registers_{end}")) for end in "ab"]
        link = OpenLink(**{**row, "vetoes": tuple(row["vetoes"])}, near_a=near[0], near_b=near[1])
        newest[link.ends] = link
    return sorted(newest.values(), key=lambda link: (-link.weight, link.pk))


def _open() -> QuerySet[CandidateLink]:
    return CandidateLink.objects.filter(state=CandidateLink.State.OPEN)


def _near(end: str) -> dict[str, Subquery]:
    """Looked up by key for each row: names of ten thousand records in a query cost seconds."""
    there = Membership.objects.filter(pk=OuterRef(end))
    return {
        f"home_{end}": Subquery(there.values("household")[:1]),
        f"registers_{end}": Subquery(there.values("registers")[:1]),
    }


def _hidden(user: User) -> set[UUID]:
    """What the user may not see: of the records of candidates and those registered with them, and
    households of which such a one is."""
    allowed = rows_for(user)
    if not allowed:
        return set()
    ends = Q(pk__in=_open().values("a")) | Q(pk__in=_open().values("b"))
    homes = Membership.objects.filter(ends, household__isnull=False).values("household")
    seen = CleanRow.objects.filter(allowed, pk=OuterRef("pk"), repeat="")
    rows = Membership.objects.filter(ends | Q(household__in=homes, registers=True))
    hidden: set[UUID] = set()
    unseen = rows.filter(~Exists(seen)).values_list("pk", "household_id", "registers")
    for pk, household, registers in unseen:
        hidden.add(pk)
        if registers and household is not None:
            hidden.add(household)
    return hidden


def _case(links: Sequence[OpenLink], hidden: set[UUID]) -> Case:
    ends = {end for link in links for end in link.ends}
    near = [each for link in links for each in (link.near_a, link.near_b)]
    homes = frozenset(each.household_id for each in near if each.household_id is not None)
    return Case(
        tuple(links), homes, hidden=not hidden.isdisjoint(ends | homes), unseen=ends <= hidden
    )
