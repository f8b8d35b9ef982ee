"""Invented families: names from short lists, in Cyrillic and Latin; nobody real.

Proportions follow what is known of the programme's households (sizes, migrants, refusals);
they are plausible, not statistics. The same seed makes the same family.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

NAMES = {
    "kyrgyz": (
        ("Гүлнара", "Айгүл", "Жаңыл", "Бермет", "Чолпон", "Өмүркан", "Нуриза"),
        ("Асан", "Бакыт", "Нурлан", "Жеңиш", "Үсөн", "Таалай", "Эрмек"),
        ("Асан", "Токто", "Жолдош", "Мамыт", "Сыдык", "Өмүр", "Кадыр"),
    ),
    "tajik": (
        ("Зулфия", "Мавҷуда", "Гулчеҳра", "Ҳабиба", "Саодат", "Нигора", "Тоҷинисо"),
        ("Фарҳод", "Ҷамшед", "Искандар", "Қурбон", "Баҳром", "Саид", "Ғайрат"),
        ("Карим", "Раҳим", "Назар", "Шариф", "Қодир", "Ҷӯра", "Юсуф"),
    ),
    "uzbek": (
        ("Дилфуза", "Муҳаббат", "Ўғилой", "Зебо", "Ҳулкар", "Нафиса", "Барно"),
        ("Ботир", "Ғулом", "Тоҳир", "Баходир", "Ўктам", "Шавкат", "Рустам"),
        ("Тош", "Ғани", "Ҳаким", "Эргаш", "Мўмин", "Собир", "Турсун"),
    ),
    "russian": (
        ("Анна", "Мария", "Вера", "Нина", "Ольга", "Раиса", "Галина"),
        ("Иван", "Пётр", "Юрий", "Фёдор", "Олег", "Семён", "Лев"),
        ("Жуков", "Чайкин", "Щеглов", "Юдин", "Яснов", "Ершов", "Зимин"),
    ),
}
PEOPLES = {"KG": ("kyrgyz", "uzbek", "russian"), "TJ": ("tajik", "uzbek", "russian")}
ENDINGS = {
    ("kyrgyz", "female"): " кызы",
    ("kyrgyz", "male"): " уулу",
    ("tajik", "female"): "ова",
    ("tajik", "male"): "зода",
    ("uzbek", "female"): "ова",
    ("uzbek", "male"): "ов",
    ("russian", "female"): "а",
    ("russian", "male"): "",
}
_CYRILLIC = "абвгдежзийклмнопрстуфхчшщыэюяёғӣқӯҳҷңөүўъь"
_SINGLE = "a b v g d e j z i y k l m n o p r s t u f kh ch sh sh y e yu ya yo gh i q u h j ng o u o"
LATIN = dict(zip(_CYRILLIC, [*_SINGLE.split(), "", ""], strict=True))


@dataclass(frozen=True, slots=True)
class Person:
    """One member; `day` is the day of the year of birth, 0 when only the year is known."""

    name: str
    sex: str
    relation: str
    birth_year: int
    birth_date: str
    present: str


@dataclass(frozen=True, slots=True)
class Family:
    """A household as its enumerator finds it; the first member is the head."""

    card_no: str
    country: str
    oblast: str
    district: str
    village: str
    people: str
    members: Sequence[Person]
    consents: bool

    @property
    def head(self) -> Person:
        return self.members[0]

    @property
    def respondent(self) -> Person:
        """Whoever is at home and grown up; the head's name is often an absent migrant's."""
        at_home = (each for each in self.members if each.present != "abroad")
        return next((each for each in at_home if each.birth_year <= 1996), self.members[0])


@dataclass(frozen=True, slots=True)
class Village:
    """Where a family lives, by the codes of the form's own lists."""

    country: str
    oblast: str
    district: str
    code: str


def make_family(rng: Random, *, village: Village, number: int) -> Family:
    """A family of one to twelve; `number` makes its card number."""
    people = rng.choices(PEOPLES[village.country], (78, 20, 2))[0]
    return Family(
        card_no=card_number(village, number),
        country=village.country,
        oblast=village.oblast,
        district=village.district,
        village=village.code,
        people=people,
        members=_make_members(rng, people),
        consents=rng.random() >= 0.04,
    )


def card_number(village: Village, number: int) -> str:
    """As printed on the family's card: `KG-06-00123`, country, oblast, running number."""
    digits = [each for each in village.oblast if each.isdigit()]
    area = "".join(digits[:2] if village.country == "KG" else digits[2:4]) or "01"
    return f"{village.country}-{area:0>2}-{number % 100_000:05}"


def to_latin(name: str) -> str:
    return "".join(LATIN.get(letter.lower(), letter) for letter in name).title()


def _make_members(rng: Random, people: str) -> list[Person]:
    woman_heads = rng.random() < 0.4
    head_born = rng.randint(1950, 1985)
    stem = rng.choice(NAMES[people][2])
    children = min(rng.choices(range(9), (6, 12, 20, 22, 18, 12, 6, 3, 1))[0], 2035 - head_born)
    roles = [("head", "female" if woman_heads else "male", head_born)]
    if rng.random() < 0.8:
        roles.append(
            ("spouse", "male" if woman_heads else "female", head_born + rng.randint(-3, 6))
        )
    for _ in range(children):
        born = min(head_born + rng.randint(20, 38), 2013)
        roles.append(("child", rng.choice(("female", "male")), born))
    if rng.random() < 0.25:
        roles.append(("parent", "female", head_born - rng.randint(19, 30)))
    return [_make_person(rng, people, stem, role) for role in roles]


def _make_person(rng: Random, people: str, stem: str, role: tuple[str, str, int]) -> Person:
    relation, sex, year = role
    grown_man = sex == "male" and 1955 <= year <= 1996
    leaves = rng.random() < (0.45 if grown_man else 0.06 if year <= 1994 else 0.0)
    present = "abroad" if leaves else rng.choices(("home", "away", "returned"), (90, 4, 6))[0]
    given = rng.choice(NAMES[people][0 if sex == "female" else 1])
    # Birth days are often unknown, and then often told as 1 January.
    day = rng.choice(("01-01", "", f"{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"))
    return Person(
        name=f"{stem}{ENDINGS[people, sex]} {given}",
        sex=sex,
        relation=relation,
        birth_year=year,
        birth_date=f"{year}-{day}" if day else "",
        present=present if year < 2010 else "home",
    )
