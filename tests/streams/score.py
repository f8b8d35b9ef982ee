"""How good a clustering is: pairs, B-cubed, wrong merges, links, review queue, hard negatives.

The measures are those of the linkage specification's scorer: what a machine merged without a
person is judged by pairs and by records, what it asks a person by the recall that right answers
would give.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple


class Link(NamedTuple):
    """A pair decision behind the clusters."""

    left: str
    right: str
    decision: Literal["auto", "review"]


class HardNegative(NamedTuple):
    """Two records that must not share a cluster, and why one might think they do."""

    left: str
    right: str
    kind: str


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares between 0 and 1, and counts; `hard_negatives` is the share joined, by kind."""

    records: int
    true_pairs: int
    merged_pairs: int
    pair_precision: float
    pair_recall: float
    pair_f1: float
    b3_precision: float
    b3_recall: float
    b3_f1: float
    merged_clusters: int
    wrong_merge_clusters: float  # of merged clusters, those that mix two true ones
    wrong_records: float  # records in a cluster whose majority is another entity
    largest_cluster: int
    auto_links: int = 0
    auto_wrong: float = 0.0
    review_pairs: int = 0
    review_true_share: float = 0.0
    review_pair_recall: float = 0.0  # if every queued pair were decided rightly
    hard_negatives: dict[str, float] = field(default_factory=dict)


def score(
    truth: Mapping[str, str],
    predicted: Mapping[str, str],
    links: Iterable[Link] = (),
    negatives: Iterable[HardNegative] = (),
) -> Scores:
    """Scores `predicted` (record → cluster) against `truth`, over the records of the truth.

    A record without prediction counts as a cluster of its own; one without truth is ignored.
    ValueError where there is no truth.
    """
    if not truth:
        raise ValueError("nothing to score: the truth is empty")
    full = {record: predicted.get(record, f"\0{record}") for record in truth}
    shared = Counter((truth[record], full[record]) for record in truth)
    true_sizes, merged_sizes = Counter(truth.values()), Counter(full.values())
    right, true_pairs, merged_pairs = (
        _pairs(counts.values()) for counts in (shared, true_sizes, merged_sizes)
    )
    precision = right / merged_pairs if merged_pairs else 1.0
    recall = right / true_pairs if true_pairs else 1.0
    count = len(truth)
    b3_precision = sum(n * n / merged_sizes[c] for (_, c), n in shared.items()) / count
    b3_recall = sum(n * n / true_sizes[t] for (t, _), n in shared.items()) / count
    wrong_clusters, merged_clusters, wrong_records = _mixtures(shared, merged_sizes)
    return Scores(
        count, true_pairs, merged_pairs,
        precision, recall, _f1(precision, recall),
        b3_precision, b3_recall, _f1(b3_precision, b3_recall),
        merged_clusters, wrong_clusters / merged_clusters if merged_clusters else 0.0,
        wrong_records / count, max(merged_sizes.values()),
        *_score_links(truth, full, links, true_pairs),
        _joined_negatives(full, negatives),
    )  # fmt: skip


def _pairs(sizes: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in sizes)


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _mixtures(
    shared: Mapping[tuple[str, str], int], merged_sizes: Mapping[str, int]
) -> tuple[int, int, int]:
    """Merged clusters that mix, all merged clusters, and records outside a cluster's majority."""
    parts: dict[str, list[int]] = defaultdict(list)
    for (_, cluster), count in shared.items():
        parts[cluster].append(count)
    merged = [parts[cluster] for cluster, size in merged_sizes.items() if size > 1]
    wrong = sum(len(counts) > 1 for counts in merged)
    return wrong, len(merged), sum(sum(counts) - max(counts) for counts in merged)


def _score_links(
    truth: Mapping[str, str], full: Mapping[str, str], links: Iterable[Link], true_pairs: int
) -> tuple[int, float, int, float, float]:
    """Automatic links and how many are wrong; the queue, how much of it is true, its recall."""
    auto: Counter[bool] = Counter()
    queue: set[tuple[str, str]] = set()
    for left, right, decision in links:
        if left == right or left not in truth or right not in truth:
            continue
        if decision == "auto":
            auto[truth[left] == truth[right]] += 1
        else:
            queue.add((min(left, right), max(left, right)))
    good = [(left, right) for left, right in queue if truth[left] == truth[right]]
    share = len(good) / len(queue) if queue else 0.0
    recall = _pairs(_reviewed(truth, full, good).values()) / true_pairs if true_pairs else 1.0
    wrong = auto[False] / auto.total() if auto else 0.0
    return auto.total(), wrong, len(queue), share, recall


def _reviewed(
    truth: Mapping[str, str], full: Mapping[str, str], good: Iterable[tuple[str, str]]
) -> Counter[Hashable]:
    """Sizes of the right parts of clusters, joined by the queue's true pairs."""
    above: dict[Hashable, Hashable] = {}

    def top(node: Hashable) -> Hashable:
        while (up := above.setdefault(node, node)) != node:
            above[node] = node = above[up]
        return node

    part = {record: (full[record], truth[record]) for record in truth}
    for left, right in good:
        above[top(part[left])] = top(part[right])
    return Counter(top(part[record]) for record in truth)


def _joined_negatives(
    full: Mapping[str, str], negatives: Iterable[HardNegative]
) -> dict[str, float]:
    asked: Counter[str] = Counter()
    joined: Counter[str] = Counter()
    for left, right, kind in negatives:
        if left in full and right in full:
            asked[kind] += 1
            joined[kind] += full[left] == full[right]
    return {kind: joined[kind] / asked[kind] for kind in sorted(asked)}


def read_clusters(path: Path) -> dict[str, str]:
    """record_id,cluster_id → a mapping."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["record_id"]: row["cluster_id"] for row in csv.DictReader(file)}


def read_negatives(path: Path) -> list[HardNegative]:
    """record_id_l,record_id_r,kind → hard negatives."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            HardNegative(row["record_id_l"], row["record_id_r"], row["kind"])
            for row in csv.DictReader(file)
        ]
