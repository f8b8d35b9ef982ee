"""The bells of the exports worker and of batches."""

from celery import shared_task

from surveys.datasets.build import build_waiting_exports, remove_old_exports
from surveys.datasets.snapshots.renew import keep_snapshots
from surveys.datasets.sort_indexes import keep_sort_indexes


@shared_task(ignore_result=True)
def build_waiting_exports_task() -> None:
    """Rung when an export is asked for, and swept by beat."""
    build_waiting_exports()
    remove_old_exports()


@shared_task(ignore_result=True)
def keep_snapshots_task() -> None:
    """Rung by beat each minute: what large forms need to be grouped at once."""
    keep_snapshots()


@shared_task(ignore_result=True)
def keep_sort_indexes_task() -> None:
    """Rung by beat: what people have begun to sort by. May wait long, so it is a batch."""
    keep_sort_indexes()
