"""Stage two of processing: is the family of a registration known? The row is the queue here too.

`link_waiting` takes a batch of rows that wait (`LinkFeature`), oldest first, and in one transaction
finds, decides and merges; entities, visits and the records' logs follow at once. Every step may run
twice. If a batch fails, its rows are taken one by one, and one that keeps failing is parked.
"""

import logging
import traceback
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from surveys.entities.redirect import redirect_entities
from surveys.entities.visits import settle_visits
from surveys.households.match import WiderYardsNeeded, match_records
from surveys.households.models import Household, LinkFeature, Membership
from surveys.lifecycle.steps import note_merged
from surveys.places.tree import hold_tree

State = LinkFeature.State
log = logging.getLogger(__name__)

BATCH = 50
LONGEST_BACK_OFF_SECONDS = 300
MARK_NEXT = """
UPDATE households_linkfeature SET attempts = attempts + 1, try_after = now() + interval '1 second'
WHERE state = 0 AND record_id = (
    SELECT record_id FROM households_linkfeature
    WHERE state = 0 AND (try_after IS NULL OR try_after <= now())
    ORDER BY arrived_at, record_id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING record_id, attempts, error
"""
CUT_SHORT = "Every try was cut short: the worker or the database went away while it was linked."


def link_waiting(*, limit: int = BATCH) -> int:
    """Links up to `limit` waiting records, the oldest first; returns how many it took.

    Also brings entities and visits to where persons have moved households meanwhile. Any number of
    workers may run it at once. Raises OperationalError when the database is away.
    """
    first = _mark_next()
    if first is None:
        return settle_households()
    if first.attempts > 1:
        return _link_one_by_one(first, limit)
    try:
        return _link(_due() | Q(pk=first.pk), limit)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("a batch failed to be linked; taking its records one by one")
        return _link_one_by_one(first, limit)


def link_waits() -> bool:
    """Whether a record waits to be linked, or a household for its entities and visits to follow."""
    linking = LinkFeature.objects.filter(state=State.WAITING)
    return linking.exists() or Household.objects.filter(unsettled=True).exists()


@transaction.atomic(savepoint=False)
def settle_households() -> int:
    """Entities, visits and logs follow households whose records have changed; how many it took."""
    waiting = Household.objects.filter(unsettled=True).order_by("pk")
    households = [h.pk for h in waiting.select_for_update(skip_locked=True, no_key=True)[:BATCH]]
    if not households:
        return 0
    redirect_entities(households)
    settle_visits(households)
    registered = Membership.objects.filter(household__in=households, registers=True)
    founded = Household.objects.filter(founder__in=registered.values("record_id"))
    came = founded.exclude(redirect_to=None).values_list("founder", flat=True)
    note_merged([record_id for record_id in came if record_id])
    Household.objects.filter(pk__in=households).update(unsettled=False)
    return len(households)


def _link(which: Q, limit: int) -> int:
    """Begins again with more locks where a record is like one of a district not held."""
    yards: set[str] = set()
    while True:
        try:
            with transaction.atomic():
                hold_tree()
                rows = LinkFeature.objects.filter(which, state=State.WAITING)
                rows = rows.order_by("arrived_at", "record_id").select_for_update(skip_locked=True)
                taken = list(rows[:limit])
                match_records(taken, yards=yards, now=timezone.now())
                settle_households()
                return len(taken)
        except WiderYardsNeeded as needed:
            yards |= needed.yards


def _due() -> Q:
    return Q(state=State.WAITING) & (Q(try_after=None) | Q(try_after__lte=timezone.now()))


def _mark_next() -> LinkFeature | None:
    """Counts a try of the oldest waiting row before the work, so one that kills us is counted."""
    return next(iter(LinkFeature.objects.raw(MARK_NEXT)), None)


def _link_one_by_one(first: LinkFeature, limit: int) -> int:
    marked: LinkFeature | None = first
    for taken in range(limit):
        if marked is None:
            return taken
        _link_alone(marked)
        marked = _mark_next() if taken + 1 < limit else None
    return limit


def _link_alone(marked: LinkFeature) -> None:
    if marked.attempts > settings.PROCESS_MAX_TRIES:
        _park(marked, marked.error or CUT_SHORT)
        return
    try:
        _link(Q(pk=marked.pk), 1)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("record failed to be linked", extra={"record_id": str(marked.pk)})
        _note_failure(marked, error)


def _note_failure(marked: LinkFeature, error: Exception) -> None:
    """Back-off doubles from 2 seconds; after the last try the row is parked."""
    words = _where(error)
    if marked.attempts >= settings.PROCESS_MAX_TRIES:
        _park(marked, words)
        return
    seconds = min(2**marked.attempts, LONGEST_BACK_OFF_SECONDS)
    LinkFeature.objects.filter(pk=marked.pk, state=State.WAITING).update(
        try_after=timezone.now() + timedelta(seconds=seconds), error=words
    )


def _park(marked: LinkFeature, words: str) -> None:
    log.error("record parked by linkage: %s", words, extra={"record_id": str(marked.pk)})
    LinkFeature.objects.filter(pk=marked.pk, state=State.WAITING).update(
        state=State.PARKED, try_after=None, error=words
    )


def _where(error: Exception) -> str:
    """What kind of error, and where in our code; never its text, which may quote an answer."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/surveys/" in frame.filename] or frames
    return f"{type(error).__name__} in {Path(ours[-1].filename).name}, line {ours[-1].lineno}"
