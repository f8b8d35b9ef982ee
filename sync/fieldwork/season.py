"""A season: every tablet works its days, finds a network or not, and comes home at the end.

Work is done tablet by tablet, so that a seed always makes the same records; what goes over the
wire goes from several tablets at once, so that the server sees them cross.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

from sync.fieldwork.collect import CollectWorker
from sync.fieldwork.collector import CollectorWorker, enrol
from sync.fieldwork.fieldworker import REGISTRATION
from sync.fieldwork.interview import villages_of
from sync.fieldwork.library import Library
from sync.fieldwork.link import STEADY, Quality
from sync.fieldwork.office import Office
from sync.fieldwork.tablet import ServerSurprise, Tablet
from sync.fieldwork.world import Fate, Speaks, TabletPlan, World, plan_world

AT_ONCE = 6
TRIES_HOME = 200  # stays in the network until nothing is left to send
REMEMBERED_SECONDS = 31.0  # how long a process of the server may go on with an older access

Worker: TypeAlias = CollectWorker | CollectorWorker
Say = Callable[[str], None]


@dataclass(slots=True)
class Season:
    """`calm` leaves out what the office changes: tokens, places, versions."""

    office: Office
    world: World
    url: str
    quality: Quality
    calm: bool
    say: Say
    workers: list[Worker] = field(default_factory=list)
    library: Library = field(default_factory=Library)
    changed_at: float = 0.0  # when access was last changed

    def play(self) -> None:
        self.start()
        for day in range(self.world.days):
            self._day(day)
        self.come_home()

    def start(self) -> None:
        """Every tablet is set up in the office, over a good link."""
        self.workers = [self._enrol(plan) for plan in self.world.tablets]
        self._all(self.workers, lambda worker: worker.fetch())
        for worker in self.workers:
            worker.link.quality = self.quality
        self.say(f"{len(self.workers)} tablets enrolled")

    def _enrol(self, plan: TabletPlan) -> Worker:
        kind: type[Worker] = CollectWorker
        if plan.speaks == Speaks.JSON:
            kind = CollectorWorker
            token = enrol(self.url, self.office.code_for(plan), name=f"tablet {plan.number}")
        else:
            token = self.office.enrol(plan)
        season, library = self.office.season, self.library
        return kind(plan, season=season, url=self.url, token=token, quality=STEADY, library=library)

    def _day(self, day: int) -> None:
        for worker in self.workers:
            worker.work(day, list(self.world.jobs.get((worker.plan.number, day), ())))
        if not self.calm:
            self._office_day(day)
        online = [worker for worker in self.workers if day in worker.plan.online]
        self._all(online, lambda worker: worker.sync())
        self.office.review(Random(f"{self.office.season}/review/{day}"), most=len(self.workers))
        self.say(f"day {day + 1}: {len(online)} tablets in the network")

    def _office_day(self, day: int) -> None:
        """Early, so that tablets are away when it happens and most of the season lies ahead."""
        if day == min(1, self.world.days - 1):
            self.office.publish_next_version()
            for worker in self.workers:
                self._strike(worker)
            self.changed_at = time.monotonic()

    def _strike(self, worker: Worker) -> None:
        number = worker.plan.number
        if worker.plan.fate == Fate.REVOKED:
            self.office.revoke(number)
        elif worker.plan.fate == Fate.ROTATED:
            worker.next_token = self.office.rotate(number)
        elif worker.plan.fate == Fate.FORGETFUL and isinstance(worker, CollectorWorker):
            worker.cursor = "lost"
            self.office.done.append("a cursor lost")
        elif worker.plan.fate == Fate.MOVED:
            others = [each for each in self.world.tablets if each.district != worker.plan.district]
            if others:
                self.office.move(number, others[0].district)

    def come_home(self) -> None:
        """Everything is sent, however often it takes; then everything is fetched."""
        time.sleep(max(0.0, self.changed_at + REMEMBERED_SECONDS - time.monotonic()))
        for worker in self.workers:
            if worker.next_token:
                worker.use_token(worker.next_token)
        self._all(self.workers, _send_all)
        self._all(self.workers, lambda worker: worker.fetch())
        for worker in self.workers:  # what was sent back meanwhile
            worker.work(self.world.days, ())
        self._all(self.workers, _send_all)
        self.office.take_in()
        self.say("all tablets are home")

    def fetch_all(self) -> None:
        """What every tablet knows in the end."""
        self._all(self.workers, _fetch_all)

    def close(self) -> None:
        for worker in self.workers:
            worker.link.close()

    def _all(self, workers: Sequence[Worker], act: Callable[[Worker], object]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(act, workers):
                pass


def plan_season(
    *, url: str, token: str, season: str, tablets: int, days: int, households: int, card: int
) -> World:
    """The world of a season, over the villages that the published registration offers."""
    scout = Tablet(f"{url}/key/{token}", name="scout")
    try:
        forms = scout.fetch_forms()
    finally:
        scout.close()
    if REGISTRATION not in forms:
        raise ServerSurprise(f"{REGISTRATION} is not on the form list")
    return plan_world(
        villages_of(forms[REGISTRATION]),
        season=season,
        tablets=tablets,
        days=days,
        households=households,
        card=card,
    )


def _send_all(worker: Worker) -> None:
    for _ in range(TRIES_HOME):
        if not worker.outbox:
            return
        worker.send()


def _fetch_all(worker: Worker) -> None:
    if worker.plan.fate == Fate.REVOKED:
        return
    for _ in range(TRIES_HOME):
        if worker.fetch():
            return
    raise ServerSurprise(f"tablet {worker.plan.number} could not fetch")
