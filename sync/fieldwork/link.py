"""A tablet's way to the server: plain HTTP over a socket that counts its bytes and really breaks.

A break shuts the socket down in the middle of whatever crosses it: a body on its way up, an
answer on its way down, or after the server did its work and before the tablet heard of it.
"""

import http.client
import socket
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

FOR_EVER = 1 << 62
TIMEOUT_SECONDS = 60.0


class LinkBroken(ConnectionError):
    """The link broke: the tablet does not know what the server got."""


@dataclass(frozen=True, slots=True)
class Quality:
    """`life`: bytes that a connection carries before it breaks, 0 for ever: on average, or exactly
    so many (`even`); `cut`: the share of requests that break at some moment of their own; `pause`:
    seconds until there is a network again."""

    life: int = 0
    cut: float = 0.0
    even: bool = False
    pause: float = 0.0


STEADY = Quality()
LINKS = {
    "2g": Quality(life=200_000, cut=0.05),
    "3g": Quality(life=5_000_000, cut=0.01),
    "flaky": Quality(life=60_000, cut=0.2),
}


@dataclass(slots=True)
class Usage:
    """Bytes on the wire with their headers, and the breaks, by kind of request."""

    up: Counter[str] = field(default_factory=Counter)
    down: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    breaks: int = 0

    def add(self, other: "Usage") -> None:
        self.up += other.up
        self.down += other.down
        self.requests += other.requests
        self.breaks += other.breaks


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def words(self) -> str:
        """The message a person with this tablet would read."""
        try:
            return etree.fromstring(self.body).findtext("{*}message") or ""
        except etree.XMLSyntaxError:
            return self.body[:300].decode(errors="replace")


class Link:
    """One kept-alive connection to a server, made again after each break."""

    def __init__(self, url: str, *, quality: Quality = STEADY, rng: Random | None = None) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port
        self.netloc, self.secure = parts.netloc, parts.scheme == "https"
        self.quality = quality
        self.rng = rng or Random(0)
        self.usage = Usage()
        self._connection: http.client.HTTPConnection | None = None
        self._wire: _Wire | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = self._wire = None

    def exchange(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], *, kind: str = ""
    ) -> Answer:
        """One request. Raises LinkBroken, or OSError and HTTPException when the server is away."""
        kept_alive = self._connection is not None
        try:
            return self._ask(method, path, body, headers, kind=kind)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if not kept_alive:
                raise
            # The server hung up on a connection that lay idle: every client asks once more.
            return self._ask(method, path, body, headers, kind=kind)

    def _ask(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], *, kind: str
    ) -> Answer:
        connection = self._connect()
        wire, before = self._wire, (0, 0)
        if wire is not None:
            before = (wire.up, wire.down)
            self._maybe_cut(wire, len(body))
        try:
            connection.request(method, path, body or None, dict(headers))
            response = connection.getresponse()
            content = response.read()
        except BaseException:
            self.close()
            if wire is not None and wire.broken:
                self.usage.breaks += 1
                time.sleep(self.quality.pause)
                raise LinkBroken("the link broke") from None
            raise
        finally:
            if wire is not None:
                self.usage.requests[kind] += 1
                self.usage.up[kind] += wire.up - before[0]
                self.usage.down[kind] += wire.down - before[1]
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, content)

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is None:
            if self.secure:  # nobody breaks or counts what is encrypted
                self._connection = http.client.HTTPSConnection(
                    self.host, self.port, timeout=TIMEOUT_SECONDS
                )
                return self._connection
            plain = socket.create_connection((self.host, self.port or 80), TIMEOUT_SECONDS)
            self._connection = http.client.HTTPConnection(self.host, self.port)
            self._connection.sock = self._wire = _Wire(plain, self._life())
        return self._connection

    def _life(self) -> int:
        life = self.quality.life
        if self.quality.even:
            return life
        return int(self.rng.expovariate(1 / life)) + 500 if life else FOR_EVER

    def _maybe_cut(self, wire: "_Wire", size: int) -> None:
        """The moment is drawn: in the body, before the answer, or inside it."""
        wire.may_send = wire.may_receive = FOR_EVER
        if self.rng.random() < self.quality.cut:
            moment = self.rng.randrange(3)
            if moment == 0:
                wire.may_send = self.rng.randint(0, size + 300)
            else:
                wire.may_receive = 0 if moment == 1 else self.rng.randint(1, 400)


class _Wire(socket.socket):
    """A connected socket that dies after so many bytes, or where it is told to."""

    def __init__(self, plain: socket.socket, life: int) -> None:
        timeout = plain.gettimeout()
        super().__init__(fileno=plain.detach())
        self.settimeout(timeout)
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.life = life
        self.up = self.down = 0
        self.may_send = self.may_receive = FOR_EVER
        self.broken = False

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        left = max(0, min(self.may_send, self.life - self.up - self.down))
        piece = memoryview(data)[:left]
        super().sendall(piece, flags)
        self.up += len(piece)
        self.may_send -= len(piece)
        if len(piece) < len(data):
            self._break()

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0, /) -> int:
        left = min(self.may_receive, self.life - self.up - self.down)
        if left <= 0:
            self._break()
        count = super().recv_into(buffer, min(nbytes or len(buffer), left), flags)
        self.down += count
        self.may_receive -= count
        return count

    def _break(self) -> None:
        self.broken = True
        self.shutdown(socket.SHUT_RDWR)
        raise LinkBroken("the link broke")
