"""How an enumerator writes what is said: names, births, phones, card numbers."""

from bisect import bisect
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random

from tests.streams.letters import CYRILLIC, LATIN, NEIGHBOURS, SCHEMES, written
from tests.streams.names import LANGUAGES, SHORT, official, patronymic
from tests.streams.noise import Noise
from tests.streams.people import Person

CHILD_OF = {"ky": {"M": "уулу", "F": "кызы"}, "uz": {"M": "ўғли", "F": "қизи"}}
_HABITS: dict[tuple[str, ...], tuple[float, ...]] = {  # chances added up, in the order of schemes
    CYRILLIC: tuple(accumulate((0.52, 0.20, 0.15, 0.12, 0.01))),
    LATIN: tuple(accumulate((0.36, 0.24, 0.22, 0.05, 0.13))),
}
_LOOKALIKE = {ord(letter): twin for letter, twin in SCHEMES["lookalike"].items()}
_SLIPS = (
    "typo", "short_name", "ending", "initial", "odd_case", "stray_space", "lookalike",
    "bare_surname", "wrong_surname_sex",
)  # fmt: skip


def habit(draw: float, alphabet: tuple[str, ...]) -> str:
    """A scheme of this alphabet, by a number from 0 to 1."""
    return alphabet[min(bisect(_HABITS[alphabet], draw), len(alphabet) - 1)]


def other_alphabet(scheme: str) -> tuple[str, ...]:
    return LATIN if scheme in CYRILLIC else CYRILLIC


@dataclass(frozen=True, slots=True)
class Page:
    """The way one record is written: its scheme, what parts of a name it gives, in what order."""

    scheme: str
    alone: float  # chance that a member stands with the given name only
    papers: float  # chance of a patronymic
    surname_first: bool


class Pen:
    """Writes with the noise of a level."""

    def __init__(self, rng: Random, noise: Noise):
        self.rng, self.noise = rng, noise
        self._slips = tuple(accumulate(getattr(noise, name) for name in _SLIPS))

    def page(self, scheme: str, *, surname_first: bool) -> Page:
        """A record by somebody with these habits, who does not always follow them."""
        rng = self.rng
        draw = rng.random()
        if draw < self.noise.foreign_keyboard:
            scheme = habit(rng.random(), other_alphabet(scheme))
        elif draw < self.noise.foreign_keyboard + 0.08:
            scheme = habit(rng.random(), CYRILLIC if scheme in CYRILLIC else LATIN)
        kind = rng.random()
        alone, papers = (0.97, 0.0) if kind < 0.34 else (0.0, 0.08) if kind < 0.53 else (0.4, 0.05)
        if kind > 0.85:
            alone, papers = 0.1, 0.72
        return Page(scheme, alone, papers, surname_first != (rng.random() < 0.15))

    def name(self, person: Person, page: Page, *, is_head: bool) -> str:
        rng = self.rng
        scheme = page.scheme
        if rng.random() < self.noise.other_script:
            scheme = habit(rng.random(), other_alphabet(scheme))
        slip_at = bisect(self._slips, rng.random())
        slip = _SLIPS[slip_at] if slip_at < len(_SLIPS) else ""
        words = self._words(person, page, is_head, slip)
        text = " ".join([written(word, scheme) for word in words])
        return self._spoil(text, slip, scheme) if slip else text

    def _words(self, person: Person, page: Page, is_head: bool, slip: str) -> list[str]:
        """The parts of a name in native letters, in the order in which they are given."""
        rng = self.rng
        given = self._given(person, slip)
        if not is_head and rng.random() < page.alone:
            return [given]
        if person.language in CHILD_OF and rng.random() < (0.4 if person.form == "uulu" else 0.015):
            child_of = CHILD_OF[person.language][person.sex]
            known_by = [person.father, child_of]
            first = page.surname_first or person.language == "uz"
            return [*known_by, given] if first else [given, *known_by]
        surname = self._surname(person, slip)
        first = page.surname_first != (rng.random() < 0.06)
        words = [surname, given] if first else [given, surname]
        if rng.random() < max(page.papers, 0.12 if is_head else 0):
            words.append(patronymic(person.father, person.sex))
        if slip == "initial":
            words[words.index(given)] = given[0] + "."
        return words

    def _given(self, person: Person, slip: str) -> str:
        given, ending = person.given, person.ending
        if slip == "short_name":
            return SHORT.get(given, given)
        if slip == "ending":
            endings = LANGUAGES[person.language].endings[person.sex]
            ending = "" if ending else endings[int(self.rng.random() * len(endings))]
        return given + ending if not given.endswith(ending) else given

    def _surname(self, person: Person, slip: str) -> str:
        form = person.form
        if slip == "bare_surname":
            form = "bare" if form != "bare" else "ov"
        elif form in ("zoda", "i", "bare", "uulu") and self.rng.random() < 0.35:
            form = "ov"  # what the passport still says
        if form == "bare":
            return person.base
        if form == "zoda":
            return person.base + "зода"
        if form == "i":
            return person.base.rstrip("ӣ") + "ӣ"
        woman = (person.sex == "F") != (slip == "wrong_surname_sex")
        return official(person.base) + ("а" if woman else "")

    def _spoil(self, text: str, slip: str, scheme: str) -> str:
        rng = self.rng
        if slip == "typo":
            return typo(rng, text)
        if slip == "odd_case":
            return text.upper() if rng.random() < 0.45 else text.lower()
        if slip == "stray_space":
            return text + " " if rng.random() < 0.9 else text.replace(" ", "  ")
        if slip == "lookalike" and scheme in CYRILLIC:
            return text.translate(_LOOKALIKE)
        return text

    def birth(self, person: Person, today: date) -> str | None:
        """ISO date, a year alone, or None."""
        rng, noise, birth = self.rng, self.noise, person.birth
        draw = rng.random()
        if draw < noise.birth_missing:
            return None
        if person.birth_vague:
            return self._estimate(birth, today)
        draw -= noise.birth_missing
        for rate, slip in (
            (noise.birth_year_only, _year_only), (noise.birth_january, _january),
            (noise.birth_day_slip, _day_slip), (noise.birth_swapped, _swapped),
            (noise.birth_year_slip, _year_slip), (noise.birth_decade, _decade),
        ):  # fmt: skip
            draw -= rate
            if draw < 0:
                return slip(birth, rng)
        return birth.isoformat()

    def _estimate(self, birth: date, today: date) -> str:
        """Nobody knows the day: said as an age, often a round one."""
        rng = self.rng
        age = (today - birth).days / 365.25
        spread = 0.35 + 0.05 * age * (1.3 if self.noise.birth_missing > 0.03 else 1)
        year = round(birth.year + rng.gauss(0, spread))
        if age > 12 and rng.random() < 0.57:
            year = 5 * round(year / 5)
        year = min(year, today.year)
        return f"{year:04d}-01-01" if rng.random() < 0.62 else f"{year:04d}"

    def phone(self, first: str, second: str, country: str) -> str | None:
        """One of the six ways in which people write nine digits, or None."""
        rng, noise = self.rng, self.noise
        if rng.random() < noise.phone_missing:
            return None
        digits = second if rng.random() < noise.phone_other else first
        if rng.random() < noise.phone_digit:
            at = int(rng.random() * 9)
            digits = digits[:at] + str(int(rng.random() * 10)) + digits[at + 1 :]
        code = "996" if country == "KG" else "992"
        return (
            digits,
            "0" + digits,
            code + digits,
            "+" + code + digits,
            f"+{code} {digits[:3]} {digits[3:6]} {digits[6:]}",
            f"0{digits[:3]} {digits[3:5]}-{digits[5:7]}-{digits[7:]}",
        )[int(rng.random() * 6)]

    def card(self, number: str) -> str | None:
        """The number off a card: 1 is read for 7, 0 for 6, and back; or there is no card."""
        rng, noise = self.rng, self.noise
        draw = rng.random()
        if draw < noise.card_missing:
            return None
        if draw < noise.card_missing + noise.card_misread:
            places = [i for i, sign in enumerate(number) if sign in MISREAD]
            at = places[int(rng.random() * len(places))] if places else 0
            number = number[:at] + MISREAD.get(number[at], number[at]) + number[at + 1 :]
        return number if rng.random() < 0.85 else number.replace("-", "").lower()


MISREAD = {"1": "7", "7": "1", "0": "6", "6": "0"}


def typo(rng: Random, text: str) -> str:
    """One slip of the finger: a wrong, missing, doubled or exchanged letter."""
    at = int(rng.random() * len(text))
    letter, kind = text[at], rng.random()
    if kind < 0.3:
        near = NEIGHBOURS.get(letter.lower()) or letter
        return text[:at] + near[int(rng.random() * len(near))] + text[at + 1 :]
    if kind < 0.6 and len(text) > 3:
        return text[:at] + text[at + 1 :]
    if kind < 0.75:
        return text[:at] + letter + text[at:]
    return text[:at] + text[at + 1 : at + 2] + letter + text[at + 2 :]


def _year_only(birth: date, rng: Random) -> str:
    """Without a paper at hand, and then the year is not always right."""
    return f"{birth.year + (0, 0, 0, 0, 0, 0, 0, 0, -1, 1)[int(rng.random() * 10)]:04d}"


def _january(birth: date, rng: Random) -> str:
    return _year_only(birth, rng) + "-01-01"


def _day_slip(birth: date, rng: Random) -> str:
    return (birth + timedelta(days=(-1, 1, 10, -10)[int(rng.random() * 4)])).isoformat()


def _swapped(birth: date, rng: Random) -> str:
    if birth.day > 12:
        return _day_slip(birth, rng)
    return f"{birth.year:04d}-{birth.day:02d}-{birth.month:02d}"


def _year_slip(birth: date, rng: Random) -> str:
    return f"{birth.year + (1 if rng.random() < 0.5 else -1):04d}{birth.isoformat()[4:]}"


def _decade(birth: date, rng: Random) -> str:
    return f"{birth.year + (10 if rng.random() < 0.5 else -10):04d}{birth.isoformat()[4:]}"
