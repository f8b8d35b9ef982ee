"""New registrations without end, cheaply: fifty invented families under ever new ids."""

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

from surveys.xforms.questionnaire import Questionnaire
from sync.fieldwork.family import make_family
from sync.fieldwork.interview import hold_interview, id_for, villages_of
from sync.fieldwork.posts import Record

SMALLEST, LARGEST = 3 * 1024, 5 * 1024  # bytes of XML, as the peer was measured
STARTED = datetime(2014, 6, 2, 9, 14, tzinfo=UTC)
TEMPLATES = 50


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
        """A record nobody has sent, with a card number and a photo that no other has."""
        number = next(self._numbers)
        template = self._templates[number % TEMPLATES]
        instance_id = str(uuid4())
        xml = (
            template.xml.replace(template.instance_id.encode(), instance_id.encode())
            .replace(template.entity_id.encode(), str(uuid4()).encode())
            .replace(template.card.encode(), f"{template.card[:5]}-{number % 100_000:05}".encode())
        )
        files = {template.picture: os.urandom(photo_bytes)} if photo_bytes else {}
        return Record("rmp_registration", f"uuid:{instance_id}", xml, files)


@dataclass(frozen=True, slots=True)
class _Template:
    instance_id: str
    entity_id: str
    card: str
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
                record.xml,
                picture=list(record.attachments)[-1],
            )
