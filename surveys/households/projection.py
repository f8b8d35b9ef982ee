"""Decisions → clusters of records, and which household each is. Pure.

The state is a function of the log alone: whoever computes it again gets the same, and a decision
that is revoked leaves no trace but its rows.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

SAME, DIFFERENT, WITHDRAWN = "same", "different", "withdrawn"
RANKS = {"rule": 0, "form": 1, "person": 2}
_NOBODY: frozenset[UUID] = frozenset()
Pair = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Decided:
    """One row of the log. `number` grows with the log; `revokes` is an earlier number, or None."""

    number: int
    a: UUID
    b: UUID
    verdict: str
    source: str = "rule"
    revokes: int | None = None
    at: datetime | None = None

    @property
    def pair(self) -> Pair:
        return pair_of(self.a, self.b)


@dataclass(frozen=True, slots=True)
class Founded:
    """A household by its founder's record, and when that arrived."""

    record_id: UUID
    household_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Projection:
    """`home`: record → household it is in. `leads_to`: household → the one it is today, or None."""

    home: dict[UUID, UUID]
    leads_to: dict[UUID, UUID | None]


def pair_of(one: UUID, other: UUID) -> Pair:
    return (one, other) if one < other else (other, one)


def unrevoked(log: Iterable[Decided]) -> dict[int, Decided]:
    """The decisions that no other revokes which itself holds, the newest first."""
    revoked: set[int] = set()
    holds: dict[int, Decided] = {}
    for each in sorted(log, key=lambda each: each.number, reverse=True):
        if each.number not in revoked:
            holds[each.number] = each
            if each.revokes is not None:
                revoked.add(each.revokes)
    return holds


def standing(log: Iterable[Decided]) -> dict[Pair, Decided]:
    """For each pair the decision that counts: the newest unrevoked one of the highest source."""
    counts: dict[Pair, Decided] = {}
    for each in unrevoked(log).values():
        known = counts.get(each.pair)
        if each.verdict != WITHDRAWN and (
            known is None or RANKS[each.source] > RANKS[known.source]
        ):
            counts[each.pair] = each
    return counts


def clusters_of(records: Collection[UUID], log: Iterable[Decided]) -> list[frozenset[UUID]]:
    """The records that are one household each.

    Connected by "same", cut by "different": a pair that would join two clusters with a
    "different" anywhere between them joins nothing. What persons said goes first, then the older
    decision, so that taking back the last merger gives what was there before it.
    """
    present = set(records)
    counts = [d for d in standing(log).values() if d.a in present and d.b in present]
    apart: dict[UUID, set[UUID]] = {}
    for each in counts:
        if each.verdict == DIFFERENT:
            apart.setdefault(each.a, set()).add(each.b)
            apart.setdefault(each.b, set()).add(each.a)
    cluster_of = {record: {record} for record in present}
    joins = [each for each in counts if each.verdict == SAME]
    for each in sorted(joins, key=lambda each: (-RANKS[each.source], each.number)):
        small, large = sorted((cluster_of[each.a], cluster_of[each.b]), key=len)
        if small is large or any(apart.get(record, _NOBODY) & large for record in small):
            continue
        large |= small
        for record in small:
            cluster_of[record] = large
    return [frozenset(c) for c in {id(c): c for c in cluster_of.values()}.values()]


def project(
    records: Collection[UUID], founded: Sequence[Founded], log: Sequence[Decided]
) -> Projection:
    """Which household every record is in, and where the other households lead.

    `records` are those that are there; `founded` also names households of deleted ones: they lead
    to where their records were said to be the same, and stand for themselves when they are back.
    The oldest founder's household stays. Every record has founded one.
    """
    of_record = {each.record_id: each for each in founded}
    home: dict[UUID, UUID] = {}
    leads_to: dict[UUID, UUID | None] = {}
    for cluster in clusters_of(records, log):
        stays = min((of_record[r] for r in cluster), key=_age)
        home |= dict.fromkeys(cluster, stays.household_id)
        for record in cluster:
            own = of_record[record].household_id
            leads_to[own] = None if own == stays.household_id else stays.household_id
    absent = [each for each in founded if each.record_id not in home]
    if absent:
        leads_to |= _lead_on(absent, of_record, home, log)
    return Projection(home, leads_to)


def _age(founded: Founded) -> tuple[datetime, UUID]:
    return founded.at, founded.household_id


def _lead_on(
    absent: Sequence[Founded],
    of_record: Mapping[UUID, Founded],
    home: Mapping[UUID, UUID],
    log: Sequence[Decided],
) -> dict[UUID, UUID | None]:
    """Where the households of deleted records lead: the oldest that theirs was said to be."""
    near: dict[UUID, set[UUID]] = {}
    for each in standing(log).values():
        if each.verdict == SAME and each.a in of_record and each.b in of_record:
            near.setdefault(each.a, set()).add(each.b)
            near.setdefault(each.b, set()).add(each.a)
    found: dict[UUID, UUID | None] = {}
    for gone in absent:
        seen, queue = {gone.record_id}, [gone.record_id]
        while queue:
            new = near.get(queue.pop(), set()) - seen
            seen |= new
            queue += new
        there = [of_record[record] for record in seen if record in home]
        oldest = min(there, key=_age, default=None)
        found[gone.household_id] = home[oldest.record_id] if oldest else None
    return found
