"""Writes a stream of invented household registrations with its truth."""

import argparse
from pathlib import Path
from time import perf_counter

from tests.streams.noise import FACTORS
from tests.streams.plan import Plan
from tests.streams.stream import write_stream


def main() -> None:
    given = vars(_parser().parse_args())
    out, workers = given.pop("out"), given.pop("workers")
    started = perf_counter()
    summary = write_stream(Plan(**given), out, workers=workers)
    seconds = perf_counter() - started
    print(summary)
    print(f"{seconds:.1f} s, {summary.records / seconds:,.0f} records a second")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.streams", description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the files")
    parser.add_argument("--households", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--noise", choices=list(FACTORS), default="medium")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--coverage", type=float, default=0.75)
    parser.add_argument("--dup-rate", type=float, default=0.15)
    parser.add_argument("--villages", type=int, default=0, help="0: as households suggest")
    parser.add_argument("--card", action="store_true", help="add a card number")
    parser.add_argument("--shared-card", action="store_true", help="some villages share one card")
    parser.add_argument("--partner", action="store_true", help="add the partner who registers")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    return parser


if __name__ == "__main__":
    main()
