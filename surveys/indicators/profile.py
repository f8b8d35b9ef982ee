"""The household profile P1 to P12 and P14, from baselines and services. Pure. indicators.md § 6.

A profile measure is what each household adds to it: a value and a base, which no answer leaves out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from surveys.indicators.clusters import effect_of_villages
from surveys.indicators.facts import NO, YES, Baseline, Household, Snapshot
from surveys.indicators.figures import EFFECT, Drop, Groups, Kind, Measure, Outcome, Unit
from surveys.indicators.grouping import COUNTRY, groups_of
from surveys.indicators.parameters import Parameters
from surveys.indicators.women import clients

Part = tuple[float, float] | str  # value and base, or why there are none
Told = Callable[[Baseline], Part]
_MARRIED = frozenset({"reg", "nikoh", "sep", "div", "wid"})
_LOST = frozenset({"more", "lost"})
_CONTACT = frozenset({"week", "month", "half"}) | _LOST


def of_baselines(measure: Measure, told: Told) -> Callable[[Snapshot, Parameters], Outcome]:
    """An indicator of one measure that each baseline adds to."""

    def compute(snapshot: Snapshot, parameters: Parameters) -> Outcome:
        units, drops = [], []
        for household, baseline, groups in baselines(snapshot):
            part = told(baseline)
            if isinstance(part, str):
                drops.append(Drop(household.id, part, groups))
            elif any(part):  # dependents without anybody of working age count too
                on = baseline.interview.on
                units.append(Unit(measure.key, household.id, *part, groups, on))
        return Outcome(tuple(units), tuple(drops))

    return compute


def baselines(snapshot: Snapshot) -> Iterator[tuple[Household, Baseline, dict[str, str]]]:
    for household in snapshot.households:
        if household.baseline is not None:
            yield household, household.baseline, groups_of(household)


def answered(answer: str, *, hits: Iterable[str], base: Iterable[str]) -> Part:
    """1 of 1 where the answer is a hit, 0 of 1 where it is another of the base."""
    if answer in set(hits):
        return 1.0, 1.0
    if answer in set(base):
        return 0.0, 1.0
    return answer if answer in {"dk", "refused"} else "no_answer"


def female_headed(baseline: Baseline) -> Part:
    return answered(baseline.head_sex, hits={"female"}, base={"male"})


def household_size(baseline: Baseline) -> Part:
    size = baseline.interview.size
    return "no_answer" if size is None else (size, 1)


def dependents(baseline: Baseline) -> Part:
    """Members under 15 or of 65 and more, to those between; present and abroad alike."""
    ages = [m.age for m in baseline.members if m.age is not None]
    if not ages:
        return "no_answer"
    young_or_old = sum(age < 15 or age >= 65 for age in ages)
    return young_or_old, len(ages) - young_or_old


def unregistered(baseline: Baseline) -> Part:
    """Of members of 18 and more who were ever married, those by nikoh only."""
    grown = [m for m in baseline.members if m.age is not None and m.age >= 18]
    married = [m for m in grown if m.marital in _MARRIED]
    return sum(m.marital == "nikoh" for m in married), len(married)


def out_of_school(baseline: Baseline) -> Part:
    """Of members of 7 to 15 with an answer."""
    children = [m for m in baseline.members if m.age is not None and 7 <= m.age <= 15]
    asked = [m.school for m in children if m.school in {YES, NO}]
    return asked.count(NO), len(asked)


def children_out_of_school(snapshot: Snapshot, parameters: Parameters) -> Outcome:
    """P9, with the design effect that its interval takes."""
    (measure,) = OUT_OF_SCHOOL
    found = of_baselines(measure, out_of_school)(snapshot, parameters)
    effect = effect_of_villages(found.units, measure.key, snapshot.households)
    return replace(found, notes={f"{EFFECT}{measure.key}": effect})


def livestock_units(baseline: Baseline) -> Part:
    """Of who said how many of each kind: what is missing is not none."""
    cattle, sheep, poultry = baseline.cattle, baseline.sheep, baseline.poultry
    if cattle is None or sheep is None or poultry is None:
        return "no_answer"
    return 0.7 * cattle + 0.1 * sheep + 0.01 * poultry, 1


def migrants(snapshot: Snapshot, parameters: Parameters) -> Outcome:
    """P3: migrants a household, and how many there are by country of stay."""
    units: list[Unit] = []
    for household, baseline, groups in baselines(snapshot):
        on = baseline.interview.on
        abroad: dict[str, int] = defaultdict(int)
        for member in baseline.members:
            if member.present == "abroad":
                abroad[member.country or "unknown"] += 1
        units.append(
            Unit("migrants_per_household", household.id, sum(abroad.values()), 1, groups, on)
        )
        for country, n in sorted(abroad.items()):
            stay = {**groups, "stay": country}
            units.append(Unit("migrants", household.id, n, n, stay, on))
    return Outcome(tuple(units))


def lost_contact(snapshot: Snapshot, parameters: Parameters) -> Outcome:
    """P4: of migrants with an answer, those not heard of for six months or lost."""
    units: list[Unit] = []
    drops: list[Drop] = []
    for household, baseline, groups in baselines(snapshot):
        heard: dict[str, list[str]] = defaultdict(list)
        for member in baseline.members:
            if member.present == "abroad" and member.contact in _CONTACT:
                heard[member.country or "unknown"].append(member.contact)
            elif member.present == "abroad":
                drops.append(Drop(household.id, "no_answer", groups))
        for country, said in sorted(heard.items()):
            lost = sum(contact in _LOST for contact in said)
            stay = {**groups, "stay": country}
            on = baseline.interview.on
            units.append(Unit("lost_contact", household.id, lost, len(said), stay, on))
    return Outcome(tuple(units), tuple(drops))


def indebted(snapshot: Snapshot, parameters: Parameters) -> Outcome:
    """P11: in debt, and of those who said whether a payment is late, late."""
    units: list[Unit] = []
    drops: list[Drop] = []
    for household, baseline, groups in baselines(snapshot):
        on = baseline.interview.on
        debt = answered(baseline.debt_any, hits={YES}, base={NO})
        late = answered(baseline.debt_late, hits={YES}, base={NO})
        if isinstance(debt, str):
            drops.append(Drop(household.id, debt, groups))
        else:
            units.append(Unit("indebted", household.id, *debt, groups, on))
        if not isinstance(late, str):
            units.append(Unit("late", household.id, *late, groups, on))
        elif baseline.debt_any == YES:
            drops.append(Drop(household.id, f"late_{late}", groups))
    return Outcome(tuple(units), tuple(drops))


def legal_need_met(snapshot: Snapshot, parameters: Parameters) -> Outcome:
    """P12: women with legal aid since a baseline that named a need, to households that did."""
    units: list[Unit] = []
    for household, baseline, groups in baselines(snapshot):
        if not baseline.legal_need:
            continue
        on = baseline.interview.on
        met = sum(
            any(s.on is not None and s.on >= on for s in client.records)
            for client in clients(household, parameters)
            if not client.reason
        )
        units.append(Unit("legal_need_met", household.id, met, 1, groups, on))
    return Outcome(tuple(units))


def satisfaction(snapshot: Snapshot, parameters: Parameters) -> Outcome:
    """P14: of services with an answer, those that satisfied."""
    units: list[Unit] = []
    drops: list[Drop] = []
    for household in snapshot.households:
        groups: Groups = groups_of(household)
        for service in household.services:
            part = answered(service.satisfied, hits={YES}, base={NO})
            if isinstance(part, str):
                drops.append(Drop(household.id, part, groups))
                continue
            more = {"service_type": service.type, "partner": service.partner or "unknown"}
            told = {**groups, **more}
            units.append(Unit("satisfied", household.id, *part, told, service.on))
    return Outcome(tuple(units), tuple(drops))


MIGRANTS = (Measure("migrants_per_household", Kind.MEAN), Measure("migrants", Kind.COUNT))
OUT_OF_SCHOOL = (Measure("out_of_school", Kind.SHARE, interval=True),)
LOST_CONTACT = (Measure("lost_contact", Kind.SHARE),)
INDEBTED = (Measure("indebted", Kind.SHARE), Measure("late", Kind.SHARE))
LEGAL_NEED_MET = (Measure("legal_need_met", Kind.RATIO),)
SATISFACTION = (Measure("satisfied", Kind.SHARE),)
BY_COUNTRY = (COUNTRY,)
