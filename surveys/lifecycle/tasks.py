"""The bell after intake, and the sweep: both drain the table of waiting submissions."""

import logging
from time import monotonic, sleep

from celery import shared_task
from django.db import InterfaceError, OperationalError

from surveys.lifecycle.process import BATCH, process_waiting

LONGEST_SECONDS = 20  # then the bell is rung again, so that a stop is never waited for long
GATHER_SECONDS = 0.1  # a row costs 2.5 ms of CPU in a batch of 50, 8 ms in a batch of three
log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def process_waiting_task() -> None:
    until = monotonic() + LONGEST_SECONDS
    try:
        while taken := process_waiting():
            if monotonic() > until:
                process_waiting_task.delay()
                return
            if taken < BATCH:
                sleep(GATHER_SECONDS)
    except (OperationalError, InterfaceError):
        log.warning("the database is away; the sweep goes on when it is back")
