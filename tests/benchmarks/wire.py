"""Section 6 of sync.md: what our own tablet pays on the wire, heads of HTTP included and TLS left
out, and how long a push takes."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sync.fieldwork.collector import CollectorWorker, unpacked
from sync.fieldwork.family import make_family
from sync.fieldwork.fieldworker import Parcel
from sync.fieldwork.interview import hold_interview, villages_of
from sync.fieldwork.library import Library
from sync.fieldwork.link import STEADY, Quality
from sync.fieldwork.plain import plain_answers
from sync.fieldwork.posts import Record, announced, push_body
from sync.fieldwork.world import Fate, Kind, Speaks, TabletPlan
from tests.benchmarks.bench import HOUSEHOLDS, Bench, Timed
from tests.benchmarks.report import Measurement

API = "/api/v1/sync"
STARTED = datetime(2014, 6, 2, 9, 14, tzinfo=UTC)
HEALTH = {
    **{"app": "collector 0.3.0", "battery": 41, "free_mb": 820, "unsent": 20},
    "oldest_unsent": "2014-05-29T09:00:00+05:00",
    "forms": [{"form_id": "rmp_registration", "version": "2014050101"}],
}
PUSHES, RECORDS, MEMBERS = 7, 20, 4
CHANGED = 50
PHOTO_BYTES, BREAKS_EVERY = 2_000_000, 200_000


def push(bench: Bench) -> Iterator[Measurement]:
    """Twenty families of four: bare, with the files every record has announced, and as answers."""
    tablet, records = _tablet(bench, bench.server.tokens[0]), _Records(bench)
    for what, make in (("", records.bare), (", log and signature", records.with_files)):
        yield from _pushed(bench, tablet, f"push of 20 of 4 members{what}", make, 250)
    yield from _pushed(bench, tablet, "push of 20 as plain answers", records.plain, None)
    tablet.link.close()


def _pushed(
    bench: Bench,
    tablet: CollectorWorker,
    name: str,
    make: Callable[[], dict[str, Any]],
    limit_ms: float | None,
) -> Iterator[Measurement]:
    up, down, timed = [], [], Timed()
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    for number in range(PUSHES):
        body = push_body([make() for _ in range(RECORDS)], sent_at=str(STARTED), health=HEALTH)
        usage = tablet.link.usage
        before = usage.up["push"], usage.down["push"]
        with bench.resting_worker(), bench.timing(timed if number else Timed()):
            answer = tablet.ask("POST", f"{API}/push", body, headers, kind="push")
        results = json.loads(unpacked(answer))["results"]
        assert [each["outcome"] for each in results] == ["created"] * RECORDS, results
        bench.sent += RECORDS
        up.append(usage.up["push"] - before[0])
        down.append(usage.down["push"] - before[1])
    yield Measurement(f"{name}: up", max(up) / 1000, "KB", 30)
    yield Measurement(f"{name}: down", max(down) / 1000, "KB", 3)
    yield Measurement(f"{name}: server time", timed.wall, "ms", limit_ms)
    yield Measurement(f"{name}: CPU, web and database", timed.cpu, "ms")


def photo(bench: Bench) -> Iterator[Measurement]:
    """One record with a photo, over a link that breaks, until the tablet knows it to be safe."""
    quality = Quality(life=BREAKS_EVERY, even=True, pause=0.5)
    tablet = _tablet(bench, bench.server.tokens[0], quality)
    record = bench.registrations.new(photo_bytes=PHOTO_BYTES)
    tablet.parcels.append(Parcel(record, Kind.REGISTER, None))
    while tablet.outbox:
        tablet.send()
    bench.sent += 1
    tablet.link.close()
    breaks, sent = tablet.link.usage.breaks, sum(tablet.link.usage.up.values())
    assert breaks >= PHOTO_BYTES // BREAKS_EVERY
    yield Measurement(f"2 MB photo, {breaks} breaks: sent in all", sent / 1e6, "MB", 2.2)


def pull(bench: Bench) -> Iterator[Measurement]:
    """First of all, then with nothing new, then of some that changed."""
    districts = bench.districts
    (token,) = bench.office(f"enrol(count=1, places={districts})")
    tablet = _tablet(bench, token)
    yield from _pulled(bench, tablet, f"first pull of {HOUSEHOLDS:,} households", 350)
    assert len(tablet.holdings.held) == HOUSEHOLDS
    yield from _pulled(bench, tablet, "pull with nothing new", 0.4)
    bench.office(f"change_in_districts({CHANGED})")
    before = dict(tablet.holdings.held)
    yield from _pulled(bench, tablet, f"pull of {CHANGED} changed households", 6)
    held = tablet.holdings.held
    assert sum(held[each] != before[each] for each in held) == CHANGED
    tablet.link.close()


def _pulled(
    bench: Bench, tablet: CollectorWorker, name: str, limit: float
) -> Iterator[Measurement]:
    before, timed = tablet.link.usage.down["pull"], Timed()
    with bench.timing(timed):
        assert tablet.fetch()
    down = tablet.link.usage.down["pull"] - before
    yield Measurement(f"{name}: down", down / 1000, "KB", limit)
    yield Measurement(f"{name}: CPU, web and database", timed.cpu, "ms")


class _Records:
    """New records of families of a fixed size, as items of a push; the counter makes all ids."""

    def __init__(self, bench: Bench) -> None:
        self.form = bench.form
        self.villages = villages_of(bench.form)
        self.number = 0

    def bare(self) -> dict[str, Any]:
        return {"key": f"k{self.number}", "instance": self._new().xml.decode()}

    def with_files(self) -> dict[str, Any]:
        record = self._new()
        return {
            "key": f"k{self.number}",
            "attachments": announced(record),
            "instance": record.xml.decode(),
        }

    def plain(self) -> dict[str, Any]:
        record = self._new()
        return {
            "key": f"k{self.number}",
            "form_id": record.form_id,
            "version": self.form.version,
            "instance_id": record.instance_id,
            "answers": plain_answers(record.xml, self.form),
        }

    def _new(self) -> Record:
        while True:
            self.number += 1
            rng = Random(f"push/{self.number}")
            family = make_family(rng, village=rng.choice(self.villages), number=self.number)
            if family.consents and len(family.members) == MEMBERS:
                key, started = f"push/{self.number}", STARTED + timedelta(minutes=self.number)
                return hold_interview(
                    self.form, family, key=key, started=started, device_id="collector:bench"
                )


def _tablet(bench: Bench, token: str, quality: Quality = STEADY) -> CollectorWorker:
    plan = TabletPlan(
        number=0,
        speaks=Speaks.JSON,
        district="",
        country="KG",
        clock=timedelta(0),
        online=frozenset(),
        keeps_old_forms=False,
        fate=Fate.NONE,
    )
    return CollectorWorker(
        plan, season="bench", url=bench.server.url, token=token, quality=quality, library=Library()
    )
