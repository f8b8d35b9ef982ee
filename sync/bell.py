"""The bell: tells the worker that rows wait. It carries no data and may be lost (beat sweeps).

A thread of its own rings for all requests of a process, at most every third of a second, so that
neither a burst nor a dead broker costs an upload anything.
"""

import logging
import os
import threading
import time
from collections.abc import Callable

from celery import current_app

log = logging.getLogger(__name__)
TASK = "surveys.lifecycle.tasks.process_waiting_task"
PAUSE_SECONDS = 0.3
EXPIRES_SECONDS = 15  # by then the sweep has rung anyway


class Bell:
    """Coalesces rings; starts its thread at the first, again after a fork."""

    def __init__(self, send: Callable[[], bool], *, pause_seconds: float = PAUSE_SECONDS) -> None:
        """`send` rings once and says whether it was heard."""
        self._send = send
        self._pause_seconds = pause_seconds
        self.reset()

    def reset(self) -> None:
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        self._wanted.set()
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        heard = True
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if heard != (heard := self._send()):
                log.warning("the broker hears the bell" if heard else "the broker is away")
            time.sleep(self._pause_seconds)


def send_task() -> bool:
    try:
        current_app.send_task(TASK, expires=EXPIRES_SECONDS, ignore_result=True, retry=False)
    except Exception:
        return False
    return True


_bell = Bell(send_task)
os.register_at_fork(after_in_child=_bell.reset)
ring_bell = _bell.ring
