"""features_of: everything that is computed once a record, to be stored and compared many times."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from sys import intern
from typing import Any

from surveys.linkage.names import is_one_edit, name_parts, stem
from surveys.linkage.normalize import read_birth, read_phone, read_sex
from surveys.linkage.record import HouseholdRecord, PersonRecord

# Features of another version are not comparable with a model of this one.
FEATURES_VERSION = 1
MOST_MEMBERS = 40  # compared; a roster that says more is cut, which its size still tells


@dataclass(frozen=True, slots=True)
class Member:
    """One person as compared. Names are folds, family names and fathers are stems.

    `given` holds more than one where a plain word may be a family name without its ending.
    `year`, `month`, `day` are 0 where not known.
    """

    given: tuple[str, ...]
    families: tuple[str, ...]
    fathers: tuple[str, ...]
    initial: str
    sex: str
    year: int
    month: int
    day: int
    estimated: bool
    relation: str


@dataclass(frozen=True, slots=True)
class Features:
    """One household as compared.

    `members` stand in the order of the roster; where the roster lacks the head, the head comes
    last. `head` is the head's place among them, -1 where there is nobody. `families`: stems of
    the roster's family names. `year`: of the interview, 0 where not known.
    """

    record_id: str
    round: str
    submitted_at: str
    enumerator: str
    device: str
    country: str
    district: str
    village: str
    phones: tuple[str, ...]
    card: str
    latitude: float | None
    longitude: float | None
    accuracy_m: float | None
    year: int
    head: int
    families: frozenset[str]
    members: tuple[Member, ...]

    def to_json(self) -> dict[str, Any]:
        """As stored: plain lists and texts, members as rows."""
        return {
            "v": FEATURES_VERSION,
            "id": self.record_id,
            "facts": [
                self.round, self.submitted_at, self.enumerator, self.device,
                self.country, self.district, self.village, self.card,
            ],
            "phones": list(self.phones),
            "point": [self.latitude, self.longitude, self.accuracy_m],
            "year": self.year,
            "head": self.head,
            "families": sorted(self.families),
            "members": [
                [
                    list(m.given), list(m.families), list(m.fathers), m.initial, m.sex,
                    m.year, m.month, m.day, int(m.estimated), m.relation,
                ]
                for m in self.members
            ],
        }  # fmt: skip

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Features":
        """What `to_json` gave. KeyError, TypeError or ValueError where it is something else."""
        facts = [intern(str(fact)) for fact in stored["facts"]]
        latitude, longitude, accuracy_m = stored["point"]
        return cls(
            stored["id"],
            *facts[:7],
            tuple(stored["phones"]),
            facts[7],
            latitude,
            longitude,
            accuracy_m,
            stored["year"],
            stored["head"],
            frozenset(map(intern, stored["families"])),
            tuple(_member_from(row) for row in stored["members"]),
        )


def _member_from(row: list[Any]) -> Member:
    given, families, fathers, initial, sex, year, month, day, estimated, relation = row
    return Member(
        tuple(map(intern, given)),
        tuple(map(intern, families)),
        tuple(map(intern, fathers)),
        initial,
        sex,
        year,
        month,
        day,
        bool(estimated),
        intern(relation),
    )


def features_of(record: HouseholdRecord) -> Features:
    """What of a record is compared. Whatever was typed, this answers."""
    people = list(record.members)
    head = _head_among(people, record.head)
    if head < 0 and (record.head.name.strip() or record.head.birth):
        people = people[: MOST_MEMBERS - 1]
        head = len(people)
        people.append(record.head)
    members = _tell_names_apart([_read_person(person) for person in people[:MOST_MEMBERS]])
    latitude, longitude = _point(record)
    phones = (read_phone(phone, record.country) for phone in record.phones)
    return Features(
        record_id=record.record_id,
        round=intern(record.round),
        submitted_at=record.submitted_at,
        enumerator=intern(record.enumerator),
        device=intern(record.device),
        country=intern(record.country),
        district=intern(record.district),
        village=intern(record.village),
        phones=tuple(sorted({phone for phone in phones if phone})),
        card=record.card,
        latitude=latitude,
        longitude=longitude,
        accuracy_m=record.accuracy_m,
        year=read_birth(record.submitted_at[:4]).year,
        head=head if head < len(members) else -1,
        families=frozenset(family for member in members for family in member.families),
        members=tuple(members),
    )


def _head_among(people: list[PersonRecord], head: PersonRecord) -> int:
    """The place of the head: who has the head's name, or else who is called the head."""
    named = [i for i, person in enumerate(people) if head.name and person.name == head.name]
    called = [i for i, person in enumerate(people) if person.relation == "head"]
    both = [i for i in named if i in called]
    if both or named:
        return (both or named)[0]
    return called[0] if called and not head.name.strip() else -1


def _read_person(person: PersonRecord) -> Member:
    parts, birth = name_parts(person.name), read_birth(person.birth)
    return Member(
        parts.given,
        parts.families,
        parts.fathers,
        parts.initials[0] if parts.initials else "",
        person.sex if person.sex in ("M", "F") else read_sex(person.sex),
        birth.year,
        birth.month,
        birth.day,
        birth.estimated,
        intern(person.relation),
    )


def _tell_names_apart(members: list[Member]) -> list[Member]:
    """A plain word that others of the roster bear as a family name is one here too."""
    families = {family for member in members for family in member.families}
    plain = Counter(stem(word) for m in members if len(m.given) > 1 for word in set(m.given))
    families |= {word for word, times in plain.items() if times > 1 and times * 2 > len(members)}
    return [_without_families(member, families) for member in members]


def _without_families(member: Member, families: Iterable[str]) -> Member:
    if len(member.given) < 2:
        return member
    given = tuple(word for word in member.given if not _is_family(word, families))
    if not given or len(given) == len(member.given):
        return member
    moved = tuple(stem(word) for word in member.given if word not in given)
    return Member(
        given,
        member.families + moved,
        member.fathers,
        member.initial,
        member.sex,
        member.year,
        member.month,
        member.day,
        member.estimated,
        member.relation,
    )


def _is_family(word: str, families: Iterable[str]) -> bool:
    bare = stem(word)
    return any(
        bare == family
        or (len(family) >= 4 and (word.startswith(family) or is_one_edit(bare, family)))
        for family in families
    )


def _point(record: HouseholdRecord) -> tuple[float | None, float | None]:
    """Where the household lives; 0,0 and what is on no globe is nowhere."""
    latitude, longitude = record.latitude, record.longitude
    if latitude is None or longitude is None:
        return None, None
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return None, None
    if abs(latitude) > 90 or abs(longitude) > 180 or (abs(latitude) < 0.5 > abs(longitude)):
        return None, None
    return latitude, longitude
