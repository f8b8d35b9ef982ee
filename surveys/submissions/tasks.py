"""Once a day: the attachment store is swept."""

from celery import shared_task

from surveys.submissions.store import sweep_incoming


@shared_task(ignore_result=True)
def sweep_incoming_task() -> None:
    sweep_incoming()
