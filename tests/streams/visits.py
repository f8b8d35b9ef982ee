"""The field work: who visits whom and when, and the record that comes of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tests.streams.district import Settled, age_of, around
from tests.streams.letters import CYRILLIC, LATIN
from tests.streams.noise import Noise
from tests.streams.people import Household, Member, Person, seen_from
from tests.streams.places import Village
from tests.streams.plan import Plan
from tests.streams.writing import Page, Pen, habit

Answers = dict[str, Any]
WEEKS = 11
HOUSEHOLDS_PER_ENUMERATOR, MOST_ENUMERATORS = 27, 40  # of a district
LATIN_WRITERS = 0.11
MOTHER_AT = 15  # from this age a woman is one of truth_women
PARTNERS = ("P1", "P2", "P3")


@dataclass(frozen=True, slots=True)
class Enumerator:
    """Somebody with a tablet and a habit of writing."""

    number: int
    scheme: str
    surname_first: bool
    partner: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A record as it will be sent, and what is true about it."""

    at: datetime
    household: int
    persons: tuple[int, ...]  # one for each member, in order
    women: tuple[int, ...]  # places in the list, from 1
    answers: Answers


class FieldTeam:
    """The enumerators of a district."""

    def __init__(self, plan: Plan, rng: Random, settled: Settled, noise: Noise):
        self.plan, self.rng, self.settled, self.noise = plan, rng, settled, noise
        self.pen = Pen(rng, noise)
        count = max(4, min(MOST_ENUMERATORS, len(settled.households) // HOUSEHOLDS_PER_ENUMERATOR))
        self.enumerators = [self._hire(number) for number in range(1, count + 1)]

    def _hire(self, number: int) -> Enumerator:
        """Habits are dealt out evenly, so that streams differ by more than who works in them."""
        own = self.settled.district.number * MOST_ENUMERATORS + number
        alphabet = LATIN if (own * 0.6180 + self.plan.seed * 0.37) % 1 < LATIN_WRITERS else CYRILLIC
        scheme = habit((own * 0.7549 + self.plan.seed * 0.61) % 1, alphabet)
        surname_first = (own * 0.5698 + self.plan.seed * 0.83) % 1 < 0.62
        return Enumerator(own, scheme, surname_first, PARTNERS[number % len(PARTNERS)])

    def round(self, round_no: int, first_day: date) -> Iterator[Visit]:
        """All visits of a round, in no order."""
        for household in self.settled.households:
            if household.since <= round_no <= household.until and household.members:
                yield from self._visits(household, round_no, first_day)

    def _visits(self, household: Household, round_no: int, first_day: date) -> Iterator[Visit]:
        rng = self.rng
        if rng.random() >= self.plan.coverage:
            return
        visit = self._visit(household, round_no, first_day)
        yield visit
        while rng.random() < self.plan.dup_rate:
            if rng.random() < 0.04:  # the tablet lost the answer and sends the form again
                later = visit.at + timedelta(seconds=40 + int(900 * rng.random()))
                answers = visit.answers | {"submitted_at": later.isoformat()}
                yield Visit(later, household.key, visit.persons, visit.women, answers)
            else:
                yield self._visit(household, round_no, first_day, after=visit.answers)

    def _visit(
        self, household: Household, round_no: int, first_day: date, after: Answers | None = None
    ) -> Visit:
        rng = self.rng
        at = datetime.combine(first_day, datetime.min.time()) + timedelta(
            days=int(rng.random() * 7 * WEEKS), seconds=int(3600 * (8 + 10 * rng.random() ** 1.05))
        )
        if rng.random() < 0.017:
            at += timedelta(hours=2)
        enumerator = self._send_out(after)
        page = self.pen.page(enumerator.scheme, surname_first=enumerator.surname_first)
        roster = self._roster(household, at.date())
        members = [self._member(m, no, page, at.date()) for no, m in enumerate(roster, 1)]
        answers = self._answers(household, round_no, at, enumerator, members)
        women = tuple(no for no, m in enumerate(roster, 1) if is_woman(m.person, at.date()))
        return Visit(at, household.key, tuple(m.person.key for m in roster), women, answers)

    def _send_out(self, after: Answers | None) -> Enumerator:
        """Whoever comes by; a second registration is mostly another partner's."""
        rng, team = self.rng, self.enumerators
        if after and self.plan.partner and rng.random() < 0.6:
            team = [e for e in team if e.partner != after["partner"]]
        return team[int(rng.random() * len(team))]

    def _roster(self, household: Household, today: date) -> list[Member]:
        """Who is listed, as the one who answers sees them."""
        rng, noise = self.rng, self.noise
        members = household.members
        head = members[0]
        if len(members) > 1 and rng.random() < noise.head_swapped * (
            1.7 if head.person.abroad else 1
        ):
            members = seen_from(members, self._speaker(members, today))
        kept = [members[0]]
        for member in members[1:]:
            rate = noise.member_left_out
            if member.person.abroad:
                rate = noise.absent_left_out
            elif member is head:
                rate = noise.head_unsaid
            if rng.random() >= rate:
                kept.append(member)
        if len(kept) > 2 and rng.random() < noise.shuffled:
            rest = kept[1:]
            rng.shuffle(rest)
            kept[1:] = rest
        return kept

    def _speaker(self, members: list[Member], today: date) -> Member:
        """Mostly the wife; now and then a grown child or a parent answers as the head."""
        grown = [m for m in members[1:] if age_of(m.person, today) > 18]
        wives = [m for m in grown if m.relation == "spouse"]
        if wives and self.rng.random() < 0.93:
            return wives[0]
        choice = [m for m in grown if m not in wives and self.rng.random() < 0.4] or wives
        choice = choice or members[:1]
        return choice[int(self.rng.random() * len(choice))]

    def _member(self, member: Member, no: int, page: Page, today: date) -> Answers:
        rng, noise, person = self.rng, self.noise, member.person
        sex, relation = person.sex, member.relation
        draw = rng.random()
        if draw < noise.sex_wrong:
            sex = "F" if sex == "M" else "M"
        elif draw < noise.sex_wrong + noise.relation_wrong and no > 1:
            relation = "other" if relation != "other" else "child"
        return {
            "no": no,
            "name": self.pen.name(person, page, is_head=no == 1),
            "relation": relation,
            "sex": sex,
            "birth": self.pen.birth(person, today),
        }

    def _answers(
        self, household: Household, round_no: int, at: datetime, enumerator: Enumerator,
        members: list[Answers],
    ) -> Answers:  # fmt: skip
        rng, noise, district = self.rng, self.noise, self.settled.district
        head, village = members[0], household.village
        if rng.random() < noise.village_wrong:
            village = int(rng.random() * len(district.villages))
        answers = {
            "round": round_no,
            "submitted_at": at.isoformat(),
            "enumerator_id": f"E{enumerator.number:03d}",
            "device_id": f"D{enumerator.number:03d}",
            "country": district.country,
            "district": district.name,
            "village_code": district.villages[village].code,
            "head_name": head["name"],
            "head_sex": None if rng.random() < noise.head_sex_missing else head["sex"],
            "head_birth": head["birth"],
            "phone": self.pen.phone(household.phone, household.second_phone, district.country),
            **self._position(household, district.villages[household.village]),
            "members": members,
            "size": len(members) + (0 if rng.random() >= noise.size_wrong else 1),
        }
        if self.plan.card:
            answers["card_no"] = self.pen.card(household.card)
        if self.plan.partner:
            answers["partner"] = enumerator.partner
        return answers

    def _position(self, household: Household, village: Village) -> Answers:
        """Degrees; metres of accuracy as the tablet believes them."""
        rng, noise = self.rng, self.noise
        draw = rng.random()
        if draw < noise.gps_missing:
            return {"lat": None, "lon": None, "gps_accuracy_m": None}
        lat, lon = household.lat, household.lon
        accuracy = round(max(3.0, rng.gauss(9.8, 4.2)), 1)
        draw -= noise.gps_missing
        if draw < noise.gps_coarse:
            accuracy = round(100 + rng.expovariate(1 / 170), 1)
            lat, lon = around(rng, lat, lon, 420)
        elif draw < 2 * noise.gps_coarse:  # a mast, not a satellite: it gives the village
            accuracy = 100
            lat, lon = around(rng, village.lat, village.lon, 120)
        elif draw < 2 * noise.gps_coarse + noise.gps_elsewhere:
            lat, lon = around(rng, lat, lon, 260)  # asked at the school, the well, the shop
        else:
            lat, lon = around(rng, lat, lon, 8)
        return {"lat": round(lat, 6), "lon": round(lon, 6), "gps_accuracy_m": accuracy}


def is_woman(person: Person, today: date) -> bool:
    return person.sex == "F" and age_of(person, today) >= MOTHER_AT
