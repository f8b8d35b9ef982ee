"""Settles one district: villages, yards, and the neighbours that are easily taken for one another.

Kinds of hard negatives, each a pair of households that are two:
compound (brothers in one yard), shared_phone (a neighbour's), namesake (heads of one name in one
village), cowife (a second wife's household; the husband stands in both rosters), twins (rhyming
brothers, each with a family), and split (a son's new household, see events.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import cos, pi, radians, sin
from random import Random

from tests.streams.families import Founder, Line
from tests.streams.people import Household, Member, Negative, Person
from tests.streams.places import District, Village

CHANCES = {
    "compound": 0.080, "shared_phone": 0.052, "namesake": 0.027, "cowife": 0.023, "twins": 0.006,
}  # fmt: skip
METRES_A_DEGREE = 111_320


@dataclass(slots=True)
class Settled:
    """A district's households by village and its hard negatives."""

    district: District
    founders: list[Founder]
    households: list[Household] = field(default_factory=list)
    negatives: list[Negative] = field(default_factory=list)


class Settler:
    """Fills a district with households."""

    def __init__(self, district: District, rng: Random, today: date, *, shared_card: bool):
        self.district, self.rng, self.shared_card = district, rng, shared_card
        base = district.number * 1_000_000
        self.people = iter(range(base + 1, base + 1_000_000))
        self.keys: Iterator[int] = iter(range(base + 1, base + 1_000_000))
        founders = [Founder(rng, self.people, today, v.languages) for v in district.villages]
        self.settled = Settled(district, founders)
        self.dead: set[int] = set()

    def settle(self) -> Settled:
        for number, village in enumerate(self.district.villages):
            end = len(self.settled.households) + village.households
            while len(self.settled.households) < end:
                first = self.found(number, self.settled.founders[number].line())
                self._neighbours(first, number, end)
        return self.settled

    def _neighbours(self, first: Household, number: int, end: int) -> None:
        traps = {
            "compound": self._compound, "shared_phone": self._shared_phone,
            "namesake": self._namesake, "cowife": self._cowife, "twins": self._twins,
        }  # fmt: skip
        draw = self.rng.random()
        for kind, chance in CHANCES.items():
            draw -= chance
            if draw < 0 and len(self.settled.households) < end:
                traps[kind](first, number, self.settled.founders[number])
                return

    def found(
        self,
        number: int,
        line: Line,
        *,
        members: Sequence[Member] = (),
        yard: Household | None = None,
    ) -> Household:
        founder, village = self.settled.founders[number], self.district.villages[number]
        lat, lon = (yard.lat, yard.lon) if yard else around(self.rng, village.lat, village.lon, 600)
        key, country = next(self.keys), self.district.country
        household = Household(
            key, number, lat, lon, new_phone(self.rng, country),
            self._second_phone(number), self.card(village, key),
            list(members) or founder.family(line),
        )  # fmt: skip
        self.settled.households.append(household)
        return household

    def _second_phone(self, number: int) -> str:
        """Another of the family's, or of a relative who can be asked to fetch them."""
        rng, known = self.rng, self.settled.households
        if known and rng.random() < 0.4:
            relative = known[int(rng.random() * len(known))]
            if relative.village == number:
                return relative.phone
        return new_phone(rng, self.district.country)

    def card(self, village: Village, key: int) -> str:
        """Printed numbers; where a village shares one, its elder keeps the card."""
        number = 1 if self.shared_card and village is self.district.villages[0] else key % 100_000
        return f"{self.district.country}-{self.district.in_country:02d}-{number:05d}"

    def _note(self, left: Household, right: Household, kind: str) -> None:
        self.settled.negatives.append(Negative(left.key, right.key, kind))

    def _compound(self, first: Household, number: int, founder: Founder) -> None:
        head, rng = first.head, self.rng
        line = Line(head.language, head.base, head.form, head.father)
        age = min(75.0, max(21.0, age_of(head, founder.today) - 9 + 18 * rng.random()))
        yard = first if rng.random() < 0.85 else None
        brother = self.found(number, line, members=founder.family(line, age), yard=yard)
        if rng.random() < 0.45:
            brother.phone = first.phone
        self._same_wife(first, brother, 0.2)
        self._note(first, brother, "compound")

    def _same_wife(self, first: Household, second: Household, chance: float) -> None:
        wives = [h.find("spouse", "F") for h in (first, second)]
        if all(wives) and self.rng.random() < chance:
            wives[1][0].person.given = wives[0][0].person.given
            wives[1][0].person.language = wives[0][0].person.language

    def _shared_phone(self, first: Household, number: int, founder: Founder) -> None:
        near = self.found(number, founder.line())
        near.lat, near.lon = around(self.rng, first.lat, first.lon, 250)
        near.phone = first.phone
        self._note(first, near, "shared_phone")

    def _namesake(self, first: Household, number: int, founder: Founder) -> None:
        head, rng = first.head, self.rng
        line = Line(head.language, head.base, head.form, founder.line().father)
        gap = (2 + 8 * rng.random()) * (1 if rng.random() < 0.5 else -1)
        age = min(78.0, max(20.0, age_of(head, founder.today) + gap))
        second = self.found(number, line, members=founder.family(line, age))
        if second.head.sex == head.sex:
            rename_head(second, head.given)
            second.head.ending = head.ending
        self._same_wife(first, second, 0.15)
        self._note(first, second, "namesake")

    def _cowife(self, first: Household, number: int, founder: Founder) -> None:
        husband, wives = first.head, first.find("spouse", "F")
        if husband.sex != "M" or not wives:
            return
        line = Line(husband.language, husband.base, husband.form, husband.father)
        second = founder.bride(line, age_of(wives[0].person, founder.today) - 9 * self.rng.random())
        members = [Member(second, "head"), *founder.children(husband, second)]
        members.append(Member(husband, "spouse"))
        self._note(first, self.found(number, line, members=members), "cowife")

    def _twins(self, first: Household, number: int, founder: Founder) -> None:
        head = first.head
        if head.sex != "M":
            return
        line = Line(head.language, head.base, head.form, head.father)
        elder, younger = founder.twins(line, head.birth, "M")
        head.ending, head.birth_vague = "", elder.birth_vague
        rename_head(first, elder.given)
        members = founder.family(line, age_of(head, founder.today))
        second = self.found(number, line, members=members)
        rename_head(second, younger.given)
        second.members[0] = Member(younger, "head")
        second.lat, second.lon = around(self.rng, first.lat, first.lon, 60)
        self._note(first, second, "twins")


def rename_head(household: Household, given: str) -> None:
    """Gives the head another name, and the patronymic of it to his children."""
    for child in household.find("child"):
        if child.person.father == household.head.given:
            child.person.father = given
    household.head.given = given


def age_of(person: Person, today: date) -> float:
    """Years, with a fraction."""
    return (today - person.birth).days / 365.25


def around(rng: Random, lat: float, lon: float, metres: float) -> tuple[float, float]:
    """A place near a place: the distance is exponential with this mean."""
    distance, angle = rng.expovariate(1 / metres) / METRES_A_DEGREE, 2 * pi * rng.random()
    return lat + distance * sin(angle), lon + distance * cos(angle) / cos(radians(lat))


PREFIXES = {
    "KG": ("550", "555", "700", "707", "770", "777", "500", "990", "220"),
    "TJ": ("90", "91", "92", "93", "98", "88", "50", "11"),
}


def new_phone(rng: Random, country: str) -> str:
    """Nine national digits."""
    prefixes = PREFIXES[country]
    prefix = prefixes[int(rng.random() * len(prefixes))]
    size = 9 - len(prefix)
    return prefix + str(int(rng.random() * 10**size)).zfill(size)
