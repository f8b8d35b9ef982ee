"""The pinned model, models that are refused, and training."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from surveys.linkage.comparisons import COMPARISONS
from surveys.linkage.model import ModelError, model_json, pinned_model, read_model
from surveys.linkage.train import (
    Labelled,
    counted_weights,
    match_share,
    threshold,
    train,
    upper_bound,
    weight_of,
)


def raw(**changes: Any) -> bytes:
    return json.dumps(model_json(pinned_model()) | changes).encode()


def test_model_comes_back_from_its_file_as_it_was() -> None:
    assert read_model(raw()) == pinned_model()


@pytest.mark.parametrize("cut", [0, 1, 100, 2000])
def test_model_file_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(ModelError) as refused:
        read_model(raw()[:cut])

    assert refused.value.code == "model_unreadable"


@pytest.mark.parametrize("text", [b"[]", b"null", b"{}", b"\xff\xfe", b'{"version": 1}'])
def test_what_is_no_model_is_refused(text: bytes) -> None:
    with pytest.raises(ModelError) as refused:
        read_model(text)

    assert refused.value.code == "model_unreadable"


def test_model_for_other_features_is_refused() -> None:
    with pytest.raises(ModelError) as refused:
        read_model(raw(features_version=0))

    assert refused.value.code == "model_features_differ"


@pytest.mark.parametrize(
    "changes",
    [
        {"prior": 2.0},
        {"match_share": 0.95},
        {"weights": model_json(pinned_model())["weights"] | {"village": {"same": 8.0}}},
    ],
)
def test_model_out_of_its_expected_range_is_refused(changes: dict[str, Any]) -> None:
    """As EM went: "lives in the same place" at eight bits, half of the pairs a match."""
    with pytest.raises(ModelError) as refused:
        read_model(raw(**changes))

    assert refused.value.code == "model_out_of_range"


def labelled(count: int, *, telling: str = "phone") -> list[Labelled]:
    """Pairs that differ in one comparison only: equal where they are one household."""
    rng = random.Random(7)
    made = []
    for i in range(count):
        same = i % 2 == 0
        levels = dict.fromkeys(COMPARISONS, "missing") | {"place_cap": "0"}
        right = rng.random() < 0.9
        levels[telling] = ("equal" if same == right else "different") if telling else "missing"
        levels["roster"] = "over_20" if same else "under_0"
        made.append(Labelled(tuple(levels[name] for name in COMPARISONS), (), same))
    return made


def test_training_stays_near_the_base_and_says_what_it_was_trained_on() -> None:
    model, file = train(
        labelled(2000), pinned_model(), version="2026-12", trained_on="invented pairs"
    )

    assert read_model(file) == model
    assert (model.version, model.trained_on) == ("2026-12", "invented pairs")
    assert abs(model.weights["phone"]["equal"] - pinned_model().weights["phone"]["equal"]) < 3
    assert model.weights["card"]["equal"] == pinned_model().weights["card"]["equal"]


def test_training_refuses_labels_that_are_few() -> None:
    with pytest.raises(ModelError):
        train(labelled(100), pinned_model(), version="x", trained_on="")


def test_training_refuses_what_leaves_the_range() -> None:
    upside_down = [replace(pair, same=not pair.same) for pair in labelled(4000)]

    with pytest.raises(ModelError) as refused:
        train(upside_down, pinned_model(), version="x", trained_on="")

    assert refused.value.code == "model_out_of_range"


def test_threshold_is_where_wrong_pairs_are_rare_enough() -> None:
    pairs = labelled(4000)
    weights = [weight_of(pair.levels, pinned_model()) for pair in pairs if pair.same]

    found = threshold(pairs, pinned_model(), most_wrong=0.005)

    assert found is not None
    assert found <= max(weights)
    assert threshold(pairs[:20], pinned_model(), most_wrong=0.005) is None


def test_upper_bound_of_nothing_wrong_shrinks_as_pairs_are_seen() -> None:
    assert upper_bound(0, 300) == pytest.approx(0.0126, abs=0.0005)
    assert upper_bound(0, 3000) < upper_bound(0, 300) < upper_bound(1, 300)


def test_counted_weights_are_the_ratio_of_shares() -> None:
    pairs = labelled(4000)
    found = counted_weights(pairs, [pair.levels for pair in pairs if not pair.same])

    assert found["phone"]["equal"] == pytest.approx(3.17, abs=0.3)  # log2 of 0.9 / 0.1


def test_share_of_matches_is_found_in_a_register() -> None:
    prior = pinned_model().prior
    weights = [prior + 12.0] * 200 + [prior - 12.0] * 800

    assert match_share(weights, prior) == pytest.approx(0.2, abs=0.01)
