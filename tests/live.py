"""A whole server as people run it: `manage.py up` in a folder and on a port of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from tests.engines import throw_away_folder

PROJECT = Path(__file__).resolve().parent.parent
START_SECONDS, STOP_SECONDS = 120.0, 90.0
# How the processes of a server are told apart, by what stands in their command lines.
ROLES = {
    "web": "granian",
    "worker": "celery -A backend worker --queues process",
    "batch": "celery -A backend worker --queues batch",
    "beat": "celery -A backend beat",
}
ENGINES = {"postgres": "bin/postgres -D", "redis": "redis-server"}


class LiveServer:
    """Use in a `with`. Nothing of it is left behind."""

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        self.var = throw_away_folder()
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        inherited = {k: v for k, v in os.environ.items() if k not in _OURS}
        ours = {"OILA_VAR": str(self.var), "PORT": str(self.port), "DEMO": "0"}
        self.env = {**inherited, **ours, **(env or {})}
        self._log = (self.var / "up.log").open("wb")

    def __enter__(self) -> "LiveServer":
        self._up = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=PROJECT,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        try:
            self.wait_until_ready()
        except BaseException:  # nobody else would stop it
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._up.send_signal(signal.SIGTERM)
        try:
            self._up.wait(STOP_SECONDS)
        finally:
            self._up.kill()
            self._log.close()
            data = (self.var / "data").resolve()
            if data.parent != self.var:  # where root put it out of the way
                shutil.rmtree(data.parent, ignore_errors=True)
            shutil.rmtree(self.var, ignore_errors=True)

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Returns once the server serves and says so; raises TimeoutError with its own words."""
        until = time.monotonic() + seconds
        while not (self._answers() and (self.var / "demo.json").is_file()):
            if self._up.poll() is not None or time.monotonic() > until:
                raise TimeoutError((self.var / "up.log").read_text())
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health/live", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    @cached_property
    def demo(self) -> dict[str, Any]:
        return json.loads((self.var / "demo.json").read_text())

    @property
    def tokens(self) -> list[str]:
        return [device["token"] for device in self.demo["devices"]]

    def manage(self, *arguments: str) -> str:
        """The output of a management command on this server; raises when it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def query(self, sql: str, values: Sequence[object] = ()) -> list[TupleRow]:
        with psycopg.connect(
            host=str((self.var / "run").resolve()), dbname="oila", user="oila"
        ) as connection:
            return connection.execute(sql, values).fetchall()

    def waiting(self) -> int:
        return self.query("SELECT count(*) FROM submissions_submission WHERE state = 0")[0][0]

    def unlinked(self) -> int:
        """Records that wait for linkage, and households whose entities must follow."""
        return self.query(
            "SELECT (SELECT count(*) FROM households_linkfeature WHERE state = 0)"
            " + (SELECT count(*) FROM households_household WHERE unsettled)"
        )[0][0]

    def drain(self, seconds: float = 120.0) -> None:
        """Waits until nothing waits, neither to be processed nor to be linked."""
        self._wait(lambda: self.waiting() + self.unlinked(), seconds)

    def drain_processing(self, seconds: float = 60.0) -> None:
        """Waits until everything is processed; linkage may still be at work."""
        self._wait(self.waiting, seconds)

    def _wait(self, count: Callable[[], int], seconds: float) -> None:
        until = time.monotonic() + seconds
        while waiting := count():
            if time.monotonic() > until:
                raise TimeoutError(f"{waiting} still wait")
            time.sleep(0.05)

    def process_trees(self) -> dict[str, list[int]]:
        """Pids by role: the process we started and all that it started."""
        parents = {pid: _parent(pid) for pid in _pids()}
        trees = {}
        for child in (pid for pid, parent in parents.items() if parent == self._up.pid):
            command = _command(child)
            for role, words in {**ROLES, **ENGINES}.items():
                if words in command:
                    trees[role] = [child, *_descendants(child, parents)]
        return trees


_OURS = {"DATABASE_URL", "REDIS_URL", "OILA_VAR", "PORT", "DEMO", "DJANGO_SETTINGS_MODULE"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _pids() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _descendants(pid: int, parents: Mapping[int, int]) -> list[int]:
    children = [child for child, parent in parents.items() if parent == pid]
    return [each for child in children for each in (child, *_descendants(child, parents))]
