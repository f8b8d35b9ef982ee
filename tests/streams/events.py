"""What happens to families between two rounds: births, deaths, weddings, moves, splits."""

from datetime import date, timedelta
from random import Random

from tests.streams.district import Settler, age_of, around, new_phone
from tests.streams.families import Line
from tests.streams.noise import Noise
from tests.streams.people import Household, Member, Negative, Person, seen_from

BIRTH, WEDDING, DAUGHTER_LEAVES, COMES_TO_STAY = 0.085, 0.09, 0.10, 0.012
LEAVES, RETURNS, SPLIT, MOVE, LEAVES_FOR_GOOD = 0.08, 0.25, 0.016, 0.006, 0.006


class HalfYear:
    """Lets half a year pass in a district."""

    def __init__(self, settler: Settler, noise: Noise, round_no: int, today: date):
        self.settler, self.noise, self.round_no, self.today = settler, noise, round_no, today
        self.rng: Random = settler.rng
        self.brides: list[Person] = []  # daughters who left home, not yet married in elsewhere
        for founder in settler.settled.founders:
            founder.today = today

    def pass_by(self) -> None:
        for household in list(self.settler.settled.households):
            if household.until >= self.round_no and household.members:
                self._one(household)

    def _one(self, household: Household) -> None:
        rng = self.rng
        self._deaths(household)
        if not household.members or rng.random() < LEAVES_FOR_GOOD:
            household.until = self.round_no - 1
            return
        for member in list(household.members):
            self._life(household, member)
        if rng.random() < self.noise.phone_changed:
            household.phone = new_phone(rng, self.settler.district.country)
        if rng.random() < COMES_TO_STAY:
            founder = self.settler.settled.founders[household.village]
            guest = founder.person("F", 10 + 50 * rng.random(), founder.line())
            household.members.append(Member(guest, "other"))
        if rng.random() < MOVE:
            self._move(household)

    def _deaths(self, household: Household) -> None:
        dead = self.settler.dead
        for person in [m.person for m in household.members]:
            age = age_of(person, self.today)
            if age > 55 and self.rng.random() < 0.004 + 0.0011 * (age - 55):
                dead.add(person.key)  # a man of two households dies in both
            if person.key in dead:
                bury(household, person)

    def _life(self, household: Household, member: Member) -> None:
        person, rng = member.person, self.rng
        age = age_of(person, self.today)
        if not 17.5 < age < 50:
            return
        if person.sex == "M":
            person.abroad = rng.random() < (1 - RETURNS if person.abroad else LEAVES)
            if member.relation == "child":
                self._son(household, member, age)
        elif member.relation in ("spouse", "child_in_law") and age < 43:
            if rng.random() < BIRTH:
                self._birth(household, member)
        elif member.relation == "child" and age < 30 and rng.random() < DAUGHTER_LEAVES:
            household.members.remove(member)
            self.brides.append(person)

    def _birth(self, household: Household, mother: Member) -> None:
        founder = self.settler.settled.founders[household.village]
        relation, father = "child", household.head
        if mother.relation == "child_in_law":
            sons = husbands_of(household)
            if not sons:
                return
            relation, father = "grandchild", sons[int(self.rng.random() * len(sons))].person
        line = Line(father.language, father.base, father.form, father.given)
        day = self.today - timedelta(days=int(180 * self.rng.random()))
        taken = [m.person.given for m in household.members]
        child = founder.person("M" if self.rng.random() < 0.51 else "F", 1, line, taken)
        child.birth, child.birth_vague = day, False
        household.members.append(Member(child, relation))

    def _son(self, household: Household, member: Member, age: float) -> None:
        married = household.find("child_in_law", "F")
        if age > 20 and not married and self.rng.random() < WEDDING:
            household.members.append(
                Member(self._bride(household, member.person, age), "child_in_law")
            )
        elif married and household.until >= self.round_no and self.rng.random() < SPLIT:
            self._split(household, member, married[0])

    def _bride(self, household: Household, son: Person, age: float) -> Person:
        """A daughter of another house if one waits, with her father's name or her husband's."""
        line = Line(son.language, son.base, son.form, "")
        if self.brides and self.brides[0].base != son.base and self.rng.random() < 0.7:
            bride = self.brides.pop(0)
            if self.rng.random() < 0.5:
                bride.base, bride.form = son.base, son.form
            return bride
        return self.settler.settled.founders[household.village].bride(line, age - 3)

    def _split(self, household: Household, son: Member, wife: Member) -> None:
        """The son and his wife found their own, near by; small children go with them."""
        small = [m for m in household.find("grandchild") if m.person.father == son.person.given]
        leaving = [son, wife, *small]
        if small and self.rng.random() < 0.6:
            return  # with children there is more to keep them
        if len(leaving) >= len(household.members):
            return
        household.members = [m for m in household.members if m not in leaving]
        members = [Member(son.person, "head"), Member(wife.person, "spouse")]
        members += [Member(m.person, "child") for m in small]
        person = son.person
        line = Line(person.language, person.base, person.form, person.father)
        new = self.settler.found(household.village, line, members=members)
        new.lat, new.lon = around(self.rng, household.lat, household.lon, 120)
        if self.rng.random() < 0.35:
            new.phone = household.phone
        new.since = self.round_no
        negative = Negative(household.key, new.key, "split")
        self.settler.settled.negatives.append(negative)

    def _move(self, household: Household) -> None:
        villages = self.settler.district.villages
        household.village = int(self.rng.random() * len(villages))
        village = villages[household.village]
        household.lat, household.lon = around(self.rng, village.lat, village.lon, 600)


def husbands_of(household: Household) -> list[Member]:
    """Sons who are old enough to be the fathers of grandchildren."""
    wives = household.find("child_in_law", "F")
    sons = household.find("child", "M")
    return [
        s for s in sons if wives and s.person.birth < wives[0].person.birth.replace(day=1)
    ] or sons


def bury(household: Household, person: Person) -> None:
    """Takes somebody out; after a head the spouse leads, else the eldest who is grown."""
    member = next(m for m in household.members if m.person is person)
    household.members.remove(member)
    if member.relation != "head" or not household.members:
        return
    next_head = min(household.members, key=lambda m: (m.relation != "spouse", m.person.birth))
    household.members = seen_from(household.members, next_head)
