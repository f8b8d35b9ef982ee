"""The indicators: code, measures, groups, and what computes each. Pure. The words: `words.py`.

An indicator is one line here, the function it names, its test and a row of `docs/indicators.md`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from surveys.indicators import earned, families, grouping, needs, nutrition, profile, shares, women
from surveys.indicators.facts import Snapshot
from surveys.indicators.figures import Kind, Measure, Outcome
from surveys.indicators.income import Money
from surveys.indicators.parameters import Parameters

VERSION = "4"  # of these definitions; raise it when one of them changes
Compute = Callable[[Snapshot, Parameters, Money], Outcome]
SMALLEST, SMALLEST_LEGAL = 5, 10  # counts below are not published (indicators.md § 8)


@dataclass(frozen=True, slots=True)
class Definition:
    """`groups`: what it may be asked by. `overlapping`: of those, where a unit stands in several.

    `restricted`: its households are shown to people named for legal aid only.
    """

    code: str
    measures: tuple[Measure, ...]
    compute: Compute
    groups: tuple[str, ...] = grouping.HOUSEHOLD
    overlapping: frozenset[str] = frozenset()
    restricted: bool = False

    @property
    def headline(self) -> Measure:
        return self.measures[0]

    @property
    def smallest(self) -> int:
        return SMALLEST_LEGAL if self.restricted else SMALLEST


def _plain(compute: Callable[[Snapshot, Parameters], Outcome]) -> Compute:
    return lambda snapshot, parameters, money: compute(snapshot, parameters)


def _baseline(code: str, key: str, kind: Kind, told: profile.Told) -> Definition:
    measure = Measure(key, kind)
    return Definition(code, (measure,), _plain(profile.of_baselines(measure, told)))


STAY = (*grouping.HOUSEHOLD, "stay")
FOOD = (*grouping.HOUSEHOLD, grouping.MIGRANTS)
SERVED = frozenset({"service_type", "partner"})
LEGAL = frozenset({"topic", "legal_form", "outcome", "partner"})
DEFINITIONS = {
    each.code: each
    for each in (
        Definition(
            "O3.1",
            families.MEASURES,
            _plain(families.families),
            (*grouping.HOUSEHOLD, grouping.QUARTER, "service_type", "partner"),
            SERVED,
        ),
        Definition(
            "O3.2",
            women.MEASURES,
            _plain(women.women),
            (
                *grouping.PLACES,
                "age",
                grouping.HEAD_SEX,
                grouping.MIGRANT,
                grouping.QUARTER,
                "topic",
                "legal_form",
                "outcome",
                "partner",
            ),
            LEGAL,
            restricted=True,
        ),
        Definition("O3.3", earned.MEASURES, earned.income_increased, grouping.HOUSEHOLD),
        _baseline("P1", "female_headed", Kind.SHARE, profile.female_headed),
        _baseline("P2", "household_size", Kind.MEAN, profile.household_size),
        Definition("P3", profile.MIGRANTS, _plain(profile.migrants), STAY),
        Definition("P4", profile.LOST_CONTACT, _plain(profile.lost_contact), STAY),
        _baseline("P5", "dependency_ratio", Kind.RATIO, profile.dependents),
        Definition("P6", shares.REMITTANCES, shares.remittance_share, grouping.HOUSEHOLD),
        Definition("P7", shares.WOMEN, shares.women_share, grouping.HOUSEHOLD),
        _baseline("P8", "unregistered", Kind.SHARE, profile.unregistered),
        Definition(
            "P9",
            profile.OUT_OF_SCHOOL,
            _plain(profile.children_out_of_school),
            grouping.HOUSEHOLD,
        ),
        _baseline("P10", "livestock_units", Kind.MEAN, profile.livestock_units),
        Definition("P11", profile.INDEBTED, _plain(profile.indebted), grouping.HOUSEHOLD),
        Definition(
            "P12",
            profile.LEGAL_NEED_MET,
            _plain(profile.legal_need_met),
            grouping.HOUSEHOLD,
            restricted=True,
        ),
        Definition(
            "P13",
            (women.RESOLVED,),
            _plain(women.resolution),
            (*grouping.PLACES, "topic", "legal_form", "partner"),
            LEGAL,
            restricted=True,
        ),
        Definition(
            "P14",
            profile.SATISFACTION,
            _plain(profile.satisfaction),
            (*grouping.HOUSEHOLD, "service_type", "partner"),
        ),
        Definition("P15", needs.MEASURES, _plain(needs.needs)),
        Definition("FCS", nutrition.FCS, _plain(nutrition.food_consumption), FOOD),
        Definition("rCSI", nutrition.RCSI, _plain(nutrition.coping_index), FOOD),
        Definition("LCS", nutrition.LCS, _plain(nutrition.livelihood_coping), FOOD),
        Definition("FES", nutrition.FES, _plain(nutrition.food_expenditure), FOOD),
    )
}
