"""The bell after intake, and the sweep: both drain the table of waiting submissions."""

import logging
from time import monotonic

from celery import shared_task
from django.db import InterfaceError, OperationalError

from surveys.lifecycle.process import process_waiting

LONGEST_SECONDS = 20  # then the bell is rung again, so that a stop is never waited for long
log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def process_waiting_task() -> None:
    until = monotonic() + LONGEST_SECONDS
    try:
        while process_waiting():
            if monotonic() > until:
                process_waiting_task.delay()
                return
    except (OperationalError, InterfaceError):
        log.warning("the database is away; the sweep goes on when it is back")
