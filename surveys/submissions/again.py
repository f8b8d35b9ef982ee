"""process_again: sets submissions back in the queue; the sweep finds them, no bell is rung."""

from django.db import transaction
from django.db.models import QuerySet

from backend.accounts.models import User
from backend.audit.log import log_event
from surveys.submissions.models import Submission


@transaction.atomic
def process_again(submissions: QuerySet[Submission], *, by: User | None) -> int:
    """Makes them wait again, parked ones too, and returns how many. Safe to run twice."""
    keys = list(submissions.values_list("pk", flat=True))
    waiting = Submission.objects.filter(pk__in=keys)
    count = waiting.update(state=Submission.State.RECEIVED, attempts=0, try_after=None, error="")
    log_event("submission.process_again", by=by, count=count)
    return count
