"""By the clock: updates that waited long enough for their predecessor are done without it."""

from celery import shared_task
from django.utils import timezone

from surveys.entities.apply import force_held


@shared_task(ignore_result=True)
def force_held_task() -> None:
    force_held(now=timezone.now())
