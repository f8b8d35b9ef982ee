"""What a server needs before it serves: a secret, tables, static files. Each made once."""

import hashlib
import secrets
import socket
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from backend.engine_home import CannotStart


def make_secret_key(var: Path) -> None:
    """Once for each var folder; a SECRET_KEY in the environment wins over it."""
    path = var / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))


def make_private_folders(*folders: Path) -> None:
    """Folders with what people answered: only this user enters."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)


def hold_port(host: str, port: int) -> socket.socket:
    """The port, kept for our own children until the socket is closed.

    The web server listens only minutes later, and its processes share the port: without this a
    second Oila would share it too, and tablets would send to either.
    Raises CannotStart while another program has it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    held = socket.socket(family, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((host, port))
    except OSError as error:
        held.close()
        raise CannotStart(
            f"Cannot listen on {host}:{port}: {error.strerror}. "
            f"Choose another port: PORT={port + 1} make run"
        ) from None
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return held


def migrate_if_needed() -> bool:
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", verbosity=0, interactive=False)
    return True


def collect_static_if_changed() -> bool:
    """Compares names, sizes and times of the source files with those collected last."""
    seen = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(None):
            found = Path(storage.path(path)).stat()
            seen.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / "collected"
    if stamp.is_file() and stamp.read_text() == seen.hexdigest():
        return False
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(seen.hexdigest())
    return True
