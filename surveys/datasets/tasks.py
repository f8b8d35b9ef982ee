"""The exports worker's bell."""

from celery import shared_task

from surveys.datasets.build import build_waiting_exports, remove_old_exports


@shared_task(ignore_result=True)
def build_waiting_exports_task() -> None:
    """Rung when an export is asked for, and swept by beat."""
    build_waiting_exports()
    remove_old_exports()
