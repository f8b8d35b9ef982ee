"""`make storm`: a minute of kills on a server of its own. Exit 1 when anything is lost."""

import os
import sys
import time

from tests.live import LiveServer
from tests.storm.run import storm

SECONDS = float(os.environ.get("STORM_SECONDS", "60"))
SEED = int(os.environ.get("STORM_SEED", str(time.time_ns() % 100_000)))


def main() -> None:
    with LiveServer({"SWEEP_SECONDS": "2"}) as server:
        print(f"storm of {SECONDS:g} s, seed {SEED}", flush=True)
        outcome = storm(server, seconds=SECONDS, tablets=8, pause=(2.0, 5.0), seed=SEED)
    for what, times in sorted(outcome.killed.items()):
        print(f"  killed {times:>3} × {what}")
    answers = ", ".join(f"{count} × {status}" for status, count in sorted(outcome.statuses.items()))
    print(f"  answers: {answers}")
    for words in outcome.refused[:10]:
        print(f"  refused: {words}")
    print(outcome.verdict)
    if not outcome.verdict.is_clean:
        sys.exit(1)


if __name__ == "__main__":
    main()
