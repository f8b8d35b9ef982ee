"""Founds families: who lives together, how old they are, what they are called."""

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from tests.streams.names import LANGUAGES, Language, falling, surname_bases
from tests.streams.people import Member, Person

FORMS: dict[str, tuple[tuple[str, float], ...]] = {
    "ky": (("ov", 0.86), ("uulu", 0.09), ("bare", 0.05)),
    "tg": (("ov", 0.78), ("zoda", 0.09), ("i", 0.08), ("bare", 0.05)),
    "uz": (("ov", 0.90), ("uulu", 0.06), ("bare", 0.04)),
}


@dataclass(frozen=True, slots=True)
class Line:
    """What a family hands down: language, surname, and the father whose name is the patronymic."""

    language: str
    base: str
    form: str
    father: str


class Founder:
    """Makes persons and families of one village."""

    def __init__(self, rng: Random, keys: Iterator[int], today: date, languages: Sequence[str]):
        self.rng, self.keys, self.today, self.languages = rng, keys, today, languages
        self._surnames = {code: self._choose_surnames(code) for code in dict.fromkeys(languages)}

    def _choose_surnames(self, code: str) -> list[str]:
        """A village has few surnames, and half of it bears three of them."""
        return self.rng.sample(surname_bases(code), 6 + int(self.rng.random() * 7))

    def pick(self, items: Sequence[str], steepness: float = 1.35) -> str:
        return items[min(bisect(falling(len(items), steepness), self.rng.random()), len(items) - 1)]

    def line(self) -> Line:
        code = self.languages[int(self.rng.random() * len(self.languages))]
        forms, chances = zip(*FORMS[code], strict=True)
        form = self.rng.choices(forms, chances)[0]
        father = self.pick(LANGUAGES[code].men)
        return Line(code, self.pick(self._surnames[code], 1.8), form, father)

    def birth(self, age: float) -> date:
        return self.today - timedelta(days=int(age * 365.25 + self.rng.random() * 365))

    def person(self, sex: str, age: float, line: Line, taken: Sequence[str] = ()) -> Person:
        """A person of about this age (years), with a name that nobody in `taken` has."""
        language, rng = LANGUAGES[line.language], self.rng
        names = language.men if sex == "M" else language.women
        given = self.pick(names)
        for _ in range(4):
            if given not in taken:
                break
            given = self.pick(names)
        return self.named(sex, given, self.birth(age), line, ending=rng.random() < 0.1)

    def named(
        self, sex: str, given: str, birth: date, line: Line, *, ending: bool = False
    ) -> Person:
        rng, language = self.rng, LANGUAGES[line.language]
        age = (self.today - birth).days / 365.25
        vague = rng.random() < (0.42 if age > 62 else 0.12 if age > 45 else 0.06)
        if not vague and rng.random() < 0.015:
            birth = birth.replace(month=1, day=1)
        part = ""
        if ending and not given.endswith(language.endings[sex]):
            part = self.pick(language.endings[sex])
        return Person(
            next(self.keys), sex, birth, vague, line.language, given, line.father, line.base,
            line.form, part,
        )  # fmt: skip

    def family(self, line: Line, age: float | None = None) -> list[Member]:
        """A household as its usual head would list it, the head first."""
        rng = self.rng
        age = age if age is not None else 22 + 61 * rng.random()
        draw = rng.random()
        if draw < 0.045:
            return [Member(self.person("M" if rng.random() < 0.4 else "F", age, line), "head")]
        if draw < 0.135:
            return self._woman_alone(line, age)
        head = self.person("M", age, line)
        head.abroad = 18 < age < 50 and rng.random() < 0.3
        members = [Member(head, "head"), Member(self.bride(line, age - 6 * rng.random()), "spouse")]
        members += self.children(head, members[1].person)
        if age < 66 and rng.random() < 0.26:
            members += self._parents(line, age)
        if rng.random() < 0.05:
            sex = "M" if rng.random() < 0.5 else "F"
            members.append(Member(self.person(sex, age * rng.random(), line), "other"))
        return members

    def _woman_alone(self, line: Line, age: float) -> list[Member]:
        """A widow, or a wife whose husband never came back."""
        woman = self.bride(line, age)
        husband = self.person("M", age + 3, line)
        return [Member(woman, "head"), *self.children(husband, woman)]

    def _parents(self, line: Line, age: float) -> list[Member]:
        parents = []
        if self.rng.random() < 0.8:
            parents.append(Member(self.bride(line, age + 19 + 9 * self.rng.random()), "parent"))
        if self.rng.random() < 0.35:
            grandfather = self.pick(LANGUAGES[line.language].men)
            elder = Line(line.language, line.base, line.form, grandfather)
            father = self.person("M", age + 22 + 9 * self.rng.random(), elder)
            father.given = line.father
            parents.append(Member(father, "parent"))
        return parents

    def bride(self, line: Line, age: float) -> Person:
        """A woman who married in: her own father, and his surname as often as her husband's."""
        own = self.line()
        base, form = (own.base, own.form) if self.rng.random() < 0.3 else (line.base, line.form)
        return self.person("F", max(age, 17.5), Line(own.language, base, form, own.father))

    def children(self, father: Person, mother: Person) -> list[Member]:
        """Those who still live at home, with wives of sons and their children."""
        rng, line = self.rng, Line(father.language, father.base, father.form, father.given)
        mothers_age = (self.today - mother.birth).days / 365.25
        members: list[Member] = []
        taken: list[str] = []
        at = 19.5 + 3 * rng.random()
        wanted = 10 * rng.random() - 0.7
        while at < min(mothers_age, 43) and len(taken) < wanted:
            age = mothers_age - at
            for child in self._born(age, line, taken):
                taken.append(child.given)
                members += self._at_home(child, age)
            at += 1.3 + 2.6 * rng.random()
        return members

    def _born(self, age: float, line: Line, taken: Sequence[str]) -> list[Person]:
        if self.rng.random() < 0.02:
            return self.twins(line, self.birth(age))
        return [self.person("M" if self.rng.random() < 0.51 else "F", age, line, taken)]

    def twins(self, line: Line, birth: date, sex: str = "") -> list[Person]:
        """Two of one day whose names rhyme."""
        known: Language = LANGUAGES[line.language]
        pairs = [pair for pair in known.twins if sex in ("", pair[0])]
        sex, elder, younger = pairs[int(self.rng.random() * len(pairs))]
        pair = [self.named(sex, name, birth, line) for name in (elder, younger)]
        pair[1].birth_vague = pair[0].birth_vague
        pair[1].birth = pair[0].birth
        return pair

    def _at_home(self, child: Person, age: float) -> list[Member]:
        rng = self.rng
        if age > 18.5 and rng.random() < (0.55 if child.sex == "F" else 0.42):
            return []  # has a household of their own, seldom within the stream
        child.abroad = child.sex == "M" and age > 18 and rng.random() < 0.4
        members = [Member(child, "child")]
        if child.sex == "M" and age > 22 and rng.random() < 0.3:
            wife = self.bride(Line(child.language, child.base, child.form, ""), age - 4)
            members.append(Member(wife, "child_in_law"))
            small = Line(child.language, child.base, child.form, child.given)
            at = age - 1.5 - 22
            while at > 0 and len(members) < 4:
                sex = "M" if rng.random() < 0.51 else "F"
                members.append(Member(self.person(sex, at, small), "grandchild"))
                at -= 2.5 + 5 * rng.random()
        return members
