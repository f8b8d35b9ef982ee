"""Records over OpenRosa: accepted, with a photo too, processed; memory; other work."""

from collections.abc import Iterator
from statistics import median

from tests.benchmarks.bench import ALL_ROLES, SERVING, Bench, Slice
from tests.benchmarks.load import volley
from tests.benchmarks.processes import memory_mb
from tests.benchmarks.report import Measurement

SLICES = 3
RECORDS, RECORDS_WITH_PHOTO, PHOTO_BYTES = 2000, 700, 200_000
PARALLEL, ROUNDS = 5, 200
CENTRAL_BURST, CENTRAL_DRAINED, CENTRAL_PHOTO = 106, 72, 78  # per second, at 8 clients


def accept(bench: Bench) -> Iterator[Measurement]:
    """The 201s alone: the worker rests, so that the CPU is that of web and database."""
    for clients in (1, 8, 32):
        slices, commits = [], []
        for _ in range(SLICES):
            with bench.resting_worker():
                slices.append(bench.slice(bench.posts(RECORDS), clients, SERVING))
                commits.append(bench.pgbench.commits_per_second(clients))
            bench.server.drain()
        yield from _accepted(bench, clients, slices, median(commits))


def _accepted(
    bench: Bench, clients: int, slices: list[Slice], commits: float
) -> Iterator[Measurement]:
    at = f"accept, {clients} clients" if clients > 1 else "accept, 1 client"
    size = len(bench.registrations.sample) / 1024
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


def accept_with_photo(bench: Bench) -> Iterator[Measurement]:
    slices = []
    for _ in range(SLICES):
        posts = bench.posts(RECORDS_WITH_PHOTO, photo_bytes=PHOTO_BYTES)
        with bench.resting_worker():
            slices.append(bench.slice(posts, 8, SERVING))
        bench.server.drain()
    at = "accept with a 200 KB photo, 8 clients"
    rate = median(each.rate for each in slices)
    yield Measurement(at, rate, "per s", 3.0 * CENTRAL_PHOTO, "higher")
    yield Measurement(f"{at}: p99", median(s.load.percentile(99) for s in slices), "ms")
    yield Measurement(f"{at}: CPU", median(s.cpu_ms for s in slices), "ms each")


def process(bench: Bench) -> Iterator[Measurement]:
    """Counted until the last clean row and household is there, the worker at work meanwhile."""
    slices = []
    for _ in range(SLICES):
        posts = bench.posts(RECORDS)
        slices.append(bench.slice(posts, 8, ALL_ROLES, until=bench.server.drain_processing))
        bench.server.drain()  # linkage steps aside for a burst, and catches up here
    at = "accept and process, 8 clients"
    rate = median(each.rate for each in slices)
    yield Measurement(at, rate, "per s", 4.0 * CENTRAL_DRAINED, "higher")
    yield Measurement(f"{at}: CPU in all", median(s.cpu_ms for s in slices), "ms each", 6.0)
    yield Measurement(f"{at}: 201 sent", median(s.load.rate for s in slices), "per s")
    p99 = median(each.load.percentile(99) for each in slices)
    yield Measurement(f"{at}: p99 of the 201", p99, "ms", 100.0)


def race(bench: Bench) -> Iterator[Measurement]:
    """Parallel posts of one new record: one is new, the others are told it is there."""
    groups = [[post] * PARALLEL for post in bench.posts(ROUNDS)]
    rounds = volley(bench.server.port, groups)
    bench.sent += ROUNDS
    wanted = {201: 1, 202: PARALLEL - 1}
    wrong = sum(1 for statuses in rounds if dict(statuses) != wanted)
    bench.server.drain()
    name = f"{PARALLEL} parallel posts of one record, {ROUNDS} rounds: wrong"
    yield Measurement(name, wrong, "rounds", 0)


def memory(bench: Bench) -> Iterator[Measurement]:
    trees = bench.server.process_trees()
    ours = memory_mb(trees["web"] + trees["worker"] + trees["batch"] + trees["beat"])
    engines = memory_mb(trees["postgres"] + trees["redis"])
    yield Measurement("memory, web, workers and beat", ours, "MB")
    yield Measurement("memory, PostgreSQL and Redis", engines, "MB")


def company(bench: Bench) -> Iterator[Measurement]:
    """What the machine did besides; above a third of a core the rates are too low."""
    if bench.others:
        name = "cores used by other work meanwhile"
        yield Measurement(name, median(bench.others), "cores")
