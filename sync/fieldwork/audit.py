"""The end of a season: everything is compared."""

import time
from collections.abc import Iterator

from surveys.submissions.models import Submission
from sync.fieldwork.chronicle import history_differences
from sync.fieldwork.collect import CollectWorker
from sync.fieldwork.compare import list_differences, record_differences, stored_records
from sync.fieldwork.fieldworker import HOUSEHOLDS
from sync.fieldwork.holdings import Holdings
from sync.fieldwork.link import Link
from sync.fieldwork.season import Season
from sync.fieldwork.tablet import Tablet, csv_rows
from sync.fieldwork.world import Fate

PROCESS_SECONDS = 600.0


def wait_until_processed(season: Season) -> None:
    """Until nothing of the season waits for the worker, or it does not get on."""
    until = time.monotonic() + PROCESS_SECONDS
    mine = Submission.objects.filter(device_id__in=[d.pk for d in season.office.devices.values()])
    while mine.waiting().exists() and time.monotonic() < until:
        time.sleep(0.2)


def differences(season: Season) -> Iterator[str]:
    """In words, each for a person to look into; none is the point of it all."""
    stored = stored_records(device.pk for device in season.office.devices.values())
    yield from record_differences(season.workers, stored)
    instance_ids = {each.pk: name for name, copies in stored.items() for each in copies}
    yield from history_differences(season.workers, instance_ids)
    for worker in season.workers:
        if worker.plan.fate != Fate.REVOKED:
            fresh = Holdings("fresh")
            fresh.merge(_fresh_rows(worker))
            yield from list_differences(worker, fresh.held, what="household")


def _fresh_rows(worker: CollectWorker) -> list[dict[str, str]]:
    """The list as a tablet with this token would fetch it for the first time."""
    tablet = Tablet(worker.url, name="fresh", link=Link(worker.url))
    try:
        for form in tablet.listed_forms():
            for file in tablet.listed_files(form):
                if file.name == f"{HOUSEHOLDS}.csv":
                    return csv_rows(tablet.fetch(file))
    finally:
        tablet.close()
    return []
