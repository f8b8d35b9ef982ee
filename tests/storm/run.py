"""One storm: so many tablets, so long, a kill every few seconds; then the count."""

import threading
import time
from collections import Counter
from dataclasses import dataclass

from sync.fieldwork.tablet import Tablet
from tests.live import LiveServer
from tests.registrations import Registrations
from tests.storm.chaos import Chaos
from tests.storm.tablets import Acknowledged, StubbornTablet
from tests.storm.verdict import Verdict, judge

SETTLE_SECONDS = 120.0  # for the servers to be back and the queue to be empty


@dataclass(frozen=True)
class Outcome:
    verdict: Verdict
    killed: Counter[str]
    statuses: Counter[int]
    refused: list[str]


def storm(
    server: LiveServer, *, seconds: float, tablets: int, pause: tuple[float, float], seed: int
) -> Outcome:
    """Raises TimeoutError when the server does not come back, or the queue does not empty."""
    url = f"{server.url}/key/{server.tokens[0]}"
    scout = Tablet(url, name="scout")
    registrations = Registrations(scout.fetch_forms()["rmp_registration"])
    scout.close()
    calm, over = threading.Event(), threading.Event()
    senders = [StubbornTablet(url, registrations, over, number) for number in range(tablets)]
    chaos = Chaos(server, calm, least=pause[0], most=pause[1], seed=seed)
    for thread in (*senders, chaos):
        thread.start()
    time.sleep(seconds)
    calm.set()
    over.set()
    for sender in senders:
        sender.join(SETTLE_SECONDS)
    server.wait_until_ready(SETTLE_SECONDS)
    server.drain(3 * SETTLE_SECONDS)  # linkage comes after the burst
    together = _together(senders)
    return Outcome(judge(server, together), chaos.killed, together.statuses, together.refused)


def _together(senders: list[StubbornTablet]) -> Acknowledged:
    together = Acknowledged()
    for sender in senders:
        if sender.is_alive():
            raise TimeoutError(f"{sender.name} still waits for an answer")
        together.files |= sender.acknowledged.files
        together.members |= sender.acknowledged.members
        together.cards |= sender.acknowledged.cards
        together.statuses += sender.acknowledged.statuses
        together.refused += sender.acknowledged.refused
    return together
