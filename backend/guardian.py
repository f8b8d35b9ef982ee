"""The last resort of the supervisor: ends what outlives it. Stdlib only; run as a program.

The kernel asks a dead supervisor's children to stop (`PR_SET_PDEATHSIG`); one that will not, such
as a worker that waits for a broker that is gone too, would stay for ever. This process reads the
supervisor's pipe: `+<group>` and `-<group>` for what starts and ends. When the pipe closes, groups
that are still there after a while are killed.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable


def guard(lines: Iterable[str], *, patience_seconds: float) -> None:
    groups: set[int] = set()
    for line in lines:
        sign, group = line[0], int(line[1:])
        groups = groups | {group} if sign == "+" else groups - {group}
    until = time.monotonic() + patience_seconds
    while (groups := {group for group in groups if _signal(group, 0)}) and time.monotonic() < until:
        time.sleep(0.1)
    for group in groups:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)  # the pipe says when
    guard(sys.stdin, patience_seconds=float(sys.argv[1]))
