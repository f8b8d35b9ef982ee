"""`make bench`: starts a server of its own, measures every row, prints and writes the table.

`python -m tests.benchmarks pull burst` measures these rows alone. Slices of load and of pgbench
take turns, since the machine's other work comes and goes; each figure is the median of several.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks import (
    burst,
    entity_lists,
    files,
    forms,
    groups,
    intake,
    pages,
    quality,
    records,
    register,
    wire,
)
from tests.benchmarks.bench import Bench
from tests.benchmarks.pace import pace
from tests.benchmarks.report import TITLE, Measurement, as_lines, write_json
from tests.live import LiveServer

OUT = Path(os.environ.get("OILA_VAR", "var")) / "bench.json"
ROWS: dict[str, Callable[[Bench], Iterator[Measurement]]] = {
    "accept": intake.accept,
    "accept_with_photo": intake.accept_with_photo,
    "process": intake.process,
    "race": intake.race,
    "memory": intake.memory,
    "form_list": forms.form_list,
    "push": wire.push,
    "photo": wire.photo,
    "pull": wire.pull,
    "entity_csv": entity_lists.entity_csv,
    "burst": burst.burst,
    "link": register.link,
    "quality": quality.quality,
    "registers": quality.registers,
    "million": quality.million,
    "pipeline": quality.pipeline,
    "exports": files.exports,
    "records": records.records,
    "groups": groups.groups,
    "pages": pages.pages,
    "company": intake.company,
}


def main(chosen: list[str]) -> None:
    if unknown := set(chosen) - ROWS.keys():
        sys.exit(f"no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    measurements: list[Measurement] = []
    with LiveServer() as server:
        bench = Bench(server)
        print(TITLE)
        for row in chosen or ROWS:
            found = [*ROWS[row](bench), pace(row)]
            measurements += found
            print(as_lines(found), flush=True)
        bench.nothing_was_lost()
    write_json(measurements, OUT)
    print(f"\n{len(measurements)} measurements, written to {OUT}")
    missed = [each.name for each in measurements if each.holds is False]
    if missed:
        sys.exit("missed: " + "; ".join(missed))


if __name__ == "__main__":
    main(sys.argv[1:])
