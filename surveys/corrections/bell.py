"""The bell that wakes a worker for an errand; it carries nothing, and may be lost (beat sweeps)."""

import logging
import threading

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerAway

log = logging.getLogger(__name__)
TASK = "surveys.corrections.tasks.run_errands_task"


def ring_errands_bell() -> None:
    """After the commit; in a thread of its own, since a dead broker says so only after seconds."""
    thread = threading.Thread(target=_ring, name="errands-bell", daemon=True)
    transaction.on_commit(thread.start)


def _ring() -> None:
    try:
        current_app.send_task(TASK, ignore_result=True, retry=False)
    except BrokerAway:
        log.warning("no broker: the sweep will find the errand")
