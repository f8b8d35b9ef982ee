"""Tablets that give up on nothing: each sends new records until told to stop, and remembers what
the server acknowledged."""

import hashlib
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from sync.fieldwork.posts import Record
from sync.fieldwork.tablet import Tablet
from tests.registrations import Registrations

PAUSE_SECONDS = 0.03  # between two records of one tablet
PHOTO_BYTES = 20_000
AGAIN = 0.1  # share of records that are sent once more although acknowledged


@dataclass
class Acknowledged:
    """Records that were answered 201 or 202, with the SHA-256 of each file, by instance id."""

    files: dict[str, dict[str, str]] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)

    def note(self, record: Record) -> None:
        self.files[record.instance_id] = {
            name: hashlib.sha256(content).hexdigest()
            for name, content in record.attachments.items()
        }
        self.members[record.instance_id] = record.xml.count(b"<member>")
        self.cards[record.instance_id] = record.xml.partition(b"<card_no>")[2][:11].decode()


class StubbornTablet(threading.Thread):
    """Sends until `stop` is set; a record once begun is sent until it is acknowledged."""

    def __init__(
        self, server_url: str, registrations: Registrations, stop: threading.Event, number: int
    ) -> None:
        super().__init__(name=f"tablet-{number}", daemon=True)
        self.tablet = Tablet(server_url, name=self.name)
        self.registrations = registrations
        self.stop = stop
        self.rng = Random(number)
        self.acknowledged = Acknowledged()

    def run(self) -> None:
        while not self.stop.is_set():
            record = self.registrations.new(
                photo_bytes=PHOTO_BYTES if self.rng.random() < 0.3 else 0
            )
            self._send(record)
            if self.rng.random() < AGAIN:
                self._send(record)
            time.sleep(PAUSE_SECONDS)
        self.tablet.close()

    def _send(self, record: Record) -> None:
        while True:
            try:
                answer = self.tablet.post(record, record.attachments)
            except ConnectionError:
                continue
            self.acknowledged.statuses[answer.status] += 1
            if answer.status in (201, 202):
                self.acknowledged.note(record)
                return
            if answer.status != 503:
                self.acknowledged.refused.append(f"{answer.status} {answer.words}")
            time.sleep(0.2)
