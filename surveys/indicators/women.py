"""O3.2: women with access to legal aid, their cases and consultations. Pure. indicators.md § 3.

P13, how cases ended, is told of the same cases.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from surveys.indicators.facts import Household, Service, Snapshot
from surveys.indicators.families import in_period
from surveys.indicators.figures import Drop, Groups, Kind, Measure, Outcome, Side, Unit
from surveys.indicators.grouping import QUARTER, groups_of, quarter, woman_band
from surveys.indicators.open_cases import open_cases
from surveys.indicators.parameters import Parameters

WOMEN, CASES, CONSULTATIONS, GIRLS = "women", "cases", "consultations", "girls"
MEASURES = tuple(Measure(key, Kind.COUNT) for key in (WOMEN, CASES, CONSULTATIONS, GIRLS))
RESOLVED = Measure("resolved", Kind.SHARE)
GROWN_UP = 18  # years, of the year of service
_SOLVED = frozenset({"solved", "partly"})
PersonKey = tuple[int, str, int | None]


@dataclass(frozen=True, slots=True)
class Client:
    """One person of one household with the records of her legal aid, the first one first."""

    household: Household
    records: tuple[Service, ...]

    @property
    def birth_year(self) -> int | None:
        return next((s.birth_year for s in self.records if s.birth_year is not None), None)

    @property
    def first_on(self) -> date:
        day = self.records[0].on
        assert day is not None
        return day

    @property
    def reason(self) -> str:
        """Why she does not count as a woman; "" where she does, "girl" for girls."""
        if self.records[0].sex != "female":
            return "not_female"
        if self.birth_year is None:
            return "birth_year_missing"
        return "" if self.first_on.year - self.birth_year >= GROWN_UP else "girl"


def clients(household: Household, parameters: Parameters) -> list[Client]:
    """Persons with legal aid in the period: by roster line, else by name and year of birth.

    A record without a line that agrees in name and year with one that has it is of that person.
    """
    records = [s for s in household.services if s.type == "legal_aid" and in_period(s, parameters)]
    lines: dict[tuple[str, int | None], int] = {}
    for each in records:
        if each.line and each.name and each.birth_year:
            lines.setdefault((each.name, each.birth_year), each.line)
    found: dict[PersonKey, list[Service]] = defaultdict(list)
    for service in sorted(records, key=lambda s: (s.on, s.order)):
        line = service.line or lines.get((service.name, service.birth_year)) or 0
        key = (line, "", None) if line else (0, service.name, service.birth_year)
        found[key].append(service)
    return [Client(household, tuple(records)) for _, records in sorted(found.items(), key=str)]


def women(snapshot: Snapshot, parameters: Parameters) -> Outcome:
    """Women, cases and consultations side by side; girls apart and in none of the three."""
    units: list[Unit] = []
    drops: list[Drop] = []
    again: list[tuple[str, int, tuple[str, ...]]] = []
    grown: list[Client] = []
    for household in snapshot.households:
        for client in clients(household, parameters):
            reason = client.reason
            if not reason:
                grown.append(client)
                firsts = tuple(str(s.record) for s in client.records if s.first)
                again += [(str(household.id), len(firsts), firsts)] * (len(firsts) > 1)
            elif reason == "girl":
                units.append(_person(GIRLS, client))
            else:
                drops.append(Drop(household.id, reason, groups_of(household)))
    units += [_person(WOMEN, client) for client in grown]
    units += [_consultation(client, s) for client in grown for s in client.records]
    units += [_person(CASES, case.client) for case in cases(grown)]
    columns = ("household", "records_marked_first", "records")
    review = Side("first_twice", columns, tuple(again))
    return Outcome(tuple(units), tuple(drops), (review,))


def _person(measure: str, client: Client) -> Unit:
    on = client.first_on
    groups: Groups = {
        **groups_of(client.household, on),
        QUARTER: quarter(on),
        "age": woman_band(client.birth_year, on) if measure == WOMEN else "<18",
        "topic": _all(topic for s in client.records for topic in s.topics),
        "legal_form": _all(s.form for s in client.records),
        "outcome": _all(s.outcome for s in client.records[-1:]),
        "partner": _all(s.partner for s in client.records),
    }
    return Unit(measure, client.household.id, 1, 1, groups, on)


def _consultation(client: Client, service: Service) -> Unit:
    alone = Client(client.household, (service,))
    told = _person(CONSULTATIONS, alone)
    groups = {**told.groups, "age": woman_band(client.birth_year, service.on)}
    return Unit(CONSULTATIONS, told.household, 1, 1, groups, told.on)


def _all(said: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({each or "unknown" for each in said})) or ("unknown",)


@dataclass(frozen=True, slots=True)
class Case:
    """A lawyer's case: its records, the first one first. The last one's outcome counts."""

    number: str
    client: Client

    @property
    def outcome(self) -> str:
        return self.client.records[-1].outcome


def cases(grown: Iterable[Client]) -> list[Case]:
    """The distinct cases of these women; one that two households name is of the first record's."""
    found: dict[str, list[tuple[Service, Household]]] = defaultdict(list)
    for client in grown:
        for service in client.records:
            if service.case:
                found[service.case].append((service, client.household))
    told: list[Case] = []
    for number, records in sorted(found.items()):
        records.sort(key=lambda pair: (pair[0].on, pair[0].order))
        told.append(Case(number, Client(records[0][1], tuple(s for s, _ in records))))
    return told


def resolution(snapshot: Snapshot, parameters: Parameters) -> Outcome:
    """P13: of the cases, but for those open for longer than the parameter says, how many ended."""
    units: list[Unit] = []
    drops: list[Drop] = []
    until = min(snapshot.as_of, parameters.period_until)
    people = (c for h in snapshot.households for c in clients(h, parameters))
    told_cases = cases([client for client in people if not client.reason])
    for case in told_cases:
        household, opened = case.client.household, case.client.first_on
        if case.outcome == "open" and (until - opened).days > parameters.open_case_days:
            drops.append(Drop(household.id, "open_too_long", groups_of(household)))
            continue
        told = _person(RESOLVED.key, case.client)
        solved = float(case.outcome in _SOLVED)
        units.append(Unit(RESOLVED.key, household.id, solved, 1, told.groups, opened))
    open_ = (c.client for c in told_cases if c.outcome == "open")
    side = open_cases([(c.records[-1].partner, (until - c.first_on).days) for c in open_])
    return Outcome(tuple(units), tuple(drops), (side,))
