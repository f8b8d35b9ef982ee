"""Groups of a million submissions of 60 columns over HTTP, and the snapshot they are read from.

The form and its rows are those of `exports.py`, a day old, so that the base holds them all. Asked
by the demo's analyst, of a server whose worker has made the snapshot.
"""

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import requests

from tests.benchmarks.files import bench_office
from tests.benchmarks.report import Measurement

FORM = "bench_exports"
SUBMISSIONS, AT_ONCE, TIMES = 1_000_000, 100_000, 9
LIMIT_MS, MOST_MB = 300.0, 300.0  # the issue's
QUERIES = {
    "by a choice, filtered by a number, a number summed up": "by=q43&of=q3&q3__gte=50",
    "by two choices, filtered by text, two summed up": "by=q43,q44&of=q3,q21&q31__contains=41",
    "by district and a choice": "by=place__district,q43&q58=true",
    "of the analysis layer": "by=q43&of=q3&layer=analysis",
}


def groups(bench: Any) -> Iterator[Measurement]:
    """Making the snapshot, and the middle one of some requests of each kind."""
    ask = bench_office(bench)
    for _ in range(SUBMISSIONS // AT_ONCE):
        ask("fill", records=AT_ONCE, members=0)
    made = ask("keep_snapshot")
    yield Measurement("snapshot of 1,000,000 × 60, CPU", made["cpu"], "s")
    yield Measurement("snapshot of 1,000,000 × 60, memory", made["mb"], "MB", MOST_MB)
    yield Measurement("snapshot of 1,000,000 × 60, more than before", made["more"], "MB")
    for what, query in QUERIES.items():
        took = list(_times(bench, query))
        yield Measurement(f"1,000,000 grouped {what}", median(took), "ms", LIMIT_MS)
    ask("clear")


def _times(bench: Any, query: str) -> Iterator[float]:
    url = f"{bench.server.url}/api/v1/forms/{FORM}/groups/?{query}"
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {bench.server.demo['analyst_token']}"
        for number in range(TIMES + 2):
            began = time.perf_counter()
            answer = session.get(url, timeout=60)
            took = (time.perf_counter() - began) * 1000
            answer.raise_for_status()
            assert answer.json()["groups"], query
            if number > 1:  # the first two open DuckDB in each of the web's processes
                yield took
