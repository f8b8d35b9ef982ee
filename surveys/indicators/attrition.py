"""Who was found at the endline and who was not, as both were at the baseline. Pure.

The difference is in standard deviations (Cohen 1988: of both groups together): beyond 0.25 the
found ones do not stand for all (Imbens and Rubin 2015, section 14.2).
"""

from collections.abc import Callable, Iterable, Sequence
from math import sqrt
from statistics import mean, variance

from surveys.indicators.facts import Baseline, Household
from surveys.indicators.figures import Side
from surveys.indicators.parameters import LOCAL

COLUMNS = (
    "at_baseline", "found_households", "found_mean", "lost_households", "lost_mean",
    "standardised_difference",
)  # fmt: skip
_ASKED: tuple[tuple[str, Callable[[Baseline], float | None]], ...] = (
    ("household_size", lambda b: b.interview.size),
    ("migrants", lambda b: b.n_migrants),
    ("score", lambda b: b.score),
)


def lost_and_found(asked: Iterable[Household], income: Callable[[Household], float | None]) -> Side:
    """Families that an endline visit looked for; `income` is the real earned one at baseline."""
    found: list[Household] = []
    lost: list[Household] = []
    for household in asked:
        if household.baseline is None:
            continue
        if household.endline is not None:
            found.append(household)
        elif household.trace:
            lost.append(household)
    rows = [
        _row(name, *([_said(tell, h) for h in group] for group in (found, lost)))
        for name, tell in _ASKED
    ]
    rows += [
        _row(f"income_{country}", *([income(h) for h in group if h.country == country]
                                     for group in (found, lost)))
        for country in sorted({h.country for h in (*found, *lost)} & LOCAL.keys())
    ]  # fmt: skip
    return Side("lost_and_found", COLUMNS, tuple(rows) if lost else ())


def _said(tell: Callable[[Baseline], float | None], household: Household) -> float | None:
    assert household.baseline is not None
    return tell(household.baseline)


def _row(
    name: str, found: Sequence[float | None], lost: Sequence[float | None]
) -> tuple[str | int | float | None, ...]:
    there, gone = ([each for each in said if each is not None] for said in (found, lost))
    return (name, len(there), _mean(there), len(gone), _mean(gone), _difference(there, gone))


def _mean(values: Sequence[float]) -> float | None:
    return mean(values) if values else None


def _difference(found: Sequence[float], lost: Sequence[float]) -> float | None:
    """How far the lost ones lie from the found ones; None where nothing varies."""
    if min(len(found), len(lost)) < 2:
        return None
    spread = sqrt((variance(found) + variance(lost)) / 2)
    return (mean(lost) - mean(found)) / spread if spread else None
