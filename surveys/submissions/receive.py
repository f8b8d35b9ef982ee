"""receive_submission: stores once what arrived, or says what we had already (openrosa.md S10).

The only writer of new submissions, called by `sync.intake`. An ordinary record costs one SQL
statement in autocommit; only a repeat looks further.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.db import transaction

from backend.audit.log import log_event
from backend.problems import Problem
from backend.statements import run_prepared
from surveys.submissions.instance import (
    Instance,
    InstanceError,
    canonical_digest,
    parse_instance,
)
from surveys.submissions.models import Attachment, Submission
from surveys.submissions.quarantine import Sender, quarantine
from surveys.submissions.store import StoredFile


class Outcome(StrEnum):
    """What a delivery was to us. A duplicate brought nothing new."""

    CREATED = "created"
    EDITED = "edited"
    ATTACHMENTS_ADDED = "attachments_added"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Received:
    outcome: Outcome
    submission_id: int | None  # None: it lies in quarantine
    instance_id: str


# The form, the record, its files and the audit event in one statement: one round trip, one commit,
# so that nothing of it can be there without the rest.
STORE_ONCE = """
WITH form AS (
    SELECT f.id, (SELECT v.id FROM xforms_formversion v
                  WHERE v.form_id = f.id AND v.version = %(version)s) AS version_id
    FROM xforms_form f WHERE f.form_id = %(form_id)s
), new AS (
    INSERT INTO submissions_submission (
        form_id, form_version_id, version, instance_id, deprecated_id, record_id, head, raw_xml,
        answers, sha256, encrypted, received_at, device_id, client_device_id, user_agent,
        submitted_by_id, state, attempts, error, review_state)
    SELECT form.id, form.version_id, %(version)s, %(instance_id)s, %(deprecated_id)s,
        gen_random_uuid(), TRUE, %(raw_xml)s, %(answers)s, %(sha256)s, %(encrypted)s,
        %(received_at)s, %(device_id)s, %(client_device_id)s, %(user_agent)s, %(user_id)s,
        0, 0, '', 'received'
    FROM form
    ON CONFLICT (form_id, instance_id) DO NOTHING
    RETURNING id
), files AS (
    INSERT INTO submissions_attachment (
        submission_id, name, sha256, size, content_type, alternate, received_at)
    SELECT new.id, file.name, file.sha256, file.size, file.content_type,
        row_number() OVER (PARTITION BY file.name ORDER BY file.position) - 1, %(received_at)s
    FROM new, unnest(%(names)s::text[], %(hashes)s::text[], %(sizes)s::bigint[], %(types)s::text[])
        WITH ORDINALITY AS file (name, sha256, size, content_type, position)
), logged AS (
    INSERT INTO audit_auditevent (at, action, by_id, device_id, target_type, target_id, details)
    SELECT %(received_at)s, 'submission.received', %(user_id)s, %(device_id)s,
        'submissions.Submission', new.id::text, %(details)s
    FROM new
)
SELECT (SELECT id FROM form), (SELECT id FROM new)
"""


def receive_submission(
    *,
    raw_xml: bytes,
    files: Sequence[StoredFile] = (),
    sender: Sender,
    answers: bytes | None = None,
) -> Received:
    """Stores a delivery and returns only when it is committed. Safe to run twice.

    `answers` are those that the XML was built from; they are kept verbatim, and the same answers
    again are a repeat even if the form has become another since.

    What cannot be a submission is kept whole in Quarantined before the Problem is raised:
    xml_malformed, xml_forbidden, xml_too_deep, xml_too_wide, form_id_missing, form_unknown,
    instance_conflict.
    """
    files = list({(file.name, file.sha256): file for file in files}.values())
    instance = _read(raw_xml, files, sender)
    form_pk, new_pk = _store_once(instance, raw_xml, files, sender, answers)
    if new_pk is not None:
        outcome = Outcome.EDITED if instance.deprecated_id else Outcome.CREATED
        return Received(outcome, new_pk, instance.instance_id)
    stored = _stored(form_pk, instance)
    if stored is None or not _same_record(stored, instance, raw_xml, answers):
        refusal = _refusal(form_pk, instance)
        quarantine(
            reason=refusal.code,
            raw=raw_xml,
            files=files,
            sender=sender,
            form_id=instance.form_id,
            instance_id=instance.instance_id,
        )
        raise refusal
    added = add_files(submission=stored, files=files, device_id=sender.device_id)
    outcome = Outcome.ATTACHMENTS_ADDED if added else Outcome.DUPLICATE
    return Received(outcome, stored.pk, instance.instance_id)


def hold_submission(
    *, reason: str, raw_xml: bytes, files: Sequence[StoredFile] = (), sender: Sender
) -> Received:
    """Keeps a delivery apart for a person to decide about. Safe to run twice.

    Raises what `receive_submission` raises of XML that cannot be read.
    """
    instance = _read(raw_xml, files, sender)
    quarantine(
        reason=reason,
        raw=raw_xml,
        files=files,
        sender=sender,
        form_id=instance.form_id,
        instance_id=instance.instance_id,
    )
    return Received(Outcome.QUARANTINED, None, instance.instance_id)


def _read(raw_xml: bytes, files: Sequence[StoredFile], sender: Sender) -> Instance:
    try:
        return parse_instance(raw_xml)
    except InstanceError as error:
        quarantine(reason=error.code, raw=raw_xml, files=files, sender=sender)
        raise Problem(error.code) from error


def _store_once(
    instance: Instance,
    raw_xml: bytes,
    files: Sequence[StoredFile],
    sender: Sender,
    answers: bytes | None,
) -> tuple[int | None, int | None]:
    """The form's key and the new row's; None where there is no such form, or nothing was new."""
    rows = run_prepared(
        STORE_ONCE,
        {
            "form_id": instance.form_id,
            "version": instance.version,
            "instance_id": instance.instance_id,
            "deprecated_id": instance.deprecated_id,
            "raw_xml": raw_xml,
            "answers": answers,
            "sha256": hashlib.sha256(raw_xml).digest(),
            "encrypted": instance.encrypted,
            "received_at": datetime.now(UTC),
            **asdict(sender),
            "names": [file.name for file in files],
            "hashes": [file.sha256 for file in files],
            "sizes": [file.size for file in files],
            "types": [file.content_type for file in files],
            "details": json.dumps({"attachments": len(files)}),
        },
    )
    form_pk, new_pk = rows[0]
    return form_pk, new_pk


def _stored(form_pk: int | None, instance: Instance) -> Submission | None:
    if form_pk is None:
        return None
    wanted = Submission.objects.only("raw_xml", "sha256", "answers")
    return wanted.get(form_id=form_pk, instance_id=instance.instance_id)


def _refusal(form_pk: int | None, instance: Instance) -> Problem:
    if form_pk is None:
        return Problem("form_unknown", form_id=instance.form_id[:200])
    return Problem("instance_conflict")


def _same_record(
    stored: Submission, instance: Instance, raw_xml: bytes, answers: bytes | None
) -> bool:
    if answers is not None and stored.answers is not None and bytes(stored.answers) == answers:
        return True
    if bytes(stored.sha256) == hashlib.sha256(raw_xml).digest():
        return True
    return canonical_digest(parse_instance(bytes(stored.raw_xml)).root) == canonical_digest(
        instance.root
    )


def add_files(
    *, submission: Submission, files: Sequence[StoredFile], device_id: int | None = None
) -> int:
    """Adds the files not held yet and lets the worker see the record again; returns how many.

    Safe to run twice. A deleted record keeps them and stays deleted.
    """
    if not files or not _missing(submission, files):
        return 0
    with transaction.atomic(savepoint=False):  # nobody goes on after half of it
        # Two late deliveries at once: the second waits here and sees what the first added.
        record = Submission.objects.select_for_update(no_key=True).filter(pk=submission.pk)
        deleted = record.values_list("deleted_at", flat=True).get() is not None
        fresh = _missing(submission, files)
        Attachment.objects.bulk_create(fresh)
        if fresh and not deleted:
            record.update(state=Submission.State.RECEIVED, attempts=0, try_after=None, error="")
        if fresh:
            log_event(
                "submission.attachments_added",
                device_id=device_id,
                target=submission,
                attachments=len(fresh),
            )
    return len(fresh)


def _missing(stored: Submission, files: Sequence[StoredFile]) -> list[Attachment]:
    """Rows for the files not held yet; other bytes under a held name become an alternate."""
    held = set(stored.attachments.values_list("name", "sha256"))
    names = Counter(name for name, _ in held)
    missing = []
    for file in files:
        if (file.name, file.sha256) not in held:
            missing.append(
                Attachment(submission=stored, alternate=names[file.name], **asdict(file))
            )
            names[file.name] += 1
    return missing
