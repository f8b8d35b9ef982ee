"""The scorer against clusterings small enough to count on one's fingers."""

import pytest

from tests.streams.score import HardNegative, Link, Scores, score

TRUTH = {"r1": "A", "r2": "A", "r3": "A", "r4": "B", "r5": "B", "r6": "C"}


def test_the_truth_itself_scores_one_everywhere() -> None:
    scores = score(TRUTH, TRUTH)
    assert (scores.pair_f1, scores.b3_f1) == (1, 1)
    assert (scores.true_pairs, scores.merged_pairs, scores.largest_cluster) == (4, 4, 3)
    assert (scores.wrong_merge_clusters, scores.wrong_records) == (0, 0)


def test_no_merge_at_all_is_precise_and_finds_nothing() -> None:
    scores = score(TRUTH, {})
    assert (scores.pair_precision, scores.pair_recall, scores.pair_f1) == (1, 0, 0)
    # B-cubed recall: three records see a third of theirs, two see half, one sees all.
    assert scores.b3_recall == pytest.approx((3 / 3 + 2 / 2 + 1) / 6)
    assert scores.merged_clusters == 0


def test_one_heap_finds_everything_and_is_wrong() -> None:
    scores = score(TRUTH, dict.fromkeys(TRUTH, "heap"))
    assert scores.pair_recall == 1
    assert scores.pair_precision == pytest.approx(4 / 15)
    assert scores.wrong_merge_clusters == 1
    assert scores.wrong_records == pytest.approx(3 / 6)
    assert scores.b3_precision == pytest.approx((9 / 6 + 4 / 6 + 1 / 6) / 6)
    assert scores.largest_cluster == 6


def test_one_wrong_merge_of_two_is_half_of_the_merged_clusters() -> None:
    predicted = {"r1": "x", "r2": "x", "r3": "y", "r4": "y", "r5": "z", "r6": "w"}
    scores = score(TRUTH, predicted)
    assert (scores.merged_clusters, scores.wrong_merge_clusters) == (2, 0.5)
    assert (scores.pair_precision, scores.pair_recall) == (0.5, 0.25)
    assert scores.wrong_records == pytest.approx(1 / 6)


def test_records_without_truth_are_ignored_and_missing_ones_stand_alone() -> None:
    scores = score({"r1": "A", "r2": "A"}, {"r1": "x", "stranger": "x"})
    assert (scores.records, scores.merged_pairs, scores.pair_recall) == (2, 0, 0)


def test_links_count_once_each_and_the_queue_counts_pairs() -> None:
    links = [
        Link("r1", "r2", "auto"), Link("r3", "r4", "auto"), Link("r1", "r1", "auto"),
        Link("r2", "r3", "review"), Link("r3", "r2", "review"), Link("r5", "r6", "review"),
        Link("r1", "stranger", "review"),
    ]  # fmt: skip
    scores = score(TRUTH, {"r1": "x", "r2": "x"}, links)
    assert (scores.auto_links, scores.auto_wrong) == (2, 0.5)
    assert (scores.review_pairs, scores.review_true_share) == (2, 0.5)
    # r1 and r2 are merged, the queue adds r3: three of the four true pairs.
    assert scores.review_pair_recall == pytest.approx(3 / 4)


def test_a_queue_answered_rightly_takes_a_wrong_merge_apart() -> None:
    predicted = {"r1": "x", "r4": "x"}
    scores = score(TRUTH, predicted, [Link("r1", "r2", "review"), Link("r4", "r5", "review")])
    assert scores.review_pair_recall == pytest.approx(2 / 4)


def test_recall_with_review_is_at_least_the_recall_without_a_queue() -> None:
    scores = score(TRUTH, {"r1": "x", "r2": "x"})
    assert scores.review_pair_recall == scores.pair_recall == 0.25


def test_hard_negatives_are_counted_by_kind() -> None:
    negatives = [
        HardNegative("r3", "r4", "compound"), HardNegative("r1", "r6", "compound"),
        HardNegative("r5", "r6", "split"), HardNegative("r1", "stranger", "cowife"),
    ]  # fmt: skip
    scores = score(TRUTH, {"r3": "x", "r4": "x"}, negatives=negatives)
    assert scores.hard_negatives == {"compound": 0.5, "split": 0.0}


def test_an_empty_truth_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        score({}, {"r1": "x"})


def test_scores_are_values_that_compare() -> None:
    assert isinstance(score(TRUTH, TRUTH), Scores)
    assert score(TRUTH, {}) == score(TRUTH, {})
