"""features_of: everything that is computed once a record, to be stored and compared many times."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from sys import intern
from typing import Any

from surveys.linkage.names import is_one_edit, name_parts, stem, variants
from surveys.linkage.normalize import Birth, read_birth, read_phone, read_sex
from surveys.linkage.record import HouseholdRecord, PersonRecord

# Features of another version are not comparable with a model of this one.
FEATURES_VERSION = 1
MOST_MEMBERS = 40  # compared; a roster that says more is cut, which its size still tells


@dataclass(frozen=True, slots=True)
class Member:
    """One person as compared. Names are folds, family names and fathers are stems.

    `given` holds more than one where a plain word may be a family name without its ending.
    """

    given: tuple[str, ...]
    families: tuple[str, ...]
    fathers: tuple[str, ...]
    initial: str
    sex: str
    birth: Birth
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
    # Not stored; made when first asked for, since most of it serves alignment only.
    _alikes: "Alikes | None" = field(default=None, init=False, compare=False, repr=False)

    @property
    def alikes(self) -> "Alikes":
        """What tells quickly which members of two rosters may be one person, and who is a child."""
        if self._alikes is None:
            object.__setattr__(self, "_alikes", _alikes(self))
        assert self._alikes
        return self._alikes

    @property
    def children(self) -> frozenset[int]:
        """Those surely under 20 at the interview: they stay, and never become heads."""
        return self.alikes.children

    @property
    def spouses(self) -> tuple[int, ...]:
        return self.alikes.spouses

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
                    list(m.birth), m.relation,
                ]
                for m in self.members
            ],
        }  # fmt: skip

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Features":
        """What `to_json` gave. KeyError, TypeError or ValueError where it is something else."""
        facts = map(intern, stored["facts"])
        wave, at, enumerator, device, country, district, village, card = facts
        latitude, longitude, accuracy_m = stored["point"]
        return cls(
            record_id=stored["id"],
            round=wave,
            submitted_at=at,
            enumerator=enumerator,
            device=device,
            country=country,
            district=district,
            village=village,
            phones=tuple(stored["phones"]),
            card=card,
            latitude=latitude,
            longitude=longitude,
            accuracy_m=accuracy_m,
            year=stored["year"],
            head=stored["head"],
            families=frozenset(map(intern, stored["families"])),
            members=tuple(_member_from(row) for row in stored["members"]),
        )


@dataclass(frozen=True, slots=True)
class Alikes:
    """`by_variant`: what given names share with names like them → members, one bit each.

    `by_day`: full dates of birth → members, one bit each. `initials`: members without a given name.
    """

    by_variant: dict[str, int]
    by_day: dict[tuple[int, int, int], int]
    initials: tuple[int, ...]
    children: frozenset[int]
    spouses: tuple[int, ...]


def _alikes(features: Features) -> Alikes:
    by_variant: dict[str, int] = {}
    by_day: dict[tuple[int, int, int], int] = {}
    for i, member in enumerate(features.members):
        for word in member.given:
            for variant in variants(word):
                by_variant[variant] = by_variant.get(variant, 0) | 1 << i
        if member.birth.day:
            day = member.birth[:3]
            by_day[day] = by_day.get(day, 0) | 1 << i
    return Alikes(
        by_variant,
        by_day,
        tuple(i for i, member in enumerate(features.members) if not member.given),
        frozenset(_children(features)),
        tuple(i for i, member in enumerate(features.members) if member.relation == "spouse"),
    )


GROWN_UP = 20


def _children(features: Features) -> Iterator[int]:
    year = features.year or max((m.birth.year for m in features.members), default=0)
    for i, member in enumerate(features.members):
        if i == features.head or member.relation in ("spouse", "child_in_law"):
            continue
        if member.birth.year and year - member.birth.year < GROWN_UP:
            yield i


def _member_from(row: list[Any]) -> Member:
    given, families, fathers, initial, sex, birth, relation = row
    return Member(
        tuple(map(intern, given)),
        tuple(map(intern, families)),
        tuple(map(intern, fathers)),
        initial,
        sex,
        Birth(*birth),
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
    parts = name_parts(person.name)
    return Member(
        parts.given,
        parts.families,
        parts.fathers,
        parts.initials[0] if parts.initials else "",
        person.sex if person.sex in ("M", "F") else read_sex(person.sex),
        read_birth(person.birth),
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
    return replace(member, given=given, families=member.families + moved)


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
