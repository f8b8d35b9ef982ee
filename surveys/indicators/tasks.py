"""The worker's bell for indicators: rung by beat, after a table was loaded, or by a person."""

import logging

from celery import shared_task

from surveys.indicators.compute import STATES, compute_indicators

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def compute_indicators_task() -> None:
    """All of them, for each choice of review states; quick where nothing has changed."""
    for states in STATES:
        run = compute_indicators(states=states)
        log.info(
            "indicators computed",
            extra={"states": states, "households": run.households, "seconds": run.seconds},
        )
