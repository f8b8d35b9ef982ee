"""The load generator: prebuilt request bytes over keep-alive sockets, in a process of its own.

It takes well under 0.1 ms of CPU a request, so that the server is the limit.
"""

import re
import selectors
import socket
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from sync.fieldwork.posts import Record, submission_body

BOUNDARY = "b" * 32
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass
class Load:
    """What one run saw: seconds for all, seconds for each, and how often each status came."""

    seconds: float = 0.0
    each: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        return len(self.each) / self.seconds

    def percentile(self, percent: float) -> float:
        return percentile(self.each, percent)


def percentile(each: Sequence[float], percent: float) -> float:
    """Milliseconds within which so many percent were answered, from the seconds of each."""
    ordered = sorted(each)
    return 1000 * ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


def as_request(record: Record, path: str) -> bytes:
    """The bytes of one POST, ready to send."""
    body = submission_body(record.xml, record.attachments, boundary=BOUNDARY)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-OpenRosa-Version: 1.0\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def drive(port: int, requests: Sequence[bytes], *, clients: int) -> Load:
    """Sends every request once over so many connections, each as soon as its last was answered."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_drive, port, requests, clients).result()


def volley(port: int, groups: Sequence[Sequence[bytes]]) -> list[Counter[int]]:
    """Sends the requests of each group at the same moment, group after group."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_volley, port, groups).result()


def _volley(port: int, groups: Sequence[Sequence[bytes]]) -> list[Counter[int]]:
    return [_drive(port, group, len(group)).statuses for group in groups]


class _Client:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def status(self) -> int | None:
        """The status once the whole answer is here."""
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self.received += piece
        head, gap, body = self.received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head) if gap else None
        if length is None or len(body) < int(length[1]):
            return None
        return int(head[9:12])


def _drive(port: int, requests: Sequence[bytes], clients: int) -> Load:
    load = Load()
    queue = iter(requests)
    with selectors.DefaultSelector() as selector:
        connected = [_Client(port) for _ in range(min(clients, len(requests)))]
        began = time.perf_counter()
        for client in connected:
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.send(next(queue))
        while len(load.each) < len(requests):
            for key, _ in selector.select():
                client = key.data
                status = client.status()
                if status is None:
                    continue
                load.each.append(time.perf_counter() - client.sent_at)
                load.statuses[status] += 1
                request = next(queue, None)
                if request is not None:
                    client.send(request)
        load.seconds = time.perf_counter() - began
        for client in connected:
            client.socket.close()
    return load
