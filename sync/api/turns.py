"""Turns: so many pushes at a time in each process; who finds none is told to come again.

A push is the work of tens of requests, and threads are few. On the day when all tablets come back,
the rest of the threads go on answering: photos, lists, other tablets' records, people's pages.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from backend.problems import Problem

PATIENCE_SECONDS = 0.5
COME_AGAIN_SECONDS = (2, 8)  # drawn, so that those told at one moment do not all return at one


class Turns:
    """Threads of a process share one."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self._free = BoundedSemaphore(at_once)

    @contextmanager
    def take(self) -> Iterator[None]:
        """Waits a little for a turn. Raises Problem("server_busy")."""
        if not self._free.acquire(timeout=PATIENCE_SECONDS):
            raise Problem("server_busy", retry_after=random.randint(*COME_AGAIN_SECONDS))  # noqa: S311
        try:
            yield
        finally:
            self._free.release()
