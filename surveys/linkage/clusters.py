"""settle: matches against clusters. What one pair allows, two whole clusters must allow too."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from surveys.linkage.features import Features
from surveys.linkage.frequencies import Frequencies
from surveys.linkage.judge import Judgement, judge
from surveys.linkage.model import LinkModel
from surveys.linkage.people import Aligned, same_persons

LARGEST_CLUSTER = 8
_MOST_A_ROUND = 2


@dataclass(frozen=True, slots=True)
class Match:
    """Two records and what was judged of them."""

    left: str
    right: str
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Outcome:
    """The decision on a match after the vetoes of its clusters."""

    left: str
    right: str
    decision: str
    weight: float
    vetoes: tuple[str, ...]


def settle(
    matches: Sequence[Match],
    *,
    members: Mapping[str, Sequence[Features]],
    cluster_of: Mapping[str, str],
    apart: Collection[frozenset[str]],
    frequencies: Frequencies,
    model: LinkModel,
) -> list[Outcome]:
    """Strongest match first; an automatic one that meets a veto of its clusters goes to review.

    `members`: cluster → its records; `cluster_of`: record → cluster; `apart`: pairs of records that
    a person called not the same. Changes neither.
    """
    clusters = _Clusters(members, cluster_of, apart, frequencies, model)
    order = sorted(
        matches, key=lambda m: (-m.judgement.weight, min(m.left, m.right), max(m.left, m.right))
    )
    for match in order:
        clusters.know(match)
    return clusters.still_asked([clusters.settle(match) for match in order])


class _Clusters:
    """The clusters while they grow. Not shared, not kept."""

    def __init__(
        self,
        members: Mapping[str, Sequence[Features]],
        cluster_of: Mapping[str, str],
        apart: Collection[frozenset[str]],
        frequencies: Frequencies,
        model: LinkModel,
    ) -> None:
        self._members = {cluster: list(records) for cluster, records in members.items()}
        self._cluster_of = dict(cluster_of)
        self._frequencies, self._model = frequencies, model
        self._judged: dict[frozenset[str], Judgement] = {}
        self._aligned: Aligned = {}
        self._apart: dict[str, set[str]] = {}
        for pair in apart:
            for record_id in pair:
                self._apart.setdefault(record_id, set()).update(pair - {record_id})

    def know(self, match: Match) -> None:
        self._judged[frozenset((match.left, match.right))] = match.judgement

    def settle(self, match: Match) -> Outcome:
        judgement = match.judgement
        outcome = Outcome(
            match.left, match.right, judgement.decision, judgement.weight, judgement.vetoes
        )
        ours, theirs = self._cluster_of[match.left], self._cluster_of[match.right]
        if outcome.decision != "auto" or ours == theirs:
            return outcome
        vetoes = self._vetoes(self._members[ours], self._members[theirs])
        if vetoes:
            return replace(outcome, decision="review", vetoes=outcome.vetoes + vetoes)
        self._join(ours, theirs)
        return outcome

    def still_asked(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Of the reviews between two clusters the strongest stays; within one, none."""
        asked: set[frozenset[str]] = set()
        settled = []
        for outcome in outcomes:
            ends = frozenset((self._cluster_of[outcome.left], self._cluster_of[outcome.right]))
            if outcome.decision == "review":
                if len(ends) == 1 or ends in asked:
                    outcome = replace(outcome, decision="none")
                asked.add(ends)
            settled.append(outcome)
        return settled

    def _join(self, ours: str, theirs: str) -> None:
        for record in self._members[theirs]:
            self._cluster_of[record.record_id] = ours
        self._members[ours] += self._members.pop(theirs)

    def _vetoes(self, ours: list[Features], theirs: list[Features]) -> tuple[str, ...]:
        ids = {record.record_id for record in theirs}
        if any(self._apart.get(record.record_id, set()) & ids for record in ours):
            return ("not_the_same",)
        rounds = len({record.round for record in [*ours, *theirs]})
        if len(ours) + len(theirs) > max(LARGEST_CLUSTER, rounds * _MOST_A_ROUND):
            return ("cluster_too_large",)
        return self._crossing(ours, theirs)

    def _crossing(self, ours: list[Features], theirs: list[Features]) -> tuple[str, ...]:
        """Nobody is two people of one record, no two couples differ, and half of the cross pairs at
        least bear no veto."""
        if len(ours) == len(theirs) == 1:
            return ()
        everyone = [*ours, *theirs]
        if same_persons(everyone, self._frequencies, self._model, self._aligned).two_of_one:
            return ("two_of_one_submission",)
        crossing = [self._judge(left, right) for left in ours for right in theirs]
        if any("couples_differ" in judgement.vetoes for judgement in crossing):
            return ("couples_differ",)
        vetoed = sum(bool(judgement.vetoes) for judgement in crossing)
        return ("cross_pairs_vetoed",) if vetoed * 2 > len(crossing) else ()

    def _judge(self, left: Features, right: Features) -> Judgement:
        pair = frozenset((left.record_id, right.record_id))
        if pair not in self._judged:
            self._judged[pair] = judge(left, right, self._frequencies, self._model)
        return self._judged[pair]
