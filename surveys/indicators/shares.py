"""P6 and P7: what share of income remittances and women bring. Pure. indicators.md § 6.

Amounts are nominal local money of the interview's year; sums never mix two countries' money.
"""

from collections.abc import Iterator

from surveys.indicators.facts import Household, Interview, Snapshot
from surveys.indicators.figures import Drop, Kind, Measure, Outcome, Unit
from surveys.indicators.grouping import BASELINE, COUNTRY, ENDLINE, ROUND, groups_of, round_groups
from surveys.indicators.income import ALL, EARNED, Money, check_tables, is_complete, nominal
from surveys.indicators.parameters import LOCAL, Parameters

SPLIT = (COUNTRY, ROUND)
REMITTANCES = (
    Measure("remittance_share", Kind.RATIO, split=SPLIT),
    Measure("remittance_median", Kind.MEDIAN, split=(ROUND,)),
)
WOMEN = (Measure("women_share", Kind.RATIO, split=(COUNTRY,)),)
_REMIT = frozenset({"remit"})
_OF_WOMEN = {"woman": 1.0, "both": 0.5}


def remittance_share(snapshot: Snapshot, parameters: Parameters, money: Money) -> Outcome:
    """Remittances in all income, pooled, with the median of households' shares beside it.

    Raises ParameterMissing.
    """
    units: list[Unit] = []
    drops: list[Drop] = []
    check_tables([(h.country, i) for h, _, i in _rounds(snapshot)], money, kinds=ALL)
    for household, name, interview in _rounds(snapshot):
        groups = round_groups(household, name)
        if not is_complete(interview, ALL):
            drops.append(Drop(household.id, f"income_incomplete_{name}", groups))
            continue
        total = nominal(interview, ALL, household.country, money)
        if not total:
            drops.append(Drop(household.id, f"no_income_{name}", groups))
            continue
        remitted = nominal(interview, _REMIT, household.country, money)
        units += [
            Unit(measure.key, household.id, remitted, total, groups, interview.on)
            for measure in REMITTANCES
        ]
    return Outcome(tuple(units), tuple(drops))


def women_share(snapshot: Snapshot, parameters: Parameters, money: Money) -> Outcome:
    """What women earn, and half of what both earn, in earned income at baseline.

    Raises ParameterMissing.
    """
    units: list[Unit] = []
    drops: list[Drop] = []
    asked = [(h.country, i) for h, name, i in _rounds(snapshot) if name == BASELINE]
    check_tables(asked, money, kinds=EARNED)
    for household, name, interview in _rounds(snapshot):
        if name != BASELINE:
            continue
        groups = groups_of(household)
        if not is_complete(interview, EARNED):
            drops.append(Drop(household.id, "income_incomplete", groups))
            continue
        earned = nominal(interview, EARNED, household.country, money)
        if not earned:
            drops.append(Drop(household.id, "no_income", groups))
            continue
        amounts = money.amounts(interview, household.country)
        part = sum(
            _OF_WOMEN.get(source.earner, 0.0) * amount
            for source, amount in zip(interview.sources or (), amounts, strict=True)
            if source.kind in EARNED and isinstance(amount, float)
        )
        units.append(Unit("women_share", household.id, part, earned, groups, interview.on))
    return Outcome(tuple(units), tuple(drops))


def _rounds(snapshot: Snapshot) -> Iterator[tuple[Household, str, Interview]]:
    for household in snapshot.households:
        if household.baseline is None or household.country not in LOCAL:
            continue
        yield household, BASELINE, household.baseline.interview
        if household.endline is not None:
            yield household, ENDLINE, household.endline
