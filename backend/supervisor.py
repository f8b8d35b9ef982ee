"""Starts child processes in order, restarts what exits, stops all in reverse. Stdlib only.

Each child leads its own process group, so that what a killed server leaves behind (a worker that
still holds the port) goes with it. Should this process itself be killed, the kernel tells the
children to stop (`PR_SET_PDEATHSIG`), and `backend.guardian` kills those that do not.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0  # seconds between restarts, doubled each time
STEADY_AFTER = 30.0  # a child that ran this long starts again without a long pause
LOG_BYTES = 10_000_000  # a longer log is set aside at the next start; one older is kept
PR_SET_PDEATHSIG = 1
GUARDIAN = Path(__file__).with_name("guardian.py")
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Child:
    """What to run. `stop_signal` asks it to end; after `stop_seconds` its group is killed."""

    name: str
    argv: list[str]
    log: Path
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 10.0
    env: Mapping[str, str] = field(default_factory=dict)
    uid: int | None = None
    gid: int | None = None
    cwd: Path | None = None
    nice: int = 0
    once: bool = False  # runs to its end and is not started again
    before_start: Callable[[], None] | None = None


class Running:
    """One started child."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.started_at = time.monotonic()
        if child.before_start:
            child.before_start()
        _set_aside(child.log)
        with child.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own argument lists
                child.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=child.cwd,
                env={**os.environ, **child.env},
                user=child.uid,
                group=child.gid,
                extra_groups=[] if child.uid is not None else None,
                process_group=0,
                preexec_fn=lambda: _in_child(child),
            )

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def stop(self) -> None:
        """Asks, waits, then kills whatever is left of the group. Safe to call again."""
        if not self.has_ended():
            self.process.send_signal(self.child.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self.child.stop_seconds)
        self.kill_group()

    def kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Guardian:
    """Hears of every group that starts and ends; outlives this process (`backend.guardian`)."""

    def __init__(self, orphan_seconds: float) -> None:
        self._orphan_seconds = orphan_seconds
        self._process: subprocess.Popen[str] | None = None

    def watch(self, group: int) -> None:
        self._process = self._process or subprocess.Popen(  # noqa: S603 - our own argument list
            [sys.executable, "-IS", str(GUARDIAN), str(self._orphan_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            process_group=0,
        )
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        self._tell(f"-{group}\n")

    def dismiss(self) -> None:
        """It ends at once when there is nothing left to watch."""
        if self._process and self._process.stdin:
            self._process.stdin.close()
            self._process.wait()
            self._process = None

    def _tell(self, line: str) -> None:
        if self._process and self._process.stdin:
            with contextlib.suppress(BrokenPipeError):  # somebody killed it
                self._process.stdin.write(line)
                self._process.stdin.flush()


class Supervisor:
    """Keeps children running until a signal or `stop`. Use from the main thread."""

    def __init__(self, say: Callable[[str], None], *, orphan_seconds: float = 30.0) -> None:
        """`orphan_seconds`: what children have to end by themselves once this process is dead."""
        self.say = say
        self.guardian = Guardian(orphan_seconds)
        self.running: list[Running] = []
        self.stopping = False
        self._due: dict[str, float] = {}  # child name → when to start it again
        self._pause: dict[str, float] = {}

    def start(self, child: Child) -> Running:
        running = self._run(child)
        self.running.append(running)
        return running

    def watch_signals(self) -> None:
        """Ctrl-C, SIGTERM and a closed terminal all mean: stop in order."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)

    def run(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Restarts what exits, until asked to stop or until `until()` holds."""
        while not self.stopping and not until():
            for running in [each for each in self.running if each.has_ended()]:
                self._finish(running) if running.child.once else self._restart(running)
            time.sleep(0.1)

    def stop(self) -> None:
        """Stops in reverse order of starting, each within its `stop_seconds`."""
        self.stopping = True
        while self.running:
            running = self.running.pop()
            running.stop()
            self.guardian.forget(running.process.pid)
        self.guardian.dismiss()

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _run(self, child: Child) -> Running:
        running = Running(child)
        self.guardian.watch(running.process.pid)
        return running

    def _finish(self, ended: Running) -> None:
        self.running.remove(ended)
        self.guardian.forget(ended.process.pid)
        code = ended.process.returncode
        log = f"; see {ended.child.log}" if code else ""
        self.say(f"{ended.child.name} is done ({_how(code)}{log})")

    def _restart(self, ended: Running) -> None:
        name, now = ended.child.name, time.monotonic()
        if name not in self._due:
            ended.kill_group()  # a dead master's children may still hold its port
            self.guardian.forget(ended.process.pid)
            steady = now - ended.started_at > STEADY_AFTER
            pause = FIRST_PAUSE if steady else self._pause.get(name, FIRST_PAUSE)
            self._pause[name] = min(pause * 2, LONGEST_PAUSE)
            self._due[name] = now + pause
            code = ended.process.returncode
            self.say(f"{name} ended ({_how(code)}); starting it again in {pause:g} s")
        elif now >= self._due[name]:
            del self._due[name]
            self.running[self.running.index(ended)] = self._run(ended.child)


def _how(code: int) -> str:
    return f"exit {code}" if code >= 0 else signal.Signals(-code).name


def _set_aside(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".1.log"))


def _in_child(child: Child) -> None:
    """Runs between fork and exec, after the change of user (which would clear the death signal)."""
    _libc.prctl(PR_SET_PDEATHSIG, child.stop_signal, 0, 0, 0)
    if child.nice:
        os.nice(child.nice)
