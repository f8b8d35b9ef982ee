"""The bell of errands."""

from celery import shared_task

from surveys.corrections.work import run_errands


@shared_task(ignore_result=True)
def run_errands_task() -> None:
    """Rung when one is asked for, and swept by beat."""
    run_errands()
