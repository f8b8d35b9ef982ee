"""The one door: every protocol hands its Arrivals to accept_submission and answers its Receipt."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from surveys.publishing.models import FormDraft
from surveys.publishing.trials import keep_trial
from surveys.submissions.models import Quarantined, Submission
from surveys.submissions.quarantine import Sender
from surveys.submissions.receive import (
    Outcome,
    add_files,
    hold_submission,
    receive_submission,
)
from surveys.submissions.store import StoredFile
from sync.bell import ring_bell


@dataclass(frozen=True, slots=True)
class Arrival:
    """One delivery as it came over the wire; its files already lie safe in the store."""

    raw_xml: bytes
    files: tuple[StoredFile, ...]
    sender: Sender
    revoked: bool = False  # the tablet's access was ended: kept apart until a manager admits it
    answers: bytes | None = None  # plain answers, verbatim, that raw_xml was built from


@dataclass(frozen=True, slots=True)
class Receipt:
    """What we answer, given only when all of the arrival is committed."""

    outcome: Outcome
    submission_id: int | None  # None: it lies in quarantine
    instance_id: str

    @property
    def is_new(self) -> bool:
        return self.outcome != Outcome.DUPLICATE


def accept_submission(arrival: Arrival) -> Receipt:
    """Stores the arrival, then rings the worker's bell. Safe to run twice.

    Raises the Problems of `receive_submission`, and Django's OperationalError when the database
    stays away.
    """
    receipt = _take(arrival)
    if receipt.is_new and not arrival.revoked:
        ring_bell()
    return receipt


def accept_trial(arrival: Arrival, *, draft: FormDraft) -> bool:
    """Keeps what was sent to try a draft, apart from all records; whether anything was new.

    No bell rings: nothing processes it. Raises as `keep_trial` does.
    """
    return keep_trial(
        draft=draft,
        raw_xml=arrival.raw_xml,
        files=arrival.files,
        user_agent=arrival.sender.user_agent,
    ).is_new


def admit_quarantined(*, quarantined: Quarantined, by: User | None = None) -> Receipt:
    """Takes in after all what lies in quarantine, as from its sender, and settles it.

    Safe to run twice. Raises what `accept_submission` raises; it then stays as it was.
    """
    with transaction.atomic():
        kept = Quarantined.objects.select_for_update().get(pk=quarantined.pk)
        sender = Sender(
            device_id=kept.device_id,
            user_id=kept.submitted_by_id,
            client_device_id=kept.client_device_id,
            user_agent=kept.user_agent,
        )
        files = tuple(StoredFile(**file) for file in kept.attachments)
        receipt = _take(Arrival(raw_xml=bytes(kept.raw), files=files, sender=sender))
        kept.settled_at = timezone.now()
        kept.save(update_fields=["settled_at"])
        log_event("quarantined.admitted", by=by, target=kept, submission_id=receipt.submission_id)
    ring_bell()
    return receipt


def _take(arrival: Arrival) -> Receipt:
    xml, files, sender = arrival.raw_xml, arrival.files, arrival.sender
    if arrival.revoked:
        received = hold_submission(reason="device_revoked", raw_xml=xml, files=files, sender=sender)
    else:
        received = receive_submission(
            raw_xml=xml, files=files, sender=sender, answers=arrival.answers
        )
    return Receipt(received.outcome, received.submission_id, received.instance_id)


def accept_files(*, submission_id: int, files: Sequence[StoredFile], device_id: int) -> None:
    """Gives files that came on their own to their record, and rings the bell. Safe to run twice."""
    if add_files(submission=Submission(pk=submission_id), files=files, device_id=device_id):
        transaction.on_commit(ring_bell)
