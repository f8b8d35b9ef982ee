"""Wakes the worker that computes indicators; without a broker the hourly run does it."""

import logging
import threading

from django.db import transaction
from kombu.exceptions import OperationalError as BrokerAway

from surveys.indicators.tasks import compute_indicators_task

log = logging.getLogger(__name__)


def ring_indicators_bell() -> None:
    """After the commit, in a thread of its own: a dead broker says so only after seconds."""
    thread = threading.Thread(target=_ring, name="indicators-bell", daemon=True)
    transaction.on_commit(thread.start)


def _ring() -> None:
    try:
        compute_indicators_task.delay()
    except BrokerAway:
        log.warning("no broker: the hourly run computes the indicators")
