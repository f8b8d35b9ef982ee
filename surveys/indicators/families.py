"""O3.1: vulnerable families with access to livelihood services, each once. Pure.

indicators.md § 3: a family counts from the day of its first qualifying service in the period.
"""

from collections import Counter
from collections.abc import Iterable

from surveys.indicators.facts import Household, Service, Snapshot
from surveys.indicators.figures import Drop, Groups, Kind, Measure, Outcome, Side, Unit
from surveys.indicators.grouping import OBLAST, QUARTER, groups_of, quarter
from surveys.indicators.parameters import Parameters

FAMILIES, NOT_VULNERABLE = "families", "families_not_vulnerable"
MEASURES = (Measure(FAMILIES, Kind.COUNT), Measure(NOT_VULNERABLE, Kind.COUNT))
_BY_VALUE = frozenset({"inputs", "grant", "loan"})


def qualifies(service: Service) -> bool:
    """A livelihood service that is completed, or gave goods or money of some value."""
    if service.kind != "livelihood":
        return False
    return service.completed or (service.type in _BY_VALUE and (service.value or 0) > 0)


def in_period(service: Service, parameters: Parameters) -> bool:
    on = service.on
    return on is not None and parameters.period_from <= on <= parameters.period_until


def qualifying(household: Household, parameters: Parameters) -> list[Service]:
    """Qualifying services in the programme's period, the first one first."""
    found = [s for s in household.services if qualifies(s) and in_period(s, parameters)]
    return sorted(found, key=lambda s: (s.on, s.order))


def families(snapshot: Snapshot, parameters: Parameters) -> Outcome:
    """Every household is either counted or dropped for one reason."""
    units: list[Unit] = []
    drops: list[Drop] = []
    served: list[tuple[Household, list[Service]]] = []
    for household in snapshot.households:
        services = qualifying(household, parameters)
        reason = _reason(household, services)
        if services and household.baseline is not None:
            units.append(_unit(household, services, NOT_VULNERABLE if reason else FAMILIES))
        if reason:
            drops.append(_drop(household, reason))
        else:
            served.append((household, services))
    sides = (
        _types(served),
        _active(snapshot.households, parameters),
        _with_legal_aid(served, parameters),
    )
    return Outcome(tuple(units), tuple(drops), sides)


def _drop(household: Household, reason: str) -> Drop:
    baseline = household.baseline
    on, score = (baseline.interview.on, baseline.score) if baseline else (None, None)
    return Drop(household.id, reason, groups_of(household), on, score)


def _reason(household: Household, services: list[Service]) -> str:
    """Why a family does not count; "" where it does."""
    if household.baseline is None:
        return "no_baseline"
    if not household.baseline.vulnerable:
        return "not_vulnerable"
    if services:
        return ""
    if any(map(qualifies, household.services)):
        return "outside_period"
    return "no_qualifying_service" if household.services else "no_service"


def _unit(household: Household, services: list[Service], measure: str) -> Unit:
    first = services[0].on
    assert first is not None
    groups: Groups = {
        **groups_of(household, first),
        QUARTER: quarter(first),
        "service_type": tuple(sorted({s.type for s in services})),
        "partner": tuple(sorted({s.partner or "unknown" for s in services})),
    }
    return Unit(measure, household.id, 1, 1, groups, first)


def _types(served: Iterable[tuple[Household, list[Service]]]) -> Side:
    """Families by how many types of service they had: rows add up to the families."""
    counts = Counter(min(len({s.type for s in services}), 3) for _, services in served)
    rows = tuple((name, counts[n]) for n, name in ((1, "1"), (2, "2"), (3, "3+")))
    return Side("types_of_service", ("types", "families"), rows)


def _active(households: Iterable[Household], parameters: Parameters) -> Side:
    """Families with any service in a quarter: not additive, a family may stand in each."""
    active: Counter[str] = Counter()
    for household in households:
        days = (s.on for s in household.services if in_period(s, parameters))
        active.update({quarter(day) for day in days if day is not None})
    rows = tuple(sorted(active.items()))
    return Side("active_families", ("quarter", "families"), rows)


def _with_legal_aid(
    served: Iterable[tuple[Household, list[Service]]], parameters: Parameters
) -> Side:
    """Families that had both; each counts in both indicators, and never twice in one."""
    both: Counter[str] = Counter()
    for household, _ in served:
        aided = any(s.type == "legal_aid" and in_period(s, parameters) for s in household.services)
        both[groups_of(household)[OBLAST]] += aided
    rows = tuple((oblast, n) for oblast, n in sorted(both.items()) if n)
    rows += (("all", both.total()),) if rows else ()
    return Side("with_legal_aid", ("oblast", "families"), rows)
