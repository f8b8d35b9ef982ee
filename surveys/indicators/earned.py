"""O3.3: households whose income rose between baseline and endline. Pure. indicators.md § 3.

Three figures, always together: earned (the headline), total, reported. The tables beside them:
`earned_sides.py`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from surveys.indicators.attrition import lost_and_found
from surveys.indicators.clusters import effect_of_villages
from surveys.indicators.earned_sides import (
    Pair,
    attrition,
    change_of,
    estimate,
    imputed,
    thresholds,
)
from surveys.indicators.facts import Household, Interview, Snapshot
from surveys.indicators.families import qualifying
from surveys.indicators.figures import EFFECT, Drop, Kind, Measure, Outcome, Unit
from surveys.indicators.grouping import groups_of
from surveys.indicators.income import (
    ALL,
    CHANGES,
    EARNED,
    INCREASED,
    Money,
    check_tables,
    is_complete,
    nominal,
    positive_median,
)
from surveys.indicators.means import mean_changes
from surveys.indicators.parameters import LOCAL, Parameters

A, B, C = "earned", "total", "reported"
FIGURES: Mapping[str, frozenset[str]] = {A: EARNED, B: ALL}
CLASS, PER_CAPITA = "earned_class", "earned_per_capita"
MEASURES = (
    Measure(A, Kind.SHARE, interval=True),
    Measure(B, Kind.SHARE, interval=True),
    Measure(C, Kind.SHARE, interval=True),
    Measure(CLASS, Kind.CLASSES, classes=CHANGES, told=A),
    Measure(PER_CAPITA, Kind.SHARE),
)
_MORE = frozenset({"more", "much_more"})
_CHANGE_ANSWERS = frozenset({"much_less", "less", "same", *_MORE})


def income_increased(snapshot: Snapshot, parameters: Parameters, money: Money) -> Outcome:
    """Raises ParameterMissing naming every month that is missing."""
    asked = [h for h in snapshot.households if qualifying(h, parameters)]
    found = [h for h in asked if h.baseline is not None and h.endline is not None]
    interviews = [(h.country, h.baseline.interview) for h in snapshot.households if h.baseline]
    interviews += [(h.country, h.endline) for h in found if h.endline]
    check_tables(interviews, money, kinds=ALL, prices=True)
    medians = {name: _medians(snapshot.households, kinds, money) for name, kinds in FIGURES.items()}
    pairs = {name: _pairs(found, kinds, money) for name, kinds in FIGURES.items()}
    units = [
        unit
        for name in FIGURES
        for pair in pairs[name]
        for unit in _units(name, pair, medians[name], parameters)
    ]
    units += [unit for household in found if (unit := _reported(household))]
    served = sum(h.baseline is not None and h.baseline.vulnerable for h in asked)  # O3.1
    effects = {name: effect_of_villages(units, name, found) for name in (A, B, C)}
    sides = (
        attrition(asked),
        lost_and_found(asked, lambda household: _real_baseline(household, money)),
        thresholds(pairs, medians, parameters, effects),
        imputed(found, medians[A], parameters, money),
        estimate([u for u in units if u.measure == A], effects[A], served, parameters),
        mean_changes([(p.household, p.baseline, p.endline) for p in pairs[A]], parameters),
    )
    notes: dict[str, str | float] = {f"{EFFECT}{name}": effect for name, effect in effects.items()}
    notes["sampling"] = "census" if parameters.endline_is_census else "sample"
    return Outcome(tuple(units), tuple(_drops(snapshot.households, found, pairs)), sides, notes)


def _real(interview: Interview, kinds: Collection[str], country: str, money: Money) -> float | None:
    """Real annual income of the figure; None where it is not complete."""
    if country not in LOCAL or not is_complete(interview, kinds):
        return None
    return money.real(nominal(interview, kinds, country, money), country, interview.on)


def _real_baseline(household: Household, money: Money) -> float | None:
    assert household.baseline is not None
    return _real(household.baseline.interview, EARNED, household.country, money)


def _medians(
    households: Iterable[Household], kinds: Collection[str], money: Money
) -> dict[str, float | None]:
    """Country → median real baseline of all households with income, served or not."""
    found: dict[str, list[float]] = defaultdict(list)
    for household in households:
        if household.baseline is not None:
            real = _real(household.baseline.interview, kinds, household.country, money)
            if real is not None:
                found[household.country].append(real)
    return {country: positive_median(values) for country, values in found.items()}


def _pairs(households: Iterable[Household], kinds: Collection[str], money: Money) -> list[Pair]:
    pairs = []
    for household in households:
        assert household.baseline is not None
        assert household.endline is not None
        before = _real(household.baseline.interview, kinds, household.country, money)
        after = _real(household.endline, kinds, household.country, money)
        if before is not None and after is not None:
            pairs.append(Pair(household, before, after))
    return pairs


def _units(
    name: str, pair: Pair, medians: Mapping[str, float | None], parameters: Parameters
) -> list[Unit]:
    household, groups = pair.household, groups_of(pair.household)
    assert household.endline is not None
    on, middle = household.endline.on, medians.get(household.country)
    change = change_of(pair.baseline, pair.endline, middle, parameters)
    units = [Unit(name, household.id, float(change == INCREASED), 1, groups, on)]
    if name == A:
        units.append(Unit(CLASS, household.id, CHANGES.index(change), 1, groups, on))
        units += _per_capita(pair, middle, parameters, groups)
    return units


def _per_capita(
    pair: Pair, middle: float | None, parameters: Parameters, groups: dict[str, str]
) -> list[Unit]:
    """By the size of the household in each round; none where a size is missing."""
    household = pair.household
    assert household.baseline is not None
    assert household.endline is not None
    before, after = household.baseline.interview.size, household.endline.size
    if not before or not after:
        return []
    middle = middle / before if middle else middle
    change = change_of(pair.baseline / before, pair.endline / after, middle, parameters)
    on = household.endline.on
    return [Unit(PER_CAPITA, household.id, float(change == INCREASED), 1, groups, on)]


def _reported(household: Household) -> Unit | None:
    endline = household.endline
    if endline is None or endline.income_change not in _CHANGE_ANSWERS:
        return None
    more = float(endline.income_change in _MORE)
    return Unit(C, household.id, more, 1, groups_of(household), endline.on)


def _drops(
    households: Iterable[Household], found: list[Household], pairs: Mapping[str, list[Pair]]
) -> Iterable[Drop]:
    """Why a household is not in the headline: with those in it they are all households."""
    there = {h.id for h in found}
    counted = {p.household.id for p in pairs[A]}
    for household in households:
        if household.id not in counted:
            yield Drop(household.id, _why(household, there), groups_of(household))


def _why(household: Household, there: set[UUID]) -> str:
    if household.id in there:
        return "income_incomplete"
    if household.baseline is None:
        return "no_baseline"
    return "no_qualifying_service" if household.endline is not None else "no_endline"
