"""An export's heartbeat: that its worker lives, and how far it is."""

import time
from collections.abc import Iterator
from typing import Any

from surveys.datasets.export_sheets import B, Reading
from surveys.datasets.models import Export

BEAT_EVERY = 0.5  # seconds
WRITING = 0.9  # the share of the work that writing is; the rest is reading back


class TakenOver(Exception):
    """Another worker has taken the export up, or it was withdrawn."""


class Heart:
    """Says, on a connection of its own, that the worker lives and how far it is."""

    def __init__(self, export: Export, beside: Any, reading: Reading) -> None:
        self.export, self.beside = export, beside
        self.total = max(sum(reading.counts.values()), 1)
        self.done, self.next_at = 0, 0.0

    def watch(self, blocks: Iterator[B]) -> Iterator[B]:
        for block in blocks:
            self.beat()
            self.done += len(block)
            yield block

    def beat(self) -> None:
        """Twice a second at most. Raises `TakenOver`."""
        if time.monotonic() < self.next_at:
            return
        self.next_at = time.monotonic() + BEAT_EVERY
        with self.beside.cursor() as cursor:
            cursor.execute(
                "UPDATE datasets_export SET progress = %s, heartbeat_at = now()"
                " WHERE id = %s AND attempts = %s AND state = 'running'",
                [WRITING * self.done / self.total, self.export.pk, self.export.attempts],
            )
            if cursor.rowcount == 0:
                raise TakenOver
