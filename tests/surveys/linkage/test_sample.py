"""The figures of the linkage specification, with floors, on the development sample."""

from collections import Counter, defaultdict
from itertools import combinations

from surveys.linkage.dedupe import Deduped, dedupe
from surveys.linkage.features import features_of
from surveys.linkage.frequencies import Frequencies
from surveys.linkage.model import pinned_model
from surveys.linkage.people import compare_women, same_persons, woman_keys
from surveys.linkage.record import HouseholdRecord
from tests.streams.score import HardNegative, Link, score
from tests.surveys.linkage import sample

Records = tuple[HouseholdRecord, ...]


def test_households_of_the_sample_reach_the_figures_of_the_specification(
    sample_deduped: Deduped,
) -> None:
    links = [Link(o.left, o.right, o.decision) for o in sample_deduped.outcomes]  # type: ignore[arg-type]
    negatives = [
        HardNegative(row["record_id_l"], row["record_id_r"], row["kind"])
        for row in sample.rows_of("hard_negatives.csv")
    ]

    found = score(sample.truth_of("truth.csv"), sample_deduped.clusters, links, negatives)

    assert found.b3_f1 >= 0.97
    assert found.wrong_merge_clusters <= 0.0025
    assert found.auto_wrong <= 0.003
    assert found.largest_cluster <= 12
    assert found.review_pair_recall >= 0.975
    assert found.review_pairs <= 0.05 * found.records
    assert max(found.hard_negatives.values()) <= 0.02


def test_persons_inside_linked_households_are_aligned(
    sample_records: Records, sample_deduped: Deduped, sample_frequencies: Frequencies
) -> None:
    homes = defaultdict(list)
    for record in sample_records:
        homes[sample_deduped.clusters[record.record_id]].append(features_of(record))
    persons = {}
    for home in homes.values():
        for group in same_persons(home, sample_frequencies, pinned_model()).groups:
            first = min(group)
            persons |= {f"{r}#{i + 1}": f"{first[0]}#{first[1] + 1}" for r, i in group}

    found = score(sample.truth_of("truth_persons.csv"), persons)

    assert found.b3_f1 >= 0.94
    assert found.pair_precision >= 0.99


def test_women_across_households_are_candidates_for_a_person_to_look_at(
    sample_records: Records, sample_deduped: Deduped, sample_frequencies: Frequencies
) -> None:
    """A woman who married into another household is found there."""
    truth = sample.truth_of("truth_women.csv")
    known = {record.record_id: features_of(record) for record in sample_records}
    holders = defaultdict(set)
    for record_id, features in known.items():
        for i, key in woman_keys(features):
            holders[key].add((record_id, i))
    pairs = {pair for each in holders.values() for pair in combinations(sorted(each), 2)}
    home = sample_deduped.clusters
    found = Counter(
        truth.get(f"{a}#{i + 1}", a) == truth.get(f"{b}#{j + 1}", b)
        for (a, i), (b, j) in pairs
        if home[a] != home[b]
        and compare_women(known[a], i, known[b], j, sample_frequencies) is not None
    )

    assert found[True] > 100
    assert found[True] > found[False]


def test_order_of_arrival_changes_hardly_a_pair(
    sample_records: Records, sample_deduped: Deduped
) -> None:
    part = sample_records[:1500]
    one = dedupe(part, pinned_model()).clusters
    other = dedupe(reversed(part), pinned_model()).clusters

    assert len(pairs_of(one) ^ pairs_of(other)) <= 0.005 * len(pairs_of(one))


def pairs_of(clusters: dict[str, str]) -> set[frozenset[str]]:
    together = defaultdict(list)
    for record_id, cluster in clusters.items():
        together[cluster].append(record_id)
    return {frozenset(p) for each in together.values() for p in combinations(each, 2)}
