"""New registrations without end, cheaply: the answers of fifty families, other people each time."""

import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

from surveys.xforms.questionnaire import Questionnaire
from sync.fieldwork.family import Person, make_family, to_latin
from sync.fieldwork.interview import hold_interview, id_for, villages_of
from sync.fieldwork.posts import Record
from tests.benchmarks.villages import MEN, STEMS, WOMEN

SMALLEST, LARGEST = 3 * 1024, 5 * 1024  # bytes of XML, as the peer was measured
STARTED = datetime(2014, 6, 2, 9, 14, tzinfo=UTC)
TEMPLATES = 50
_PHONE = re.compile(rb"(?<=<phone>)[^<]+")
_POINT = re.compile(rb"(?<=<gps>)(\d+)\.\d+ (\d+)\.\d+")
_BIRTHDAY = re.compile(rb"(?<=-)\d\d-\d\d(?=</m_birth_date>)")


class Registrations:
    """Safe to share between threads."""

    def __init__(self, form: Questionnaire) -> None:
        self._templates = list(itertools.islice(_templates(form), TEMPLATES))
        self._numbers = itertools.count()

    @property
    def sample(self) -> bytes:
        """The XML of middle size."""
        return sorted((each.xml for each in self._templates), key=len)[TEMPLATES // 2]

    def new(self, *, photo_bytes: int = 0) -> Record:
        """A record nobody has sent, of a family nobody has told of, with a photo of its own."""
        number = next(self._numbers)
        template = self._templates[number % TEMPLATES]
        instance_id = str(uuid4())
        xml = (
            template.xml.replace(template.instance_id.encode(), instance_id.encode())
            .replace(template.entity_id.encode(), str(uuid4()).encode())
            .replace(template.card.encode(), f"{template.card[:5]}-{number % 100_000:05}".encode())
        )
        xml = _others(xml, template.members, Random(f"registration/{number}"))
        files = {template.picture: os.urandom(photo_bytes)} if photo_bytes else {}
        return Record("rmp_registration", f"uuid:{instance_id}", xml, files)


@dataclass(frozen=True, slots=True)
class _Template:
    instance_id: str
    entity_id: str
    card: str
    members: tuple[Person, ...]
    xml: bytes
    picture: str


def _templates(form: Questionnaire) -> Iterator[_Template]:
    """Consenting families whose record has the wanted size."""
    villages = villages_of(form)
    for number in itertools.count():
        key = f"template/{number}"
        rng = Random(key)
        family = make_family(rng, village=rng.choice(villages), number=number)
        if len(family.members) > 3 or not family.consents:
            continue  # too long a record, or too short
        record = hold_interview(form, family, key=key, started=STARTED, device_id="collect:x")
        if SMALLEST <= len(record.xml) <= LARGEST:
            yield _Template(
                record.instance_id.removeprefix("uuid:"),
                id_for(f"{key}/entity"),
                family.card_no,
                tuple(family.members),
                record.xml,
                picture=list(record.attachments)[-1],
            )


def _others(xml: bytes, members: tuple[Person, ...], rng: Random) -> bytes:
    """Other names, birthdays, phone and door in the same answers: linkage must not find one family
    in what stands for many."""
    stem = rng.choice(STEMS)
    for member in members:
        given = rng.choice(WOMEN if member.sex == "female" else MEN)
        name = f"{stem}{'ова' if member.sex == 'female' else 'ов'} {given}"
        xml = xml.replace(member.name.encode(), name.encode())
        xml = xml.replace(to_latin(member.name).encode(), to_latin(name).encode())
    xml = _POINT.sub(
        lambda at: b"%s.%07d %s.%07d" % (at[1], _digits(rng), at[2], _digits(rng)), xml
    )
    xml = _PHONE.sub(lambda told: told[0][:-5] + f"{rng.randrange(100_000):05}".encode(), xml)
    return _BIRTHDAY.sub(lambda _: f"{rng.randint(1, 12):02}-{rng.randint(1, 28):02}".encode(), xml)


def _digits(rng: Random) -> int:
    return rng.randrange(10_000_000)
