"""How mean and median of real earned income changed, paired, by country and sex of head. Pure.

indicators.md § 3 and § 5: household totals are winsorised for means only, by country and round.
"""

from collections import defaultdict
from collections.abc import Sequence
from statistics import mean, median

from surveys.indicators.facts import Household
from surveys.indicators.figures import Side
from surveys.indicators.grouping import HEAD_SEX, groups_of
from surveys.indicators.parameters import LOCAL, Parameters
from surveys.indicators.statistics import bootstrap_mean, bounds, winsorise

ENOUGH = 30  # households of a country and round, for bounds of its own
Pair = tuple[Household, float, float]
COLUMNS = (
    "country", "currency", "head_sex", "households", "median_baseline", "median_endline",
    "mean_baseline", "mean_endline", "mean_change", "low", "high", "median_change",
)  # fmt: skip


def mean_changes(pairs: Sequence[Pair], parameters: Parameters) -> Side:
    """Local money a year; the interval is a bootstrap of villages with the seed printed."""
    by_country: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_country[pair[0].country].append(pair)
    rows: list[tuple[str | int | float | None, ...]] = []
    for country, found in sorted(by_country.items()):
        before, after = _winsorised(found)
        for sex in ("", *sorted({groups_of(h)[HEAD_SEX] for h, _, _ in found})):
            chosen = [
                at for at, (h, _, _) in enumerate(found) if sex in {"", groups_of(h)[HEAD_SEX]}
            ]
            told = _row(found, before, after, chosen, parameters)
            rows.append((country, LOCAL[country], sex or "all", *told))
    return Side("mean_change", COLUMNS, tuple(rows))


def _winsorised(pairs: Sequence[Pair]) -> tuple[list[float], list[float]]:
    """Each round within its own bounds; with few households, within those of both rounds."""
    before, after = [b for _, b, _ in pairs], [a for _, _, a in pairs]
    if len(pairs) >= ENOUGH:
        return winsorise(before, *bounds(before)), winsorise(after, *bounds(after))
    low, high = bounds([*before, *after])
    return winsorise(before, low, high), winsorise(after, low, high)


def _row(
    pairs: Sequence[Pair],
    before: Sequence[float],
    after: Sequence[float],
    chosen: Sequence[int],
    parameters: Parameters,
) -> tuple[int | float | None, ...]:
    villages: dict[str, list[float]] = defaultdict(list)
    for at in chosen:
        household = pairs[at][0]
        villages[household.village or household.district].append(after[at] - before[at])
    interval = bootstrap_mean(villages, draws=parameters.draws, seed=parameters.seed)
    return (
        len(chosen),
        median(pairs[at][1] for at in chosen),
        median(pairs[at][2] for at in chosen),
        mean(before[at] for at in chosen),
        mean(after[at] for at in chosen),
        mean(after[at] - before[at] for at in chosen),
        *(interval or (None, None)),
        median(pairs[at][2] - pairs[at][1] for at in chosen),
    )
