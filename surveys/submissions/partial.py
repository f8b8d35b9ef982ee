"""Files that come in pieces: each lies under MEDIA_ROOT until all of it is there.

Its length is the offset to go on from. No lock is held while a slow link trickles: every piece is
written under a lock of its own, and only if the file still ends where its sender believes. So of
two senders one goes on and the other hears of it, and a link that died silently blocks nobody.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from io import FileIO
from pathlib import Path

from django.conf import settings

from surveys.submissions.store import StoredFile, as_problem, sync_folders

PARTIAL = "partial"
QUIET, LONGEST_WAIT, FOR_EVER = 0.2, 2.0, 1e9  # seconds


class Overtaken(Exception):
    """The file no longer ends where the sender believes, or is gone."""


class PartialFile:
    """The bytes so far of one upload. Nothing of it exists before the first piece."""

    def __init__(self, key: str) -> None:
        self.path = Path(settings.MEDIA_ROOT) / PARTIAL / key

    @property
    def size(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def resting_size(self) -> int:
        """Its size once nobody adds to it, waiting two seconds at most.

        A tablet that comes back at once may be quicker than what its dead link brought is on its
        way to the disk; told too early, it would send that again.
        """
        until = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < until and self._seconds_since_written() < QUIET:
            time.sleep(QUIET / 4)
        return self.size

    def append(self, pieces: Iterable[bytes], *, at: int) -> int:
        """Adds pieces from the offset `at` on; returns the new offset, durable.

        What was written before an error stays. Raises Overtaken, Problem("disk_full").
        """
        with self._open("a") as file:
            os.utime(file.fileno())  # the first piece is on its way
            try:
                for piece in pieces:
                    with self._locked(file, length=at):
                        _write(file, piece)
                    at += len(piece)
            finally:
                os.fsync(file.fileno())
        return at

    def cut(self, *, to: int, end: int) -> None:
        """Takes back what was added from `to` on, unless someone went on from `end`."""
        with suppress(Overtaken), self._open("r+") as file, self._locked(file, length=end):
            file.truncate(to)

    @contextmanager
    def whole(self, *, length: int) -> Iterator[str]:
        """Its SHA-256, while nobody else can finish or cut it. Raises Overtaken."""
        with self._open("r+") as file, self._locked(file, length=length):
            yield hashlib.file_digest(file, "sha256").hexdigest()

    def keep(self, stored: StoredFile) -> None:
        """Gives the whole file its place in the store, durable when it returns."""
        place = Path(settings.MEDIA_ROOT) / stored.relative_path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            self.path.replace(place)
            sync_folders([place])
        except OSError as error:
            raise as_problem(error) from error

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self, file: FileIO, *, length: int) -> Iterator[None]:
        """Alone with the file, if it still has this length and this name: the store may have it."""
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            opened = os.fstat(file.fileno())
            if opened.st_size != length or not self._is(opened):
                raise Overtaken
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)

    def _seconds_since_written(self) -> float:
        try:
            return abs(time.time() - self.path.stat().st_mtime)
        except FileNotFoundError:
            return FOR_EVER

    def _is(self, opened: os.stat_result) -> bool:
        try:
            return os.path.samestat(opened, self.path.stat())
        except FileNotFoundError:
            return False

    def _open(self, mode: str) -> FileIO:
        try:
            if mode == "a":
                self.path.parent.mkdir(parents=True, exist_ok=True)
            return FileIO(self.path, mode)
        except FileNotFoundError:
            raise Overtaken from None
        except OSError as error:
            raise as_problem(error) from error


def sweep_partial(*, older_than: timedelta) -> int:
    """Removes files that nobody added to for so long; returns how many."""
    before = time.time() - older_than.total_seconds()
    swept = 0
    for path in (Path(settings.MEDIA_ROOT) / PARTIAL).glob("*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
                swept += 1
    return swept


def _write(file: FileIO, piece: bytes) -> None:
    rest = memoryview(piece)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        raise as_problem(error) from error
