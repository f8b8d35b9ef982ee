"""The end of a season: everything is compared."""

import time
from collections.abc import Iterator, Mapping
from typing import TypeVar

from surveys.lifecycle.link import link_waits
from surveys.submissions.models import Submission
from sync.fieldwork.chronicle import history_differences
from sync.fieldwork.collector import CollectorWorker
from sync.fieldwork.compare import (
    filled_by_the_server,
    list_differences,
    record_differences,
    stored_records,
)
from sync.fieldwork.decisions import verdict_differences
from sync.fieldwork.season import Season, Worker
from sync.fieldwork.world import Fate
from sync.models import Upload

PROCESS_SECONDS = 300.0
K = TypeVar("K")


def wait_until_linked(season: Season) -> None:
    """Until nothing of the season waits for the worker, or it does not get on. A household that was
    found to be another one leaves the lists, so linkage has to be done as well."""
    until = time.monotonic() + PROCESS_SECONDS
    devices = [device.pk for device in season.office.devices.values()]
    records = Submission.objects.filter(device_id__in=devices)
    # Files of what was kept apart come to their record with the next sweep.
    files = Upload.objects.filter(device__in=devices, submission_id=None, stored_at__isnull=False)
    while time.monotonic() < until and (
        records.waiting().exists() or files.exists() or link_waits()
    ):
        time.sleep(0.2)


def differences(season: Season) -> Iterator[str]:
    """In words, each for a person to look into; none is the point of it all."""
    stored = stored_records(device.pk for device in season.office.devices.values())
    yield from record_differences(season.workers, stored)
    yield from filled_by_the_server(season.workers)
    instance_ids = {each.pk: name for name, copies in stored.items() for each in copies}
    yield from history_differences(season.workers, instance_ids)
    for worker in season.workers:
        if worker.plan.fate != Fate.REVOKED:
            yield from _against_a_new_tablet(worker)


def _against_a_new_tablet(worker: Worker) -> Iterator[str]:
    """What the tablet has come to know bit by bit, and what one with its token gets at once."""
    twin = worker.twin()
    try:
        twin.fetch()
    finally:
        twin.link.close()
    yield from list_differences(worker, twin.holdings.held, what="household")
    if isinstance(worker, CollectorWorker) and isinstance(twin, CollectorWorker):
        at = f"tablet {worker.plan.number}: "
        yield from _told_differently(worker.verdicts, twin.verdicts, at + "the verdict on")
        yield from _told_differently(worker.tasks, twin.tasks, at + "the visit")
        yield from verdict_differences(worker)


def _told_differently(mine: Mapping[K, str], fresh: Mapping[K, str], what: str) -> Iterator[str]:
    for each in sorted({*mine.items()} ^ {*fresh.items()}, key=str):
        yield f"{what} {each[0]} is {mine.get(each[0])}, and to a new tablet {fresh.get(each[0])}"
