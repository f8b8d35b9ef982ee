"""Families that were registered twice, or look like it, in ways that a person has to decide on.

What the demo shows of linkage: a family that moved, brothers in one yard, a son's new household, a
second wife's, one told three times. Invented, like all families here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from random import Random

from surveys.xforms.questionnaire import Questionnaire
from sync.fieldwork.answers import NEAR
from sync.fieldwork.family import Family, Person, Village, card_number, make_family, to_latin
from sync.fieldwork.interview import hold_interview, villages_of
from sync.fieldwork.posts import Record

FIRST = datetime(2014, 6, 3, 9, 20, tzinfo=UTC)
CARDS_FROM = 90_001  # further than any season of the demo counts
LARGE = 6  # members, so that a part of a family is still one


@dataclass(frozen=True, slots=True)
class Telling:
    """One family as one enumerator heard it; `metres` from the middle of the village."""

    family: Family
    phone: str
    metres: float = 0.0
    days: int = 0


def lookalikes(form: Questionnaire, *, device_id: str) -> Iterator[Record]:
    """The records of some families in each of two countries, in order of arrival."""
    villages = [v for v in villages_of(form) if v.district in NEAR]
    numbers = count(CARDS_FROM)
    for country in ("KG", "TJ"):
        rng = Random(f"lookalikes/{country}")
        here = [v for v in villages if v.country == country]
        home, away = next(
            (one, other) for one, other in pairwise(here) if one.district == other.district
        )
        for tellings in _stories(rng, home, away, numbers):
            for telling in tellings:
                yield _record(form, telling, device_id=device_id)


def _record(form: Questionnaire, telling: Telling, *, device_id: str) -> Record:
    family = telling.family
    latitude, longitude = NEAR[family.district]
    return hold_interview(
        form,
        family,
        key=f"lookalikes/{family.card_no}",
        started=FIRST + timedelta(days=telling.days),
        device_id=device_id,
        given={
            "phone": telling.phone,
            "gps": f"{latitude + telling.metres / 111_195:.7f} {longitude:.7f} 900.0 4.50",
        },
    )


def _stories(
    rng: Random, home: Village, away: Village, numbers: Iterator[int]
) -> Iterator[Sequence[Telling]]:
    for tell in (_moved, _yard, _parted, _second_wife, _told_again):
        family = _large_family(rng, home, numbers)
        yield tell(rng, family, away, numbers)


def _large_family(rng: Random, village: Village, numbers: Iterator[int]) -> Family:
    """With a married couple at its head and children."""
    while True:
        family = make_family(rng, village=village, number=next(numbers))
        relations = [member.relation for member in family.members]
        if family.consents and len(relations) >= LARGE and "spouse" in relations:
            return family


def _moved(rng: Random, family: Family, away: Village, numbers: Iterator[int]) -> Sequence[Telling]:
    """All of them, to another village of the district, with another card and phone."""
    there = replace(_with_card(family, away, numbers), village=away.code)
    return Telling(family, _phone(rng, family)), Telling(there, _phone(rng, family), 7_400, days=9)


def _yard(rng: Random, family: Family, away: Village, numbers: Iterator[int]) -> Sequence[Telling]:
    """Two brothers with one mother, one phone and one yard."""
    phone = _phone(rng, family)
    other = _large_family(rng, _village(family), numbers)
    mother = Person(
        name=family.head.name.split(" ", maxsplit=1)[0] + " Саодат",
        sex="female",
        relation="parent",
        birth_year=family.head.birth_year - 24,
        birth_date="",
        present="home",
    )
    both = [replace(f, members=[*f.members, mother], people=family.people) for f in (family, other)]
    return Telling(both[0], phone, 300), Telling(both[1], phone, 312, days=1)


def _parted(
    rng: Random, family: Family, away: Village, numbers: Iterator[int]
) -> Sequence[Telling]:
    """Two of the children keep house by themselves now, next door."""
    children = [m for m in family.members if m.relation == "child"][:2]
    elder = min(children, key=lambda child: child.birth_year)
    others = [replace(child, relation="sibling") for child in children if child is not elder]
    left = replace(
        _with_card(family, _village(family), numbers),
        members=[replace(elder, relation="head"), *others],
    )
    phone = _phone(rng, family)
    return Telling(family, phone, -500), Telling(left, phone, -480, days=12)


def _second_wife(
    rng: Random, family: Family, away: Village, numbers: Iterator[int]
) -> Sequence[Telling]:
    """The same husband with another wife and one child of the first."""
    husband = next(
        m for m in family.members if m.sex == "male" and m.relation in ("head", "spouse")
    )
    stranger = _large_family(rng, _village(family), numbers)
    wife = next(m for m in stranger.members if m.sex == "female")
    child = next(m for m in family.members if m.relation == "child")
    head = replace(husband, relation="head")
    first = [replace(m, relation="spouse") for m in family.members[:2] if m is not husband]
    rest = list(family.members[2:])
    second = replace(
        _with_card(family, _village(family), numbers),
        members=[head, replace(wife, relation="spouse"), child],
    )
    phone = _phone(rng, family)
    return (
        Telling(replace(family, members=[head, *first, *rest]), phone, -900),
        Telling(second, phone, -830, days=3),
    )


def _told_again(
    rng: Random, family: Family, away: Village, numbers: Iterator[int]
) -> Sequence[Telling]:
    """Three times: by the head; in Latin letters, the births by heart; and by a neighbour."""
    latin = replace(
        _with_card(family, _village(family), numbers),
        members=[_by_heart(member, rng.choice((0, 1))) for member in family.members],
    )
    heard = replace(
        _with_card(family, _village(family), numbers),
        members=[replace(m, birth_date="") for m in family.members[:2]],
    )
    return (
        Telling(family, _phone(rng, family), 1500),
        Telling(latin, _phone(rng, family), 2600, days=20),
        Telling(heard, "", 1900, days=33),
    )


def _by_heart(member: Person, years: int) -> Person:
    return replace(
        member,
        name=to_latin(member.name),
        birth_date="",
        birth_year=member.birth_year - years,
    )


def _with_card(family: Family, village: Village, numbers: Iterator[int]) -> Family:
    return replace(family, card_no=card_number(village, next(numbers)))


def _village(family: Family) -> Village:
    return Village(family.country, family.oblast, family.district, family.village)


def _phone(rng: Random, family: Family) -> str:
    prefix = "+996555" if family.country == "KG" else "+992930"
    return f"{prefix}{rng.randint(0, 999_999):06}"
