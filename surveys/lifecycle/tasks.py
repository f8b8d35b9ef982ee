"""The bell after intake, and the sweep: both drain the tables of what waits.

Two stages, two queues: records are processed first, and linked as soon as nothing waits for that or
linkage has waited for long enough.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from time import monotonic, sleep

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from surveys.households.models import LinkFeature
from surveys.lifecycle.drop import settle_drops
from surveys.lifecycle.link import link_waiting
from surveys.lifecycle.process import BATCH, process_waiting
from surveys.submissions.models import Submission

LONGEST_SECONDS = 20  # then the bell is rung again, so that a stop is never waited for long
GATHER_SECONDS = 0.1  # a row costs 2.5 ms of CPU in a batch of 50, 8 ms in a batch of three
PATIENCE = timedelta(seconds=20)  # that linkage leaves the machine to a burst of arrivals
log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def process_waiting_task() -> None:
    _drain(settle_drops)
    if not _drain(process_waiting):
        process_waiting_task.delay()
    link_waiting_task.delay()


@shared_task(ignore_result=True)
def link_waiting_task() -> None:
    """Which families are known: after those that came are safe and read."""
    if _burst():
        return  # the end of processing rings, or the sweep
    if not _drain(link_waiting):
        link_waiting_task.delay()


def _drain(work: Callable[[], int]) -> bool:
    """Works until nothing waits, or for long enough; whether it is done."""
    until = monotonic() + LONGEST_SECONDS
    try:
        while taken := work():
            if monotonic() > until:
                return False
            if taken < BATCH:
                sleep(GATHER_SECONDS)
    except (OperationalError, InterfaceError):
        log.warning("the database is away; the sweep goes on when it is back")
    return True


def _burst() -> bool:
    """More submissions wait than a batch, and linkage has not waited for long."""
    waiting = Submission.objects.waiting().order_by("pk").values_list("pk")[: BATCH + 1]
    if len(waiting) <= BATCH:
        return False
    late = LinkFeature.objects.filter(
        state=LinkFeature.State.WAITING, arrived_at__lt=timezone.now() - PATIENCE
    )
    return not late.exists()


@shared_task(ignore_result=True)
def relink_task() -> None:
    """A plan of a full re-link, for the log: how far the register is from what it would be now."""
    # Splink and DuckDB take most of a second and some 70 MB, of no other process than this.
    from surveys.households.relink import plan_relink  # noqa: PLC0415

    plan = plan_relink(workers=0)
    log.info(
        "re-link planned",
        extra={
            "records": plan.records,
            "merges_added": len(plan.merges_added),
            "merges_lost": len(plan.merges_lost),
            "reviews_added": len(plan.reviews_added),
        },
    )
