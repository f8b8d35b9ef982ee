"""Files for analysts: how fast each kind is made and read back, and what memory it takes.

Each is made in a process of its own on the server that is measured: `tests.benchmarks.exports`.
"""

import json
from collections.abc import Iterator
from typing import Any

from tests.benchmarks.report import Measurement

# limits: the for files of 10,000 + 40,000 and of 50,000 rows
RATES = {"dta": 6000.0, "xlsx": 1500.0}
MOST_MB = 300.0


def exports(bench: Any) -> Iterator[Measurement]:
    """CSV of 10,000 + 40,000; 50,000 × 60 in each kind; memory at 10,000 and 100,000 rows."""
    ask = bench_office(bench)
    ask("fill", records=10_000, members=4)
    made = ask("make", kind="csv")
    yield Measurement("CSV zip, 10,000 + 40,000 rows", made["seconds"], "s", 1.2)
    ask("clear")
    ask("fill", records=10_000, members=0)
    small = {kind: ask("make", kind=kind)["mb"] for kind in ("csv", "dta", "parquet", "geojson")}
    ask("fill", records=40_000, members=0)
    for kind in ("csv", "dta", "sav", "xlsx", "parquet", "geojson", "kml"):
        made = ask("make", kind=kind)
        rate = made["rows"] / made["cpu"]
        yield Measurement(
            f"{kind}, 50,000 × 60", rate, "rows/CPU-s", RATES.get(kind), better="higher"
        )
    ask("fill", records=50_000, members=0)
    for kind, mb in small.items():
        made = ask("make", kind=kind)
        yield Measurement(f"{kind}, memory at 100,000 rows", made["mb"], "MB", MOST_MB)
        yield Measurement(f"{kind}, more than at 10,000", made["mb"] - mb, "MB")
    ask("clear")


def bench_office(bench: Any) -> Any:
    """Calls a function of `tests.benchmarks.exports` on the server, in a process of its own."""

    def ask(name: str, **words: Any) -> Any:
        call = f"from tests.benchmarks import exports; exports.say(exports.{name}(**{words!r}))"
        return json.loads(bench.server.manage("shell", "--no-imports", "-c", call))

    return ask
