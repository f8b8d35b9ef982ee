"""Tablets that all come back at once: each does its errands one after another, as fast as the
server lets it, waits where it is told to, and gives up on nothing. In a process of its own.
"""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

import brotli

from sync.fieldwork.posts import Record, announced, push_body, submission_body

API = "/api/v1/sync"
BOUNDARY = "b" * 32
ITEMS_A_PUSH = 20
WAIT = {429, 503}
HEALTH = {"app": "collector 0.3.0", "battery": 41, "free_mb": 820, "unsent": 40}
SENT_AT = "2014-06-23T18:20:00+05:00"
OUTCOMES = {"created"}


@dataclass(frozen=True)
class Backlog:
    """What one tablet has to send; `lists` are the addresses it fetches first, below its token."""

    token: str
    speaks_json: bool
    records: Sequence[Record]
    lists: Sequence[str] = ()


@dataclass
class Tally:
    """Seconds of each request by kind, and how often each answer came; 0 is none at all."""

    seconds: float = 0.0
    each: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    waits: int = 0  # 503 or 429 that said when to come again

    @property
    def all(self) -> list[float]:
        return [seconds for kind in self.each.values() for seconds in kind]


@dataclass(frozen=True)
class _Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


def come_back(port: int, backlogs: Sequence[Backlog]) -> Tally:
    """Returns when the last tablet is done."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_come_back, port, backlogs).result()


def _come_back(port: int, backlogs: Sequence[Backlog]) -> Tally:
    tally = Tally()
    errands = [_Tablet(port, each, tally).work() for each in backlogs]
    began = time.perf_counter()
    asyncio.run(_together(errands))
    tally.seconds = time.perf_counter() - began
    tally.each = dict(tally.each)
    return tally


async def _together(errands: Sequence[Coroutine[Any, Any, None]]) -> None:
    await asyncio.gather(*errands)


class _Tablet:
    def __init__(self, port: int, backlog: Backlog, tally: Tally) -> None:
        self.port = port
        self.backlog = backlog
        self.tally = tally
        self.ready = [_as_post(record) for record in backlog.records]
        if backlog.speaks_json:
            self.pushes = [
                _as_push(backlog.records[start : start + ITEMS_A_PUSH])
                for start in range(0, len(backlog.records), ITEMS_A_PUSH)
            ]

    async def work(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        await (self._collector() if self.backlog.speaks_json else self._collect())
        self.writer.close()

    # --- OpenRosa: form list, household list; then a HEAD and a POST for each record ---

    async def _collect(self) -> None:
        base = f"/key/{self.backlog.token}"
        openrosa = {"X-OpenRosa-Version": "1.0"}
        for path in self.backlog.lists:
            kind = "list" if path.endswith(".csv") else "forms"
            await self.ask(kind, "GET", base + path, headers=openrosa)
        multipart = {**openrosa, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        for body in self.ready:
            await self.ask("head", "HEAD", f"{base}/submission", headers=openrosa)
            await self.ask("post", "POST", f"{base}/submission", body, multipart)

    # --- JSON: pushes, files by tus, pulls ---

    async def _collector(self) -> None:
        for start, body in zip(
            range(0, len(self.backlog.records), ITEMS_A_PUSH), self.pushes, strict=True
        ):
            await self._push(body, self.backlog.records[start : start + ITEMS_A_PUSH])
        cursor, more = "", True
        while more:
            reply = await self.ask("pull", "GET", f"{API}/pull?cursor={cursor}")
            page = json.loads(_unpacked(reply))
            cursor, more = page["cursor"], page["more"]

    async def _push(self, body: bytes, records: Sequence[Record]) -> None:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        reply = await self.ask("push", "POST", f"{API}/push", body, headers)
        for record, result in zip(records, json.loads(_unpacked(reply))["results"], strict=True):
            self.tally.statuses["item", 200 if result["outcome"] in OUTCOMES else 500] += 1
            for file in result.get("attachments", ()):
                await self._send_file(file["upload"], record.attachments[file["name"]])

    async def _send_file(self, path: str, content: bytes) -> None:
        headers = {
            **{"Tus-Resumable": "1.0.0", "Upload-Offset": "0"},
            "Content-Type": "application/offset+octet-stream",
        }
        await self.ask("photo", "PATCH", path, content, headers)

    # --- HTTP ---

    async def ask(
        self,
        kind: str,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> _Reply:
        """The answer; a tablet that is told to wait does so and asks again."""
        said = {"Accept-Encoding": "br, gzip", **(headers or {})}
        if self.backlog.speaks_json:
            said["Authorization"] = f"Bearer {self.backlog.token}"
        lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        while True:
            began = time.perf_counter()
            self.writer.write(head.encode())
            self.writer.write(body)
            reply = await self._reply(method)
            self.tally.each[kind].append(time.perf_counter() - began)
            if reply.status not in WAIT or "retry-after" not in reply.headers:
                self.tally.statuses[kind, reply.status] += 1
                return reply
            self.tally.waits += 1
            await asyncio.sleep(float(reply.headers["retry-after"]))

    async def _reply(self, method: str) -> _Reply:
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {
            name.lower(): value for name, value in (each.split(": ", 1) for each in lines if each)
        }
        length = 0 if method == "HEAD" else int(headers.get("content-length", "0"))
        return _Reply(int(first.split()[1]), headers, await self.reader.readexactly(length))


def _as_post(record: Record) -> bytes:
    return submission_body(record.xml, record.attachments, boundary=BOUNDARY)


def _as_push(records: Sequence[Record]) -> bytes:
    items = [
        {
            "key": record.instance_id,
            "instance": record.xml.decode(),
            "attachments": announced(record),
        }
        for record in records
    ]
    return push_body(items, sent_at=SENT_AT, health=HEALTH)


def _unpacked(reply: _Reply) -> bytes:
    if reply.headers.get("content-encoding") == "br":
        return bytes(brotli.decompress(reply.body))
    return reply.body
