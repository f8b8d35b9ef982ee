"""START HERE: what happens to a submission after it is safe.

The row is the queue. `process_waiting` takes a batch of waiting rows and, in one transaction, makes
of them clean rows and flags, households, entities and steps of the record's log, and marks them
processed. Every step may run twice. If a batch fails, its rows are taken one by one: a row that
keeps failing is parked with its error, and the others go on.
"""

import logging
import traceback
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.db.models.functions import Length
from django.utils import timezone

from surveys.cleaning.clean import CleanRecord, clean_records, read_submissions
from surveys.cleaning.write import write_records
from surveys.corrections.apply import apply_log
from surveys.entities.apply import apply_entities
from surveys.entities.asking import Asks, asks_of
from surveys.entities.claim import claim_of
from surveys.entities.follow import Standing, follow_corrections
from surveys.entities.presence import settle_presence
from surveys.entities.redirect import redirect_entities
from surveys.entities.visits import settle_visits
from surveys.households.link import link_records
from surveys.households.models import Membership
from surveys.lifecycle.steps import note_steps
from surveys.places.tree import hold_tree
from surveys.quality.arrive import check_arrived
from surveys.submissions.editions import settle_editions
from surveys.submissions.models import Submission
from surveys.xforms.models import Form

State = Submission.State
log = logging.getLogger(__name__)

BATCH = 50
BATCH_BYTES = 16 * 1024 * 1024  # of XML in memory at once; a tree takes about ten times as much
LONGEST_BACK_OFF_SECONDS = 300
CUT_SHORT = "Every try was cut short: the worker or the database went away while it was processed."


def process_waiting(*, limit: int = BATCH) -> int:
    """Processes up to `limit` waiting submissions, the oldest first; returns how many it took.

    Any number of workers may run it at once. Raises OperationalError when the database is away:
    nothing is lost, the next bell or sweep goes on.
    """
    first = _mark_next()
    if first is None:
        return 0
    if first.attempts > 1:  # it failed before, or took a worker down with its whole batch
        return _process_one_by_one(first, limit)
    try:
        with transaction.atomic():
            return process_submissions(_take(_due() | Q(pk=first.pk), limit))
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("a batch failed; taking its submissions one by one")
        return _process_one_by_one(first, limit)


def process_submissions(submissions: Sequence[Submission]) -> int:
    """Does all the work for these rows, which the caller has locked; returns how many are done.

    An edit is left waiting while another worker settles edits of the same form.
    """
    hold_tree()
    now = timezone.now()
    lineages = settle_editions(submissions)
    settled = {edition.pk for lineage in lineages for edition in lineage.editions}
    done = [submission for submission in submissions if submission.pk in settled]
    _leave_waiting([s for s in submissions if s.pk not in settled])
    readings = read_submissions({*done, *(lineage.head for lineage in lineages)})
    as_sent = dict(readings)
    apply_log(lineages, readings, now=now)
    records = clean_records(lineages, readings)
    left = _households(records)
    asks = asks_of(readings.values())
    homes = _link(records, asks, now)
    write_records(records, homes, now=now)
    deleted = {s.pk for lineage in lineages if lineage.deleted for s in lineage.editions}
    check_arrived(records, homes, now=now)
    apply_entities([readings[s.pk] for s in done if s.pk not in deleted], asks, now=now)
    follow_corrections(
        Standing(e, as_sent[e.head.pk], readings[e.head.pk]) for e in lineages if not e.first_time
    )
    moved = settle_presence({e.record_id: e.deleted for e in lineages if not e.first_time})
    redirect_entities(set(homes.values()), also=moved)
    settle_visits({*left, *homes.values()})
    note_steps(records, done={s.pk for s in done})
    Submission.objects.filter(pk__in=[submission.pk for submission in done]).update(
        state=State.PROCESSED, processed_at=now, attempts=0, try_after=None, error=""
    )
    return len(done)


def _households(records: Sequence[CleanRecord]) -> list[UUID]:
    """Where the records that are not new belong until now."""
    again = [record.lineage for record in records if not record.lineage.first_time]
    keys = {key for lineage in again for key in lineage.ids}
    found = Membership.objects.filter(record_id__in=keys).exclude(household=None)
    return list(found.values_list("household", flat=True)) if keys else []


def _link(records: Sequence[CleanRecord], asks: Asks, now: datetime) -> dict[UUID, UUID]:
    forms = Form.objects.filter(pk__in={record.lineage.head.form_id for record in records})
    rounds = dict(forms.exclude(round=None).values_list("pk", "round__code"))
    claims = {
        record.lineage.record_id: claim_of(record, asks[record.lineage.head.pk], rounds)
        for record in records
    }
    silent = [record_id for record_id, claim in claims.items() if claim is None]
    former = [i for record in records for i in record.lineage.former_ids]
    spoken = [claim for claim in claims.values() if claim is not None]
    return link_records(spoken, without=[*silent, *former], now=now)


def _due() -> Q:
    return Q(state=State.RECEIVED) & (Q(try_after=None) | Q(try_after__lte=timezone.now()))


def _mark_next() -> Submission | None:
    """Counts a try of the oldest waiting row before the work, in a transaction of its own.

    So even a row that kills its worker is counted. The other workers leave it alone for a moment.
    """
    with transaction.atomic():
        waiting = Submission.objects.filter(_due()).order_by("pk").only("pk", "attempts", "error")
        first = waiting.select_for_update(skip_locked=True, no_key=True).first()
        if first is not None:
            first.attempts += 1
            first.try_after = timezone.now() + timedelta(seconds=1)
            first.save(update_fields=["attempts", "try_after"])
    return first


def _take(which: Q, limit: int) -> list[Submission]:
    """Locks a batch: at most `limit` rows, and no more XML than memory should hold."""
    rows = Submission.objects.filter(which, state=State.RECEIVED).order_by("pk")
    rows = rows.select_for_update(skip_locked=True, no_key=True)  # its log may grow meanwhile
    locked = list(rows.values_list("pk", Length("raw_xml"))[:limit])
    totals = accumulate(size for _, size in locked)
    taken = [
        pk for (pk, size), total in zip(locked, totals, strict=True) if total - size < BATCH_BYTES
    ]
    return list(Submission.objects.filter(pk__in=taken).order_by("pk"))


def _process_one_by_one(first: Submission, limit: int) -> int:
    marked: Submission | None = first
    for taken in range(limit):
        if marked is None:
            return taken
        _process_alone(marked)
        marked = _mark_next() if taken + 1 < limit else None
    return limit


def _process_alone(marked: Submission) -> None:
    if marked.attempts > settings.PROCESS_MAX_TRIES:
        _park(marked, marked.error or CUT_SHORT)
        return
    try:
        with transaction.atomic():
            process_submissions(_take(Q(pk=marked.pk), 1))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("submission failed", extra={"submission_id": marked.pk})
        _note_failure(marked, error)


def _note_failure(marked: Submission, error: Exception) -> None:
    """Back-off doubles from 2 seconds; after the last try the row is parked."""
    words = _where(error)
    if marked.attempts >= settings.PROCESS_MAX_TRIES:
        _park(marked, words)
        return
    seconds = min(2**marked.attempts, LONGEST_BACK_OFF_SECONDS)
    Submission.objects.filter(pk=marked.pk, state=State.RECEIVED).update(
        try_after=timezone.now() + timedelta(seconds=seconds), error=words
    )


def _park(marked: Submission, words: str) -> None:
    log.error("submission parked: %s", words, extra={"submission_id": marked.pk})
    Submission.objects.filter(pk=marked.pk, state=State.RECEIVED).update(
        state=State.PARKED, try_after=None, error=words
    )


def _where(error: Exception) -> str:
    """What kind of error, and where in our code; never its text, which may quote an answer."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/surveys/" in frame.filename] or frames
    place = ours[-1]
    return f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"


def _leave_waiting(submissions: Sequence[Submission]) -> None:
    if submissions:
        Submission.objects.filter(pk__in=[s.pk for s in submissions]).update(
            attempts=0, try_after=timezone.now() + timedelta(seconds=1)
        )
