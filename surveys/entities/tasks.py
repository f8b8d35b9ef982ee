"""By the clock: updates that waited long enough are done without their predecessor; households
become due in a round that opened, and are no longer when it is over."""

from celery import shared_task
from django.utils import timezone

from surveys.entities.apply import force_held
from surveys.entities.visits import plan_all_visits


@shared_task(ignore_result=True)
def force_held_task() -> None:
    force_held(now=timezone.now())


@shared_task(ignore_result=True)
def plan_visits_task() -> None:
    plan_all_visits()
