"""The attachment store: files by their SHA-256 under MEDIA_ROOT, durable before any row names them.

A file without a row is litter; a row without a file would be loss. So: temporary name on the same
file system, fsync, rename, fsync of the folders, and only then the row.
"""

import errno
import hashlib
import os
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from backend.problems import Problem

INCOMING = "incoming"
LITTER_AFTER_SECONDS = 24 * 3600  # no upload takes as long
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies safe in the store; `name` is what the submission calls it."""

    name: str
    sha256: str
    size: int
    content_type: str = ""

    @property
    def relative_path(self) -> str:
        return f"{self.sha256[:2]}/{self.sha256[2:4]}/{self.sha256}"


class IncomingFile:
    """A file on its way in: written as it arrives, hashed on the way, never whole in memory."""

    def __init__(self, name: str, content_type: str = "") -> None:
        self.name = name
        self.content_type = content_type
        self.size = 0
        self._hash = hashlib.sha256()
        folder = Path(settings.MEDIA_ROOT) / INCOMING
        self.path = folder / uuid.uuid4().hex
        try:
            self._file: BinaryIO = _create(self.path)
        except OSError as error:
            raise as_problem(error) from error

    def write(self, data: bytes | memoryview) -> None:
        """Raises Problem("disk_full")."""
        self._hash.update(data)
        self.size += len(data)
        try:
            self._file.write(data)
        except OSError as error:
            raise as_problem(error) from error

    def finish(self) -> None:
        """All bytes are here: down to the disk, still under the temporary name."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise as_problem(error) from error
        finally:
            self._file.close()

    def discard(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


def keep_files(incoming: Iterable[IncomingFile]) -> tuple[StoredFile, ...]:
    """Gives finished files their place. Two with the same bytes share it; both names stay."""
    kept, places = [], []
    root = Path(settings.MEDIA_ROOT)
    try:
        for file in incoming:
            stored = StoredFile(file.name, file._hash.hexdigest(), file.size, file.content_type)
            place = root / stored.relative_path
            place.parent.mkdir(parents=True, exist_ok=True)
            file.path.replace(place)
            places.append(place)
            kept.append(stored)
        sync_folders(places)
    except OSError as error:
        raise as_problem(error) from error
    return tuple(kept)


def is_kept(file: StoredFile) -> bool:
    """Whether these bytes lie in the store, whoever sent them."""
    try:
        return (Path(settings.MEDIA_ROOT) / file.relative_path).stat().st_size == file.size
    except OSError:
        return False


def sync_folders(places: Iterable[Path]) -> None:
    """Makes new names in the store durable: a folder's entries are written on their own."""
    root = Path(settings.MEDIA_ROOT)
    for folder in {each for place in places for each in (place.parent, place.parent.parent, root)}:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def as_problem(error: OSError) -> Exception:
    return Problem("disk_full") if error.errno in NO_ROOM else error


def sweep_incoming() -> int:
    """Removes what uploads left behind whose server died meanwhile; returns how many files."""
    before = time.time() - LITTER_AFTER_SECONDS
    swept = 0
    for path in (Path(settings.MEDIA_ROOT) / INCOMING).glob("*"):
        with suppress(FileNotFoundError):  # it was just given its place
            if path.stat().st_mtime < before:
                path.unlink()
                swept += 1
    return swept


def _create(path: Path) -> BinaryIO:
    try:
        return path.open("xb", buffering=0)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb", buffering=0)
