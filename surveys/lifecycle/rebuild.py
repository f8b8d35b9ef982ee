"""rebuild_records: everything that is made from submissions, made again.

The result is the same, ids and times of change included, unless the forms, places or code that
made it have changed since.
"""

from collections.abc import Iterator

from surveys.households.models import LinkFeature
from surveys.lifecycle.link import link_waiting
from surveys.lifecycle.process import process_waiting
from surveys.submissions.models import Submission

# At a time, so that new arrivals never queue behind a whole season.
PORTION = 500
State = Submission.State


def rebuild_records(*, form_id: str = "", parked: bool = False) -> Iterator[int]:
    """Processes all submissions again, or one form's, or the parked ones; yields how many so far.

    May run while tablets send and workers work, and may be stopped and run again.
    """
    if parked:
        parked_links = LinkFeature.objects.filter(state=LinkFeature.State.PARKED)
        parked_links.update(state=LinkFeature.State.WAITING, attempts=0, try_after=None, error="")
    wanted = Submission.objects.filter(state=State.PARKED if parked else State.PROCESSED)
    if form_id:
        wanted = wanted.filter(form__form_id=form_id)
    done = last = 0
    while keys := list(
        wanted.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:PORTION]
    ):
        last = keys[-1]
        Submission.objects.filter(pk__in=keys, state__in=(State.PARKED, State.PROCESSED)).update(
            state=State.RECEIVED, attempts=0, try_after=None, error=""
        )
        while process_waiting() or link_waiting():
            pass
        done += len(keys)
        yield done
