"""dedupe: the whole engine over records in memory."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from surveys.linkage.blocking import (
    MOST_HOLDERS,
    LinkKey,
    is_worth_judging,
    link_keys,
    search_keys,
)
from surveys.linkage.clusters import Match, Outcome, settle
from surveys.linkage.features import Features, features_of
from surveys.linkage.frequencies import Frequencies, countables
from surveys.linkage.judge import judge
from surveys.linkage.model import LinkModel
from surveys.linkage.record import HouseholdRecord


@dataclass(frozen=True, slots=True)
class Deduped:
    """`clusters`: record → cluster, named after its first record. `outcomes`: auto and review."""

    clusters: dict[str, str]
    outcomes: tuple[Outcome, ...]
    skipped_keys: int


def dedupe(records: Iterable[HouseholdRecord], model: LinkModel) -> Deduped:
    """Clusters of a list of households, all rarities known, the strongest match first."""
    features = {record.record_id: features_of(record) for record in records}
    counts = Counter(item for each in features.values() for item in countables(each))
    frequencies = Frequencies(counts)
    pairs = Pairs()
    matches = []
    for each in features.values():
        for other in pairs.found(each):
            judgement = judge(features[other], each, frequencies, model)
            if judgement.decision != "none":
                matches.append(Match(other, each.record_id, judgement))
    outcomes = settle(
        matches,
        members={record_id: [each] for record_id, each in features.items()},
        cluster_of={record_id: record_id for record_id in features},
        apart=(),
        frequencies=frequencies,
        model=model,
    )
    asked = tuple(outcome for outcome in outcomes if outcome.decision != "none")
    return Deduped(_clusters(features, outcomes), asked, pairs.skipped)


class Pairs:
    """The key table in memory: each record is searched for among those before it."""

    def __init__(self) -> None:
        self._holders: dict[LinkKey, list[str]] = defaultdict(list)
        self._known: dict[str, tuple[int, str]] = {}
        self.skipped = 0

    def found(self, features: Features) -> list[str]:
        """Records met earlier that are worth judging, each once; then this one is known too."""
        shared: dict[str, list[str]] = {}
        for key in search_keys(features):
            holders = self._holders.get(key, ())
            if len(holders) > MOST_HOLDERS:
                self.skipped += 1
                continue
            for other in holders:
                shared.setdefault(other, []).append(key.kind)
        size, village = len(features.members), features.village
        self._known[features.record_id] = size, village
        for key in link_keys(features):
            self._holders[key].append(features.record_id)
        worth = []
        for other, kinds in shared.items():
            other_size, other_village = self._known[other]
            smaller = min(size, other_size)
            if is_worth_judging(kinds, smaller, same_village=village == other_village):
                worth.append(other)
        return worth


def _clusters(features: Iterable[str], outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Connected components of the automatic links, each named after its first record."""
    parent = {record_id: record_id for record_id in features}
    place = {record_id: i for i, record_id in enumerate(parent)}

    def root(record_id: str) -> str:
        while parent[record_id] != record_id:
            parent[record_id] = record_id = parent[parent[record_id]]
        return record_id

    for outcome in outcomes:
        if outcome.decision == "auto":
            ends = sorted((root(outcome.left), root(outcome.right)), key=place.__getitem__)
            parent[ends[1]] = ends[0]
    return {record_id: root(record_id) for record_id in parent}
