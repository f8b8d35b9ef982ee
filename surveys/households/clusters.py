"""The clusters that a batch of records may join, in memory while the batch is linked.

They are what the log says without the rule's earlier words on these records: whoever is linked
again starts alone, and what still holds is found again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from surveys.households.log import decisions_among, reached_from
from surveys.households.models import Membership
from surveys.households.projection import DIFFERENT, SAME, Decided, Pair, clusters_of, standing
from surveys.linkage.clusters import Match, Outcome, settle
from surveys.linkage.features import Features
from surveys.linkage.frequencies import Frequencies
from surveys.linkage.model import LinkModel


@dataclass(slots=True)
class Surrounding:
    """All records whose household may change, or says who may join.

    `by_rule`: pairs with a record of the batch that the rule holds together until now.
    """

    records: set[UUID]
    features: dict[UUID, Features]
    clusters: list[frozenset[UUID]]
    apart: frozenset[frozenset[str]] = frozenset()
    by_rule: dict[Pair, Decided] = field(default_factory=dict)
    spoken: frozenset[Pair] = frozenset()  # pairs a person or a form has decided
    decided: frozenset[UUID] = frozenset()  # of whom the log says anything


def surrounding_records(records: Iterable[UUID]) -> set[UUID]:
    """These and all that share decisions with them."""
    return reached_from(set(records))


def read_surrounding(
    records: set[UUID], features: dict[UUID, Features], batch: Collection[UUID]
) -> Surrounding:
    """`features`: of the records that can be compared."""
    log = decisions_among(records)
    counts = standing(log)
    by_rule = {
        pair: each
        for pair, each in counts.items()
        if each.source == "rule" and each.verdict == SAME and (pair[0] in batch or pair[1] in batch)
    }
    dropped = {each.number for each in by_rule.values()}
    present = Membership.objects.filter(record_id__in=records, registers=True)
    there = set(present.values_list("record_id", flat=True)) & features.keys()
    return Surrounding(
        records=records,
        features=features,
        clusters=clusters_of(there, [each for each in log if each.number not in dropped]),
        apart=frozenset(
            frozenset((str(a), str(b)))
            for (a, b), each in counts.items()
            if each.verdict == DIFFERENT
        ),
        by_rule=by_rule,
        spoken=frozenset(pair for pair, each in counts.items() if each.source != "rule"),
        decided=frozenset(end for each in log for end in each.pair),
    )


class Clusters:
    """Clusters that grow record by record, as `settle` decides. Not shared, not kept."""

    def __init__(self, around: Surrounding, frequencies: Frequencies, model: LinkModel) -> None:
        self._features = {str(r): each for r, each in around.features.items()}
        self._apart, self._frequencies, self._model = around.apart, frequencies, model
        self._cluster_of: dict[str, str] = {}
        self._members: dict[str, list[Features]] = {}
        for cluster in around.clusters:
            name = str(min(cluster))
            self._members[name] = [self._features[str(r)] for r in sorted(cluster)]
            self._cluster_of |= {str(record): name for record in cluster}

    def of(self, record: str) -> str:
        return self._cluster_of[record]

    def knows(self, record: str) -> bool:
        return record in self._cluster_of

    def join(self, matches: Sequence[Match]) -> list[Outcome]:
        """Settles the matches of one record, and joins what they join."""
        touched = {self._cluster_of[end] for m in matches for end in (m.left, m.right)}
        outcomes = settle(
            matches,
            members={name: self._members[name] for name in touched},
            cluster_of={r: name for r, name in self._cluster_of.items() if name in touched},
            apart=self._apart,
            frequencies=self._frequencies,
            model=self._model,
        )
        for outcome in outcomes:
            ours, theirs = self._cluster_of[outcome.left], self._cluster_of[outcome.right]
            if outcome.decision == "auto" and ours != theirs:
                self._members[ours] += self._members.pop(theirs)
                for each in self._members[ours]:
                    self._cluster_of[each.record_id] = ours
        return outcomes
