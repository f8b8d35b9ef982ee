"""What tells one household from another: the number of its card, and who lives in it. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveys.cleaning.answers import Answers, Row
from surveys.linkage.record import HouseholdRecord, PersonRecord
from surveys.xforms.schema import ROOT, Field, Schema

# Typed with the keyboard in Cyrillic: letters that look alike, and those people write for G and J.
_LATIN = str.maketrans("АВЕКМНОРСТУХІЈЅГЖҶ", "ABEKMHOPCTYXIJSGJJ")
_PROGRAMME_CARD = re.compile(r"([A-Z]{2})([0-9]{2})([0-9]{5})")
_LETTER_O_IN_NUMBER = re.compile(r"(?<=[A-Z]{2})[0-9O]+$")
_LONGEST = 200  # characters of an answer that linkage looks at
# Which part of a person a question asks for, by its name without `head_`, `m_` or `person_`; the
# first that fits counts, and of two questions for one part the first that was answered.
_PARTS = (
    ("name", re.compile(r"(?:full_?)?name(?:_local)?|fio|first_name|name_lat(?:in)?")),
    ("sex", re.compile(r"sex|gender")),
    ("relation", re.compile(r"relation(?:ship)?(?:_to_head)?")),
    ("birth", re.compile(r"birth_?date|date_of_birth|dob|birth_?day|birth")),
    ("birth", re.compile(r"birth_?year|year_of_birth|yob")),
    ("age", re.compile(r"age(?:_years)?")),
)
_PHONE = re.compile(r"(?:^|_)(?:phone|tel|telephone|mobile|whatsapp)(?:_?\d|_?number)?$")
_ENUMERATOR = ("enum_code", "enumerator", "enumerator_id", "username")
_LATITUDE, _LONGITUDE = "lat", "lon"


def normalize_card_number(text: str) -> str:
    """`kg 06 00123`, `KG-06-OO123` and `КГ0600123` (in Cyrillic) as one: `KG-06-00123`.

    Only letters and digits count; a letter O within the number is a zero. A number of another make
    is kept without hyphens; "" where neither letter nor digit is left.
    """
    plain = unicodedata.normalize("NFKC", text.replace("№", "")).upper().translate(_LATIN)
    kept = "".join(ch for ch in plain if ch.isalnum())
    number = _LETTER_O_IN_NUMBER.sub(lambda found: found[0].replace("O", "0"), kept)
    card = _PROGRAMME_CARD.fullmatch(number)
    return "-".join(card.groups()) if card else number


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a record beside its answers. `place_path`: codes from the country down."""

    record_id: str
    card: str = ""
    round: str = ""
    device: str = ""
    submitted_at: str = ""  # ISO 8601
    place_path: Sequence[str] = ()


def household_record(asks: "Questions", answers: Answers, known: Known) -> HouseholdRecord:
    """What linkage compares of a record, by the names and types of the form's questions.

    Works on any form: what it does not ask stays empty. A form about one person of the household
    (`person_name`) gives that person in place of the head.
    """
    root, year = answers.root, _year(known.submitted_at)
    members = (row for row in answers.rows if asks.roster and row.repeat == asks.roster)
    point = _first(root.values, asks.points) or {}
    country, district, village = _whereabouts(root, asks, known.place_path)
    return HouseholdRecord(
        record_id=known.record_id,
        round=known.round,
        submitted_at=known.submitted_at,
        enumerator=_text(root, asks.enumerator),
        device=known.device,
        country=country,
        district=district,
        village=village,
        head=_person(root, asks.head, year, relation="head" if asks.names_head else ""),
        phones=tuple(filter(None, (_text(root, (key,)) for key in asks.phones))),
        card=known.card,
        latitude=point.get(_LATITUDE),
        longitude=point.get(_LONGITUDE),
        accuracy_m=point.get("acc"),
        members=tuple(_person(row, asks.member, year) for row in members),
    )


Parts = Mapping[str, tuple[str, ...]]  # part of a person → keys of the questions for it


@dataclass(frozen=True, slots=True)
class Questions:
    """Which question of a form says what, by field keys; keep it as long as the version."""

    head: Parts
    names_head: bool
    roster: str  # path of the repeat of members, "" where there is none
    member: Parts
    phones: tuple[str, ...]
    points: tuple[str, ...]
    enumerator: tuple[str, ...]
    places: Mapping[str, tuple[str, ...]]

    @property
    def tells(self) -> bool:
        """Whether the form names anybody."""
        return bool(self.roster or self.head.get("name"))


def questions_of(schema: Schema) -> Questions:
    """Finds them by name and type, as form authors call them."""
    root = schema.table()
    roster, member = _roster(schema)
    head = _parts(root, "head")
    names = [f for f in root if f.type in {"string", "integer", "barcode"}]
    return Questions(
        head=head or _parts(root, "person"),
        names_head=bool(head),
        roster=roster,
        member=member,
        phones=tuple(f.key for f in names if _PHONE.search(f.name.lower())),
        points=tuple(f.key for f in root if f.type == "geopoint"),
        enumerator=tuple(f.key for name in _ENUMERATOR for f in root if f.name == name),
        places={
            level: tuple(f.key for f in root if f.name in {level, f"{level}_other"})
            for level in ("country", "district", "village")
        },
    )


def _roster(schema: Schema) -> tuple[str, Parts]:
    """The repeat whose rows are the members: one called so, or else one that tells most of them."""
    found = [
        (repeat.name == "member", len(parts), repeat.path, parts)
        for repeat in schema.repeats
        if repeat.parent == ROOT
        if (parts := _parts(schema.table(repeat.path), "")) and "name" in parts and len(parts) > 1
    ]
    best = max(found, key=lambda each: each[:2], default=None)
    return (best[2], best[3]) if best else ("", {})


def _parts(fields: Iterable[Field], subject: str) -> Parts:
    """The questions for parts of a person: in the root by their subject, in a repeat all."""
    found: dict[str, list[str]] = {}
    for part, words in _PARTS:
        for each in fields:
            name = each.name.lower()
            if subject and name != subject and not name.startswith(f"{subject}_"):
                continue
            bare = "name" if name == subject else _bare(name, subject)
            if words.fullmatch(bare):
                found.setdefault(part, []).append(each.key)
    return {part: tuple(keys) for part, keys in found.items()} if "name" in found else {}


def _bare(name: str, subject: str) -> str:
    """`head_birth_year` → `birth_year`; in a repeat `m_name` and `member_name` → `name`."""
    if subject:
        return name.removeprefix(f"{subject}_")
    return re.sub(r"^(?:m|mem|member|person|hh)_", "", name)


def _person(row: Row, parts: Parts, year: int, *, relation: str = "") -> PersonRecord:
    return PersonRecord(
        name=_text(row, parts.get("name", ())),
        relation=_text(row, parts.get("relation", ())) or relation,
        sex=_text(row, parts.get("sex", ())),
        birth=_text(row, parts.get("birth", ())) or _born(row, parts.get("age", ()), year),
    )


def _born(row: Row, keys: Iterable[str], year: int) -> str:
    """The year, from an age in years when the form was filled."""
    age = _first(row.values, keys)
    known = isinstance(age, int | float) and 0 <= age < 130 and year
    return str(year - int(age)) if known and age is not None else ""


def _whereabouts(root: Row, asks: Questions, path: Sequence[str]) -> tuple[str, str, str]:
    """Country, district, village: the place of today, or what was answered where that says less."""
    said = [_text(root, asks.places[level]).lower() for level in ("country", "district", "village")]
    known = [path[at] if len(path) > at else "" for at in (0, 2, 3)]
    country, district, village = (k or s for k, s in zip(known, said, strict=True))
    return country.upper(), district, village


def _text(row: Row, keys: Iterable[str]) -> str:
    """The first of the answers that is there, without what cannot be stored or seen."""
    said = (" ".join(row.verbatim.get(key, "").replace("\0", "").split()) for key in keys)
    return next(filter(None, said), "")[:_LONGEST]


def _first(values: Mapping[str, Any], keys: Iterable[str]) -> Any:
    return next((values[key] for key in keys if values.get(key) is not None), None)


def _year(submitted_at: str) -> int:
    return int(submitted_at[:4]) if submitted_at[:4].isdigit() else 0
