"""The worker's bell for the nightly run: rung by beat, or by a person."""

import logging

from celery import shared_task

from surveys.quality.check import check_quality
from surveys.quality.workbook import make_workbooks

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def check_quality_task() -> None:
    run = check_quality()
    counts = ("records", "found", "opened", "reopened", "closed", "seconds")
    log.info("quality checked", extra={name: getattr(run, name) for name in counts})
    log.info("quality workbooks made", extra={"files": make_workbooks(run)})
