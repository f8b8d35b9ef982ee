"""Section 6 of sync.md: what a pull costs on the wire, heads included, for a client with gzip.

7,600 households as the programme's registration makes them, on the real server.
"""

import gzip
import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import quote, urlsplit
from uuid import UUID

import pytest
from django.db import transaction

from surveys.entities.lists import Change, lock_lists, note_changes
from surveys.entities.models import Entity
from surveys.places.models import Place
from surveys.xforms.publish import publish_form
from sync.enrol import enrol_device
from sync.fieldwork.family import Family, Village, make_family
from tests.openrosa.server import web_server
from tests.sync.api.device import Json

pytestmark = pytest.mark.django_db(transaction=True)
HOUSEHOLDS = 7600
VILLAGES = [
    Village("KG", "KG06000000000", f"KG062{d:02}000000", f"KG062{d:02}000000-V{v:02}")
    for d in range(4)
    for v in range(6)
] + [
    Village("TJ", "TJ3509000", f"TJ35090{d:02}", f"TJ35090{d:02}-V{v:02}")
    for d in range(5)
    for v in range(7)
]


@dataclass
class Wire:
    """Counts every byte that comes down."""

    url: str
    token: str
    cursor: str = ""
    down: list[int] = field(default_factory=list)

    def pull_page(self) -> Json:
        parts = urlsplit(self.url)
        with socket.create_connection((parts.hostname, parts.port), 30) as connection:
            connection.sendall(
                f"GET /api/v1/sync/pull?cursor={quote(self.cursor)} HTTP/1.1\r\n"
                f"Host: {parts.netloc}\r\nAuthorization: Bearer {self.token}\r\n"
                "Accept-Encoding: gzip\r\n\r\n".encode()
            )
            head, body = receive(connection)
        assert head.startswith(b"HTTP/1.1 200"), head
        assert len(body) <= 256 * 1024
        self.down.append(len(head) + len(body))
        page: Json = json.loads(gzip.decompress(body))
        self.cursor = page["cursor"]
        return page

    def pull(self) -> list[Json]:
        """All pages; `down` is then what they cost."""
        self.down.clear()
        pages = [self.pull_page()]
        while pages[-1]["more"]:
            pages.append(self.pull_page())
        return pages


def receive(connection: socket.socket) -> tuple[bytes, bytes]:
    """The head and the body of an answer, byte for byte."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    end = answer.index(b"\r\n\r\n") + 4
    length = re.search(rb"\r\ncontent-length: (\d+)\r\n", answer[:end].lower())
    assert length is not None
    while len(answer) < end + int(length[1]):
        answer += connection.recv(65536)
    return answer[:end], answer[end:]


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    for name in ("registration", "service", "followup"):
        publish_form(content=Path(f"data/forms/{name}.xlsx").read_bytes())
    places = {
        each.code: Place.objects.create(
            code=each.code, level=3, path="/".join((each.country, each.oblast, each.code))
        )
        for each in VILLAGES
    }
    with transaction.atomic():
        entities = list(make_entities(lock_lists(["households"])["households"], places))
        note_changes([Change(entity) for entity in entities])
        Entity.objects.bulk_create(entities)
    token = enrol_device(name="Tablet").token
    with web_server(tmp_path) as url:
        yield Wire(url, token)


def make_entities(list_pk: int, places: dict[str, Place]) -> Iterator[Entity]:
    random = Random(7)
    for number in range(HOUSEHOLDS):
        family = make_family(random, village=random.choice(VILLAGES), number=number)
        yield Entity(
            id=UUID(int=random.getrandbits(128), version=4),
            entity_list_id=list_pk,
            label=f"{family.card_no} {family.head.name}",
            data=properties(family, random),
            place=places[family.village],
        )


def properties(family: Family, random: Random) -> dict[str, str]:
    """All that the registration saves to the list."""
    score = random.choice((0, 0, 1, 1, 1, 2, 2, 3, 4))
    return {
        "card_no": family.card_no,
        "country": family.country,
        "oblast": family.oblast,
        "district": family.district,
        "village": family.village,
        "head_sex": family.head.sex,
        "head_birth_year": str(family.head.birth_year),
        "hh_size": str(len(family.members)),
        "n_migrants": str(sum(each.present == "abroad" for each in family.members)),
        "vuln_score": str(score),
        "vulnerable": "yes" if score >= 2 else "no",
        "baseline_date": f"2014-06-{random.randint(2, 28):02}",
    }


@transaction.atomic
def change_some(count: int) -> None:
    lock_lists()
    entities = list(Entity.objects.order_by("id")[:count])
    changes = [Change.of(entity) for entity in entities]
    for entity in entities:
        entity.version, entity.data = 2, {**entity.data, "hh_size": "9"}
    note_changes(changes)
    Entity.objects.bulk_update(entities, ["version", "data", "revision"])


def test_sync_6_what_a_pull_costs_on_the_wire(wire: Wire) -> None:
    pages = wire.pull()
    households = [row for page in pages for row in page["entities"][0]["upserts"]]
    assert len(households) == HOUSEHOLDS
    assert all(len(row["properties"]) == 12 for row in households)
    first = sum(wire.down)

    wire.pull()
    nothing = sum(wire.down)

    change_some(50)
    (page,) = wire.pull()
    assert len(page["entities"][0]["upserts"]) == 50
    fifty = sum(wire.down)

    print(f"first {first}, nothing new {nothing}, 50 changed {fifty}")
    assert first <= 350_000
    assert nothing <= 400
    assert fifty <= 6_000
