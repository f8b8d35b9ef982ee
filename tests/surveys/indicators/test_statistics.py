"""Design effect, quantiles, bounds and bootstrap, by hand and by what must always hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.indicators.statistics import (
    bootstrap_mean,
    bounds,
    design_effect,
    mean_interval,
    quantile,
    wilson,
    winsorise,
)


@given(st.integers(0, 500), st.integers(1, 500), st.floats(1, 4))
def test_interval_holds_the_share(hits: int, n: int, deff: float) -> None:
    hits = min(hits, n)
    low, high = wilson(hits, n, deff=deff)

    assert 0 <= low <= hits / n + 1e-12
    assert hits / n - 1e-12 <= high <= 1


def test_interval_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing"):
        wilson(0, 0)


def test_few_clusters_have_the_effect_of_convention() -> None:
    assert design_effect([(1, 2)] * 9) == 1.5
    assert design_effect([]) == 1.5


def test_clusters_of_one_mind_have_a_large_effect_and_mixed_ones_none() -> None:
    # ten households a village, all alike: 100 households tell what 10 do
    alike = design_effect([(10, 10)] * 5 + [(0, 10)] * 5)
    assert alike == pytest.approx(10 * 10 / 9)
    assert design_effect([(5, 10)] * 10) == 1.0
    assert design_effect([(10, 10)] * 10) == 1.0


def test_interval_of_a_mean_is_as_by_hand() -> None:
    # 0, 2, 4, 6: mean 3, variance 20 / 3, standard error 1.2910
    assert mean_interval(12, 56, 4) == pytest.approx((0.4697, 5.5303), abs=5e-5)
    assert mean_interval(12, 56, 4, deff=4) == pytest.approx((-2.0606, 8.0606), abs=5e-5)
    assert mean_interval(5, 25, 1) is None


def test_design_effect_of_a_mean_is_that_of_a_share_where_values_are_0_and_1() -> None:
    villages = [(10, 10)] * 5 + [(0, 10)] * 5
    assert design_effect(villages, squares=50) == pytest.approx(design_effect(villages))
    # ten villages, half of 2 and half of 4 throughout: 100 households tell what 10 do
    alike = design_effect([(20, 10)] * 5 + [(40, 10)] * 5, squares=50 * 4 + 50 * 16)
    assert alike == pytest.approx(10 * 10 / 9)


def test_quantile_is_linear_between_order_statistics() -> None:
    assert quantile([1, 2, 3, 4], 0.25) == 1.75
    assert quantile([7], 0.99) == 7
    assert bounds(range(101)) == (1, 99)
    assert winsorise([-5, 50, 500], 1, 99) == [1, 50, 99]
    with pytest.raises(ValueError, match="quantile"):
        quantile([], 0.5)


def test_bootstrap_draws_whole_clusters_by_its_seed() -> None:
    clusters = {"a": [1.0] * 50, "b": [3.0] * 50, "c": [2.0] * 50}
    low, high = bootstrap_mean(clusters, draws=2000, seed=1) or (0, 0)

    assert (low, high) == bootstrap_mean(clusters, draws=2000, seed=1)
    assert 1 <= low < 2 < high <= 3
    assert bootstrap_mean({"a": [1.0, 2.0]}, draws=10, seed=1) is None
