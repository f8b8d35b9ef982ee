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
from urllib.parse import quote, urlsplit

import pytest

from surveys.xforms.publish import publish_form
from sync.enrol import enrol_device
from tests.households import DISTRICTS, add_households, change_households, villages_of
from tests.openrosa.server import web_server
from tests.sync.api.device import Json

pytestmark = pytest.mark.django_db(transaction=True)
HOUSEHOLDS = 7600


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
    add_households(villages_of(DISTRICTS), count=HOUSEHOLDS)
    token = enrol_device(name="Tablet").token
    with web_server(tmp_path) as url:
        yield Wire(url, token)


def test_sync_6_what_a_pull_costs_on_the_wire(wire: Wire) -> None:
    pages = wire.pull()
    households = [row for page in pages for row in page["entities"][0]["upserts"]]
    assert len(households) == HOUSEHOLDS
    assert all(len(row["properties"]) == 12 for row in households)
    first = sum(wire.down)

    wire.pull()
    nothing = sum(wire.down)

    change_households(villages_of(DISTRICTS), count=50)
    (page,) = wire.pull()
    assert len(page["entities"][0]["upserts"]) == 50
    fifty = sum(wire.down)

    print(f"first {first}, nothing new {nothing}, 50 changed {fifty}")
    assert first <= 350_000
    assert nothing <= 400
    assert fifty <= 6_000
