"""What stands beside O3.3: attrition, other thresholds, imputed sources, the estimate. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from surveys.indicators.facts import Household, Interview
from surveys.indicators.figures import Side, Unit
from surveys.indicators.income import (
    EARNED,
    INCREASED,
    Money,
    change_class,
    fills,
    nominal,
)
from surveys.indicators.parameters import LOCAL, Parameters
from surveys.indicators.statistics import wilson

THRESHOLDS = (0.05, 0.10, 0.20)


@dataclass(frozen=True, slots=True)
class Pair:
    """Real annual income of one household in local money at both rounds."""

    household: Household
    baseline: float
    endline: float


def change_of(
    baseline: float, endline: float, country_median: float | None, parameters: Parameters
) -> str:
    return change_class(
        baseline,
        endline,
        country_median=country_median,
        threshold=parameters.threshold,
        floor=parameters.floor,
    )


def attrition(asked: Iterable[Household]) -> Side:
    """Of families with a qualifying service, what the endline visit found."""
    counts = Counter(h.trace or "not_visited" for h in asked)
    return Side("attrition", ("trace", "families"), tuple(sorted(counts.items())))


def thresholds(
    pairs: Mapping[str, list[Pair]],
    medians: Mapping[str, Mapping[str, float | None]],
    parameters: Parameters,
    effects: Mapping[str, float],
) -> Side:
    """The same at other thresholds, for earned and for all income."""
    rows: list[tuple[str | int | float | None, ...]] = []
    for name, found in pairs.items():
        for threshold in THRESHOLDS:
            hits = sum(
                change_class(
                    p.baseline,
                    p.endline,
                    country_median=medians[name].get(p.household.country),
                    threshold=threshold,
                    floor=parameters.floor,
                )
                == INCREASED
                for p in found
            )
            rows.append(
                (name, threshold, hits, len(found), *_share(hits, len(found), effects[name]))
            )
    columns = ("figure", "threshold", "increased", "households", "share", "low", "high")
    return Side("thresholds", columns, tuple(rows))


def _share(hits: float, n: int, deff: float) -> tuple[float | None, float | None, float | None]:
    return (hits / n, *wilson(hits, n, deff=deff)) if n else (None, None, None)


def imputed(
    found: list[Household],
    medians: Mapping[str, float | None],
    parameters: Parameters,
    money: Money,
) -> Side:
    """The headline with sources that nobody could tell put at the median of the same source."""
    rounds = (
        [(h.country, h.baseline.interview) for h in found if h.baseline is not None],
        [(h.country, h.endline) for h in found if h.endline is not None],
    )
    hits = n = 0
    for household, before, after in _filled(found, rounds, money):
        n += 1
        middle = medians.get(household.country)
        hits += change_of(before, after, middle, parameters) == INCREASED
    row = (hits, n, hits / n if n else None)
    return Side("imputed", ("increased", "households", "share"), (row,))


def _filled(
    found: list[Household], rounds: tuple[list[tuple[str, Interview]], ...], money: Money
) -> Iterable[tuple[Household, float, float]]:
    """Households whose sources can all be told or put at a median."""
    known = {
        (country, at): fills(interviews, money, country)
        for country in {h.country for h in found} & LOCAL.keys()
        for at, interviews in enumerate(rounds)
    }
    for household in found:
        assert household.baseline is not None
        reals = [
            _filled_real(interview, household.country, known.get((household.country, at)), money)
            for at, interview in enumerate((household.baseline.interview, household.endline))
        ]
        if reals[0] is not None and reals[1] is not None:
            yield household, reals[0], reals[1]


def _filled_real(
    interview: Interview | None, country: str, fill: Mapping[str, float] | None, money: Money
) -> float | None:
    if interview is None or interview.sources is None or fill is None:
        return None
    told = (s.is_complete or s.kind in fill for s in interview.sources if s.kind in EARNED)
    if not all(told):
        return None
    amount = nominal(interview, EARNED, country, money, fill=lambda s: fill.get(s.kind))
    return money.real(amount, country, interview.on)


def estimate(told: Collection[Unit], deff: float, served: int, parameters: Parameters) -> Side:
    """From a sample, how many of the families of O3.1; of a census there is no sampling error."""
    columns = ("kind", "number", "low", "high")
    hits, n = sum(u.value for u in told), len(told)
    if parameters.endline_is_census:
        return Side("estimate", columns, (("census: no sampling error", hits, None, None),))
    share, low, high = _share(hits, n, deff)
    if share is None or low is None or high is None:
        return Side("estimate", columns, ())
    return Side("estimate", columns, (("estimate", share * served, low * served, high * served),))
