"""How fast the machine is just now. It changes by the hour, and every limit stands on it."""

import time

from tests.benchmarks.report import Measurement

ADDITIONS = 5_000_000


def pace(row: str) -> Measurement:
    """CPU time, so that other work on the machine does not count: a plain loop in Python."""
    began = time.process_time()
    total = 0
    for number in range(ADDITIONS):
        total += number
    seconds = time.process_time() - began
    return Measurement(f"pace after {row}: {ADDITIONS:,} additions", 1000 * seconds, "ms")
