"""Prebuilt posts of new registrations, each with ids and a card of its own."""

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

from sync.fieldwork.family import make_family
from sync.fieldwork.interview import hold_interview, id_for, villages_of
from sync.fieldwork.questionnaire import Questionnaire
from sync.fieldwork.tablet import Tablet, submission_body

SMALLEST, LARGEST = 3_000, 5_000  # bytes of XML, as the peer was measured
STARTED = datetime(2014, 6, 2, 9, 14, tzinfo=UTC)
BOUNDARY = "b" * 32


@dataclass(frozen=True, slots=True)
class Template:
    """One family's record; each copy gets ids and a card of its own."""

    key: str
    card: str
    xml: bytes
    picture: str

    def xml_of(self, number: int) -> bytes:
        new_card = f"{self.card[:5]}-{number % 100_000:05}"
        return (
            self.xml.replace(id_for(f"{self.key}/instance/").encode(), str(uuid4()).encode())
            .replace(id_for(f"{self.key}/entity").encode(), str(uuid4()).encode())
            .replace(self.card.encode(), new_card.encode())
        )


class Registrations:
    """Registrations without end: a hundred real families, over and over under new ids."""

    def __init__(self, server_url: str) -> None:
        tablet = Tablet(server_url, name="bench")
        form = tablet.fetch_forms()["rmp_registration"]
        tablet.close()
        self._path = f"{tablet.base.path}/submission?deviceID=collect%3Abench"
        self._templates = list(itertools.islice(_templates(form), 100))
        self._numbers = itertools.count()

    @property
    def sample_xml(self) -> str:
        by_size = sorted(self._templates, key=lambda each: len(each.xml))
        return by_size[len(by_size) // 2].xml.decode()

    @property
    def median_bytes(self) -> int:
        return len(self.sample_xml.encode())

    def take(self, count: int, *, photo_bytes: int = 0) -> list[bytes]:
        """So many posts of new records, ready to send."""
        return [self._post(photo_bytes) for _ in range(count)]

    def _post(self, photo_bytes: int) -> bytes:
        number = next(self._numbers)
        template = self._templates[number % len(self._templates)]
        files = {template.picture: os.urandom(photo_bytes)} if photo_bytes else {}
        body = submission_body(template.xml_of(number), files, boundary=BOUNDARY)
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-OpenRosa-Version: 1.0\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def _templates(form: Questionnaire) -> Iterator[Template]:
    """Consenting families whose record has the wanted size."""
    villages = villages_of(form)
    for number in itertools.count():
        key = f"bench/{number}"
        rng = Random(key)
        family = make_family(rng, village=rng.choice(villages), number=number)
        record = hold_interview(form, family, key=key, started=STARTED, device_id="collect:bench")
        if SMALLEST <= len(record.xml) <= LARGEST and family.consents:
            yield Template(key, family.card_no, record.xml, picture=list(record.attachments)[-1])
