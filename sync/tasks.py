"""Uploads by the clock: files that came before their record, and files that never came whole."""

import logging

from celery import shared_task
from django.db import InterfaceError, OperationalError

from sync.attaching import attach_all_waiting
from sync.uploads import expire_uploads

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def attach_waiting_uploads_task() -> None:
    try:
        attach_all_waiting()
    except (OperationalError, InterfaceError):
        log.warning("the database is away; the next sweep attaches what waits")


@shared_task(ignore_result=True)
def expire_uploads_task() -> None:
    expire_uploads()
