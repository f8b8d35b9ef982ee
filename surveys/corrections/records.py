"""A record under lock, as it came and as its corrections leave it: what the verbs decide on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from lxml import etree

from backend.problems import Problem
from surveys.cleaning.clean import Reading, read_submissions
from surveys.cleaning.corrected import Standing
from surveys.cleaning.refill import place_of
from surveys.corrections import states
from surveys.corrections.models import Correction
from surveys.corrections.standing import (
    form_of_version,
    live_corrections,
    row_numbers,
    stand,
)
from surveys.submissions.instance import InstanceError
from surveys.submissions.models import Submission


@dataclass(frozen=True)
class Record:
    head: Submission
    reading: Reading
    live: Sequence[Correction]

    @property
    def id(self) -> UUID:
        return self.head.record_id

    @cached_property
    def in_force(self) -> list[Correction]:
        return [c for c in self.live if c.state in states.IN_FORCE]

    @cached_property
    def now(self) -> Standing:
        return stand(self.reading, self.id, self.in_force)

    @cached_property
    def numbers(self) -> dict[UUID, int]:
        return row_numbers(self.reading, self.id)

    @cached_property
    def places(self) -> dict[str, UUID]:
        """Where each row stands in the instance, `roster/member[2]`, and its id."""
        assert self.reading.version_pk is not None
        repeats = form_of_version(self.reading.version_pk).outline.repeats
        rows = self.reading.answers.rows
        return {
            place_of(rows[number].element, self.reading.root, repeats): row_id
            for row_id, number in self.numbers.items()
        }

    def with_(self, more: Sequence[Correction]) -> Standing:
        return stand(self.reading, self.id, [*self.in_force, *more])

    def without(self, some: Sequence[Correction]) -> Standing:
        keys = {c.pk for c in some}
        return stand(self.reading, self.id, [c for c in self.in_force if c.pk not in keys])

    def process_again(self) -> None:
        Submission.objects.filter(pk=self.head.pk).update(
            state=Submission.State.RECEIVED, attempts=0, try_after=None, error=""
        )


def lock_record(record_id: UUID) -> Record:
    """Waits for a worker or another person who has the record in hand, and sees what they did.

    Raises `Problem`: `not_found`, `record_unreadable` for one that is encrypted or of a form
    without a version.
    """
    head = lock_editions(record_id)
    return Record(head, _read(head), live_corrections([record_id]))


def lock_editions(record_id: UUID, *, deleted: bool = False) -> Submission:
    """The head, with all editions locked. Raises `Problem("not_found")`, also for a deleted one."""
    editions = Submission.objects.filter(record_id=record_id).order_by("pk")
    locked = list(editions.defer("answers").select_for_update(no_key=True))
    heads = [edition for edition in locked if edition.head]
    if not heads or (any(edition.deleted_at for edition in locked) and not deleted):
        raise Problem("not_found")
    return heads[0]


def _read(head: Submission) -> Reading:
    try:
        reading = read_submissions([head])[head.pk]
        if reading.root is None or reading.version_pk is None:
            raise Problem("record_unreadable")
        form_of_version(reading.version_pk)
    except (InstanceError, etree.XMLSyntaxError) as error:
        raise Problem("record_unreadable") from error
    return reading
