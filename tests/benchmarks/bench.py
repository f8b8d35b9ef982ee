"""The server that is measured, and what every row measures with: load, CPU, a resting worker."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median
from typing import Any

from sync.fieldwork.tablet import Tablet
from tests.benchmarks.load import Load, as_request, drive
from tests.benchmarks.pgbench import Pgbench
from tests.benchmarks.processes import cpu_seconds, machine_cpu_seconds
from tests.live import LiveServer
from tests.registrations import Registrations

ALL_ROLES = ("web", "worker", "batch", "beat", "postgres", "redis")
SERVING = ("web", "postgres")
HOUSEHOLDS = 7600


@dataclass(frozen=True)
class Slice:
    """One run of load: what it saw, and CPU milliseconds a record of the given processes."""

    load: Load
    cpu_ms: float
    seconds: float

    @property
    def rate(self) -> float:
        return len(self.load.each) / self.seconds


@dataclass
class Timed:
    """Milliseconds that each of several runs took, and CPU milliseconds of web and database."""

    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    @property
    def wall(self) -> float:
        return median(self.wall_ms)

    @property
    def cpu(self) -> float:
        """The mean: the kernel counts in steps of 10 ms."""
        return sum(self.cpu_ms) / len(self.cpu_ms)


class Bench:
    def __init__(self, server: LiveServer) -> None:
        self.server = server
        tablet = Tablet(f"{server.url}/key/{server.tokens[0]}", name="bench")
        self.path = f"{tablet.base.path}/submission?deviceID=collect%3Abench"
        self.form = tablet.fetch_forms()["rmp_registration"]
        self.registrations = Registrations(self.form)
        tablet.close()
        self.sent = 0
        self.others: list[float] = []  # cores that other work used during each slice
        self.load(self.posts(500), 8)  # connections, caches, prepared statements
        server.drain()

    @cached_property
    def pgbench(self) -> Pgbench:
        return Pgbench(self.server.var, self.registrations.sample.decode())

    @cached_property
    def districts(self) -> list[str]:
        """Codes of the districts that 7,600 households were put into."""
        codes: list[str] = self.office(f"fill_districts({HOUSEHOLDS})")
        return codes

    def office(self, call: str) -> Any:
        """What a function of `tests.benchmarks.office` gives, called on this server."""
        said = self.server.manage(
            "shell",
            "--no-imports",
            "-c",
            f"from tests.benchmarks import office; office.say(office.{call})",
        )
        return json.loads(said)

    def nothing_was_lost(self) -> None:
        """The figures would mean nothing if a record were missing."""
        self.server.drain()
        counts = {
            "records": "SELECT count(*) FROM submissions_submission WHERE state = 1",
            "clean rows": "SELECT count(*) FROM cleaning_cleanrow WHERE repeat = ''",
        }
        for what, sql in counts.items():
            found = self.server.query(sql)[0][0]
            assert found == self.sent, f"{self.sent} sent, {found} {what}"

    def posts(self, count: int, *, photo_bytes: int = 0) -> list[bytes]:
        new = self.registrations.new
        return [as_request(new(photo_bytes=photo_bytes), self.path) for _ in range(count)]

    def slice(
        self,
        posts: list[bytes],
        clients: int,
        roles: tuple[str, ...],
        until: Callable[[], None] = lambda: None,
        status: int = 201,
    ) -> Slice:
        with self.watching_others():
            cpu = self.cpu(roles)
            load = self.load(posts, clients, status)
            waited = time.perf_counter()
            until()
            seconds = load.seconds + time.perf_counter() - waited
            cpu = self.cpu(roles) - cpu
        return Slice(load, 1000 * cpu / len(posts), seconds)

    def load(self, posts: list[bytes], clients: int, status: int = 201) -> Load:
        load = drive(self.server.port, posts, clients=clients)
        assert set(load.statuses) == {status}, load.statuses
        self.sent += load.statuses[201]
        return load

    @contextmanager
    def timing(self, timed: Timed) -> Iterator[None]:
        """Adds what happens inside as one more run."""
        cpu, began = self.cpu(SERVING), time.perf_counter()
        yield
        timed.wall_ms.append(1000 * (time.perf_counter() - began))
        timed.cpu_ms.append(1000 * (self.cpu(SERVING) - cpu))

    @contextmanager
    def watching_others(self) -> Iterator[None]:
        def theirs() -> float:
            return machine_cpu_seconds() - self.cpu(ALL_ROLES) - sum(os.times()[:4])

        began, before = time.perf_counter(), theirs()
        yield
        self.others.append(max(0.0, theirs() - before) / (time.perf_counter() - began))

    def cpu(self, roles: tuple[str, ...]) -> float:
        """Seconds so far."""
        trees = self.server.process_trees()
        return cpu_seconds(pid for role in roles for pid in trees[role])

    @contextmanager
    def resting_worker(self) -> Iterator[None]:
        pids = self.server.process_trees()["worker"]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
