"""`make bench`: starts a server of its own, measures every row, prints and writes the table.

Slices of load and of pgbench take turns, since the machine's other work comes and goes; each
figure is the median of three.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from sync.fieldwork.tablet import Tablet
from tests.benchmarks.forms import form_list_requests
from tests.benchmarks.load import Load, as_request, drive, volley
from tests.benchmarks.pgbench import Pgbench
from tests.benchmarks.processes import cpu_seconds, machine_cpu_seconds, memory_mb
from tests.benchmarks.report import TITLE, Measurement, as_lines, write_json
from tests.engines import OwnEngines, throw_away_folder
from tests.live import LiveServer
from tests.registrations import Registrations

OUT = Path(os.environ.get("OILA_VAR", "var")) / "bench.json"
SLICES = 3
RECORDS, RECORDS_WITH_PHOTO, PHOTO_BYTES = 2000, 700, 200_000
ROWS = ("accept", "accept_with_photo", "process", "race", "memory", "form_list", "link", "company")
REGISTER = 100_000  # households that one record is linked against
ALL_ROLES = ("web", "worker", "batch", "beat", "postgres", "redis")
PARALLEL, ROUNDS = 5, 200
CENTRAL_BURST, CENTRAL_DRAINED, CENTRAL_PHOTO = 106, 72, 78  # per second, at 8 clients


def main(chosen: list[str]) -> None:
    measurements: list[Measurement] = []
    with LiveServer() as server:
        bench = Bench(server)
        print(TITLE)
        for measure in chosen or ROWS:
            found = list(getattr(bench, measure)())
            measurements += found
            print(as_lines(found), flush=True)
        bench.nothing_was_lost()
    write_json(measurements, OUT)
    print(f"\n{len(measurements)} measurements, written to {OUT}")
    missed = [each.name for each in measurements if each.holds is False]
    if missed:
        sys.exit("missed: " + "; ".join(missed))


@dataclass(frozen=True)
class Slice:
    """One run of load: what it saw, and CPU milliseconds a record of the given processes."""

    load: Load
    cpu_ms: float
    seconds: float

    @property
    def rate(self) -> float:
        return len(self.load.each) / self.seconds


class Bench:
    def __init__(self, server: LiveServer) -> None:
        self.server = server
        tablet = Tablet(f"{server.url}/key/{server.tokens[0]}", name="bench")
        self.path = f"{tablet.base.path}/submission?deviceID=collect%3Abench"
        self.registrations = Registrations(tablet.fetch_forms()["rmp_registration"])
        tablet.close()
        self.pgbench = Pgbench(server.var, self.registrations.sample.decode())
        self.sent = 0
        self.others: list[float] = []  # cores that other work used during each slice
        self._load(self._posts(500), 8)  # connections, caches, prepared statements
        server.drain()

    def accept(self) -> Iterator[Measurement]:
        """The 201s alone: the worker rests, so that the CPU is that of web and database."""
        for clients in (1, 8, 32):
            slices, commits = [], []
            for _ in range(SLICES):
                with self._resting_worker():
                    slices.append(self._slice(self._posts(RECORDS), clients, ("web", "postgres")))
                    commits.append(self.pgbench.commits_per_second(clients))
                self.server.drain()
            yield from self._accepted(clients, slices, median(commits))

    def _accepted(self, clients: int, slices: list[Slice], commits: float) -> Iterator[Measurement]:
        at = f"accept, {clients} clients" if clients > 1 else "accept, 1 client"
        size = len(self.registrations.sample) / 1024
        rate = median(each.rate for each in slices)
        rate_limit = 5.0 * CENTRAL_BURST if clients == 8 else None
        yield Measurement(f"{at}, {size:.1f} KB", rate, "per s", rate_limit, "higher")
        for percent, limit in ((50, None), (95, None), (99, 100.0)):
            value = median(each.load.percentile(percent) for each in slices)
            yield Measurement(f"{at}: p{percent}", value, "ms", limit)
        cpu = median(each.cpu_ms for each in slices)
        yield Measurement(f"{at}: CPU, web and database", cpu, "ms each", 2.0)
        yield Measurement(f"{at}: pgbench beside", commits, "per s", None, "higher")
        yield Measurement(f"{at}: share of pgbench", rate / commits, "", None, "higher")

    def accept_with_photo(self) -> Iterator[Measurement]:
        slices = []
        for _ in range(SLICES):
            posts = self._posts(RECORDS_WITH_PHOTO, photo_bytes=PHOTO_BYTES)
            with self._resting_worker():
                slices.append(self._slice(posts, 8, ("web", "postgres")))
            self.server.drain()
        at = "accept with a 200 KB photo, 8 clients"
        rate = median(each.rate for each in slices)
        yield Measurement(at, rate, "per s", 3.0 * CENTRAL_PHOTO, "higher")
        yield Measurement(f"{at}: p99", median(s.load.percentile(99) for s in slices), "ms")
        yield Measurement(f"{at}: CPU", median(s.cpu_ms for s in slices), "ms each")

    def process(self) -> Iterator[Measurement]:
        """Counted until the last clean row and household is there, the worker at work meanwhile."""
        slices = []
        for _ in range(SLICES):
            posts = self._posts(RECORDS)
            slices.append(self._slice(posts, 8, ALL_ROLES, until=self.server.drain_processing))
            self.server.drain()  # linkage steps aside for a burst, and catches up here
        at = "accept and process, 8 clients"
        rate = median(each.rate for each in slices)
        yield Measurement(at, rate, "per s", 4.0 * CENTRAL_DRAINED, "higher")
        yield Measurement(f"{at}: CPU in all", median(s.cpu_ms for s in slices), "ms each", 6.0)
        yield Measurement(f"{at}: 201 sent", median(s.load.rate for s in slices), "per s")
        p99 = median(each.load.percentile(99) for each in slices)
        yield Measurement(f"{at}: p99 of the 201", p99, "ms", 100.0)

    def race(self) -> Iterator[Measurement]:
        """Parallel posts of one new record: one is new, the others are told it is there."""
        groups = [[post] * PARALLEL for post in self._posts(ROUNDS)]
        rounds = volley(self.server.port, groups)
        self.sent += ROUNDS
        wanted = {201: 1, 202: PARALLEL - 1}
        wrong = sum(1 for statuses in rounds if dict(statuses) != wanted)
        self.server.drain()
        name = f"{PARALLEL} parallel posts of one record, {ROUNDS} rounds: wrong"
        yield Measurement(name, wrong, "rounds", 0)

    def memory(self) -> Iterator[Measurement]:
        trees = self.server.process_trees()
        ours = memory_mb(trees["web"] + trees["worker"] + trees["batch"] + trees["beat"])
        engines = memory_mb(trees["postgres"] + trees["redis"])
        yield Measurement("memory, web, workers and beat", ours, "MB")
        yield Measurement("memory, PostgreSQL and Redis", engines, "MB")

    def company(self) -> Iterator[Measurement]:
        """What the machine did besides; above a third of a core the rates are too low."""
        yield Measurement("cores used by other work meanwhile", median(self.others), "cores")

    def link(self) -> Iterator[Measurement]:
        """One record after the other against a register, in engines of its own."""
        own = OwnEngines(throw_away_folder())
        try:
            env = {**self.server.env, **own.env, "SECRET_KEY": "only-for-benchmarks-" + "x" * 40}
            env["DJANGO_SETTINGS_MODULE"] = "backend.settings"
            run = partial(subprocess.run, env=env, check=True, capture_output=True)
            run([sys.executable, "manage.py", "migrate", "-v0"])
            done = run([sys.executable, "-m", "tests.benchmarks.linking", str(REGISTER)])
        finally:
            own.remove()
        found = json.loads(done.stdout)
        each = sorted(1000 * seconds for seconds in found["each"])
        at = f"link, one record against {REGISTER:,}"
        yield Measurement(f"{at}: median", median(each), "ms", 50.0)
        yield Measurement(f"{at}: p99", each[int(len(each) * 0.99)], "ms", 250.0)
        share = found["merged"] / found["again"]
        yield Measurement(f"{at}: told again and merged", share, "", None, "higher")

    def form_list(self) -> Iterator[Measurement]:
        requests = form_list_requests(self.server, forms=100)
        self._load(requests * 4, 8, 200)  # each connection plans its statements a few times
        slices = [self._slice(requests, 1, ("web", "postgres"), status=200) for _ in range(SLICES)]
        name = "form list and all manifests, 100 forms"
        yield Measurement(name, 1000 * median(s.load.seconds for s in slices), "ms", 100)
        cpu = len(requests) * median(each.cpu_ms for each in slices)
        yield Measurement(f"{name}: CPU, web and database", cpu, "ms")

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

    def _posts(self, count: int, *, photo_bytes: int = 0) -> list[bytes]:
        new = self.registrations.new
        return [as_request(new(photo_bytes=photo_bytes), self.path) for _ in range(count)]

    def _slice(
        self,
        posts: list[bytes],
        clients: int,
        roles: tuple[str, ...],
        until: Callable[[], None] = lambda: None,
        status: int = 201,
    ) -> Slice:
        with self._watching_others():
            cpu = self._cpu(roles)
            load = self._load(posts, clients, status)
            waited = time.perf_counter()
            until()
            seconds = load.seconds + time.perf_counter() - waited
            cpu = self._cpu(roles) - cpu
        return Slice(load, 1000 * cpu / len(posts), seconds)

    @contextmanager
    def _watching_others(self) -> Iterator[None]:
        def theirs() -> float:
            return machine_cpu_seconds() - self._cpu(ALL_ROLES) - sum(os.times()[:4])

        began, before = time.perf_counter(), theirs()
        yield
        self.others.append(max(0.0, theirs() - before) / (time.perf_counter() - began))

    def _load(self, posts: list[bytes], clients: int, status: int = 201) -> Load:
        load = drive(self.server.port, posts, clients=clients)
        assert set(load.statuses) == {status}, load.statuses
        self.sent += load.statuses[201]
        return load

    def _cpu(self, roles: tuple[str, ...]) -> float:
        trees = self.server.process_trees()
        return cpu_seconds(pid for role in roles for pid in trees[role])

    @contextmanager
    def _resting_worker(self) -> Iterator[None]:
        pids = self.server.process_trees()["worker"]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)


if __name__ == "__main__":
    main(sys.argv[1:])
