"""CPU time and memory of process trees, from /proc."""

import os
from collections.abc import Iterable
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time so far, with that of children already gone."""
    return sum(_ticks(pid) for pid in pids) / TICKS_A_SECOND


def machine_cpu_seconds() -> float:
    """Busy time of all cores since the machine started, whoever used it."""
    fields = [int(each) for each in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / TICKS_A_SECOND


def memory_mb(pids: Iterable[int]) -> float:
    """Proportional set size: shared pages are counted once, in shares."""
    return sum(_pss_kb(pid) for pid in pids) / 1024


def peak_memory_mb(pid: int) -> float:
    """The most it ever held in memory, shared pages counted whole."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(next(found, "0")) / 1024


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(each) for each in fields[11:15])


def _pss_kb(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
