"""repeats_of: numbers asked twice, question by question: did they move, and how far to trust. Pure.

For questions of types 2 and 3, as IPA's `bcstats` does. Three answers, each from ten pairs on:

- paired t of (again − first);
- Wilcoxon's signed ranks (1945), with pairs that do not differ ranked and then left out (Pratt
  1959) and ties given their mean rank: z and two-sided p by the normal approximation;
- reliability: 1 − SRV / variance, where SRV, the simple response variance, is half the mean square
  of the differences, and the variance is that of both interviews together. 1: all is differences
  between families; 0 or less: asking again is as good as asking another family.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import erfc, sqrt

from surveys.quality.checks.values import mean_and_sd
from surveys.quality.comparing import Compared
from surveys.quality.facts import as_number

LEAST_PAIRS = 10  # below that nothing is said but the mean
Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class SignedRank:
    """`z` below 0: the second answers are the smaller ones."""

    z: float
    p: float


@dataclass(frozen=True, slots=True)
class Repeat:
    """One question. `mean` of (again − first); None where there are too few pairs, or no spread."""

    name: str
    type: int
    pairs: int
    mean: float
    t: float | None
    signed_rank: SignedRank | None
    reliability: float | None


def repeats_of(compared: Iterable[Compared]) -> list[Repeat]:
    """Of the numbers of types 2 and 3 that both interviews gave, by name."""
    told: dict[tuple[str, int], list[Pair]] = defaultdict(list)
    for each in compared:
        first, again = as_number(each.first), as_number(each.again)
        if each.type != 1 and first is not None and again is not None:
            told[each.name, each.type].append((first, again))
    return [_repeat(name, type_, pairs) for (name, type_), pairs in sorted(told.items())]


def _repeat(name: str, type_: int, pairs: Sequence[Pair]) -> Repeat:
    apart = [again - first for first, again in pairs]
    mean, sd = mean_and_sd(apart)
    enough = len(pairs) >= LEAST_PAIRS
    return Repeat(
        name=name,
        type=type_,
        pairs=len(pairs),
        mean=round(mean, 2),
        t=round(mean / (sd / sqrt(len(apart))), 2) if enough and sd > 0 else None,
        signed_rank=signed_rank(apart) if enough else None,
        reliability=reliability(pairs) if enough else None,
    )


def signed_rank(apart: Sequence[float]) -> SignedRank | None:
    """Of differences; None where none differs."""
    ranks = _ranks([abs(each) for each in apart])
    n, same = len(apart), sum(each == 0 for each in apart)
    positive = sum(rank for rank, each in zip(ranks, apart, strict=True) if each > 0)
    expected = (n * (n + 1) - same * (same + 1)) / 4
    variance = (n * (n + 1) * (2 * n + 1) - same * (same + 1) * (2 * same + 1)) / 24
    sizes = (len(list(group)) for size, group in groupby(sorted(map(abs, apart))) if size > 0)
    variance -= sum(size**3 - size for size in sizes) / 48
    if variance <= 0:
        return None
    z = (positive - expected) / sqrt(variance)
    return SignedRank(round(z, 2), round(erfc(abs(z) / sqrt(2)), 4))


def reliability(pairs: Sequence[Pair]) -> float | None:
    """None where all answers are the same."""
    _, sd = mean_and_sd([value for pair in pairs for value in pair])
    if sd == 0:
        return None
    response = sum((again - first) ** 2 for first, again in pairs) / (2 * len(pairs))
    return round(1 - response / sd**2, 2)


def _ranks(values: Sequence[float]) -> list[float]:
    """From 1 for the least; equal values share the mean of their ranks."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    done = 0
    for _, group in groupby(order, key=values.__getitem__):
        same = list(group)
        for at in same:
            ranks[at] = done + (len(same) + 1) / 2
        done += len(same)
    return ranks
