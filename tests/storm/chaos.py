"""Kills processes of a live server with SIGKILL, one at a time, at random moments."""

import os
import signal
import threading
from collections import Counter
from random import Random

from tests.live import LiveServer

# Which process of a tree dies: the one we started, or one of its children.
VICTIMS = (
    *(("web", "first"), ("web", "child"), ("worker", "first"), ("worker", "child")),
    *(("beat", "first"), ("redis", "first"), ("postgres", "first"), ("postgres", "child")),
)


class Chaos(threading.Thread):
    """Until `stop` is set: waits between `least` and `most` seconds, then kills."""

    def __init__(
        self, server: LiveServer, stop: threading.Event, *, least: float, most: float, seed: int
    ) -> None:
        super().__init__(name="chaos", daemon=True)
        self.server = server
        self.stop = stop
        self.pause = (least, most)
        self.rng = Random(seed)
        self.killed: Counter[str] = Counter()

    def run(self) -> None:
        while not self.stop.wait(self.rng.uniform(*self.pause)):
            role, which = self.rng.choice(VICTIMS)
            tree = self.server.process_trees().get(role, [])
            children = tree[1:]
            victim = tree[:1] if which == "first" or not children else [self.rng.choice(children)]
            for pid in victim:
                self._kill(pid, f"{role}, {which}")

    def _kill(self, pid: int, what: str) -> None:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.killed[what] += 1
