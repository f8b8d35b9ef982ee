"""note_steps: what processing found out about records, added to their log of steps.

The tablet that sent a record learns from these steps what became of it (`sync.md` 4). Processing
again adds nothing where nothing changed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from backend.inserts import insert_rows
from surveys.cleaning.clean import CleanRecord
from surveys.submissions.editions import Lineage
from surveys.submissions.models import ReviewStep, Submission

Step = ReviewStep.Step
_OUTCOMES = (Step.PROCESSED, Step.FLAGGED)
_TO_BE_EDITED = (Step.SENT_BACK, Step.REJECTED)
_OPENS_OR_CLOSES = (*_TO_BE_EDITED, Step.APPROVED, Step.RETURNED)
_Found = tuple[Submission, Step]
_Told = Mapping[int, Sequence[ReviewStep]]  # by submission, the oldest first


def note_steps(records: Sequence[CleanRecord], *, done: Collection[int]) -> None:
    """Adds the steps of these records that are new; one statement where all were never seen.

    `done`: keys of the submissions just processed. Runs inside the caller's transaction.
    """
    present = [record for record in records if not record.lineage.deleted]
    told = _told([record.lineage for record in present])
    _add(each for record in present for each in _found(record, done, told))


def note_merged(records: Collection[UUID]) -> None:
    """Tells these records, each once, that they belong to a household which was known."""
    heads = Submission.objects.filter(record_id__in=records, head=True, deleted_at=None)
    told = ReviewStep.objects.filter(record_id__in=records, step=Step.MERGED)
    known = set(told.values_list("submission_id", flat=True))
    _add([(head, Step.MERGED) for head in heads.order_by("pk") if head.pk not in known])


def _add(found: Iterable[_Found]) -> None:
    insert_rows(
        ReviewStep(
            submission=submission,
            record_id=submission.record_id,
            device_id=submission.device_id,
            step=step,
        )
        for submission, step in found
    )


def _found(record: CleanRecord, done: Collection[int], told: _Told) -> Iterator[_Found]:
    lineage = record.lineage
    answered = _answered(lineage, told)
    if answered is not None:
        yield lineage.head, Step.RETURNED
        if answered.device_id != lineage.head.device_id:  # whose tablet still waits to edit it
            yield answered, Step.RETURNED
    for edition in lineage.editions:
        counts = edition is lineage.head
        outcome = Step.FLAGGED if counts and record.flags else Step.PROCESSED
        if (counts or edition.pk in done) and _last(told, edition, _OUTCOMES) != outcome:
            yield edition, outcome


def _told(lineages: Sequence[Lineage]) -> _Told:
    """The steps there are; a record that is new has none, and nobody is asked for them."""
    editions = [s.pk for each in lineages if not each.first_time for s in each.editions]
    told = defaultdict(list)
    if editions:
        steps = ReviewStep.objects.filter(submission__in=editions).order_by("pk")
        for step in steps.only("submission_id", "step"):
            told[step.submission_id].append(step)
    return told


def _last(told: _Told, submission: Submission, kinds: Collection[str]) -> str | None:
    steps = (step.step for step in reversed(told.get(submission.pk, ())))
    return next((step for step in steps if step in kinds), None)


def _answered(lineage: Lineage, told: _Told) -> Submission | None:
    """The edition that was sent back or rejected, where the head came after it."""
    if len(lineage.editions) == 1:
        return None
    steps = [(step, s) for s in lineage.editions for step in told.get(s.pk, ())]
    decided = [(step, s) for step, s in steps if step.step in _OPENS_OR_CLOSES]
    last, edition = max(decided, key=lambda pair: pair[0].pk, default=(None, lineage.head))
    opened = last is not None and last.step in _TO_BE_EDITED
    return edition if opened and edition.pk < lineage.head.pk else None
