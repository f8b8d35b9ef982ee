"""Intervals, design effect, quantiles and the bootstrap that indicators use. Pure.

Sources: Wilson 1927 for the interval; Hyndman and Fan 1996, type 7, for quantiles; Kish 1965 for
the design effect of a ratio over clusters.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from statistics import NormalDist

Z95 = NormalDist().inv_cdf(0.975)
FEWEST_CLUSTERS = 10
AT_ONCE = 500  # draws: some megabytes at a time
CONVENTION = 1.5  # the design effect where clusters are too few to tell


def wilson(hits: float, n: float, *, deff: float = 1.0) -> tuple[float, float]:
    """The 95% interval of a share, on n / deff observations. Raises ValueError without any."""
    if n <= 0:
        raise ValueError("a share of nothing has no interval")
    share, size = hits / n, n / deff
    middle = share + Z95**2 / (2 * size)
    reach = Z95 * sqrt(share * (1 - share) / size + Z95**2 / (4 * size**2))
    whole = 1 + Z95**2 / size
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def mean_interval(
    total: float, squares: float, n: float, *, deff: float = 1.0
) -> tuple[float, float] | None:
    """The 95% interval of a mean, on n / deff observations, by the normal; None for fewer than two.

    `squares`: the sum of the squares of what adds up to `total`.
    """
    if n < 2:
        return None
    mean = total / n
    variance = max(0.0, squares - n * mean**2) / (n - 1)
    reach = Z95 * sqrt(deff * variance / n)
    return mean - reach, mean + reach


def design_effect(
    clusters: Iterable[tuple[float, float]], *, squares: float | None = None
) -> float:
    """Of a share, from hits and size of each cluster; at least 1, and 1.5 for fewer than ten.

    With the sum of the squares of all values, of the mean of what is not 0 or 1.
    """
    cells = [(hits, size) for hits, size in clusters if size]
    if len(cells) < FEWEST_CLUSTERS:
        return CONVENTION
    n = sum(size for _, size in cells)
    share = sum(hits for hits, _ in cells) / n
    simple = (share if squares is None else squares / n) / n - share**2 / n
    if simple <= 0:
        return 1.0
    k = len(cells)
    between = sum((hits - share * size) ** 2 for hits, size in cells)
    return max(1.0, k / (k - 1) * between / n**2 / simple)


def quantile(ordered: Sequence[float], at: float) -> float:
    """Linear between order statistics (type 7). Raises ValueError on nothing."""
    if not ordered:
        raise ValueError("nothing has no quantile")
    place = (len(ordered) - 1) * at
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def winsorise(values: Sequence[float], low: float, high: float) -> list[float]:
    """Each value brought within these bounds."""
    return [min(max(value, low), high) for value in values]


def bounds(values: Iterable[float]) -> tuple[float, float]:
    """The 1st and 99th percentile. Raises ValueError on nothing."""
    ordered = sorted(values)
    return quantile(ordered, 0.01), quantile(ordered, 0.99)


def bootstrap_mean(
    clusters: Mapping[str, Sequence[float]], *, draws: int, seed: int
) -> tuple[float, float] | None:
    """The 95% interval of a mean by drawing whole clusters; None for fewer than two of them."""
    import numpy as np  # noqa: PLC0415 - 15 MB that no web process needs

    cells = [(sum(values), len(values)) for _, values in sorted(clusters.items()) if values]
    if len(cells) < 2:
        return None
    sums, sizes = np.array(cells, dtype=float).T
    random, k = np.random.default_rng(seed), len(cells)
    means: list[float] = []
    for _ in range(0, draws, AT_ONCE):
        drawn = random.integers(k, size=(min(AT_ONCE, draws - len(means)), k))
        means += (sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)).tolist()
    means.sort()
    return quantile(means, 0.025), quantile(means, 0.975)
