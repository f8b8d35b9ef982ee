"""Quarantine: bytes that are no submission are kept whole, once, for a person to look at."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import connection, transaction

from backend.audit.log import log_event
from surveys.submissions.models import Quarantined
from surveys.submissions.store import StoredFile


@dataclass(frozen=True, slots=True)
class Sender:
    """Who brought it, and what their program said of itself (never identity, openrosa.md D4)."""

    device_id: int | None = None
    user_id: int | None = None
    client_device_id: str = ""
    user_agent: str = ""


# The same bytes again only count up, but files that came with them this time are kept too.
KEEP_ONCE = """
INSERT INTO submissions_quarantined AS kept (
    reason, form_id, instance_id, raw, sha256, device_id, submitted_by_id, client_device_id,
    user_agent, attachments, received_at, times)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, now(), 1)
ON CONFLICT (reason, sha256) DO UPDATE SET
    times = kept.times + 1,
    settled_at = NULL,
    attachments = (
        SELECT coalesce(jsonb_agg(DISTINCT file), '[]')
        FROM jsonb_array_elements(kept.attachments || excluded.attachments) AS file)
RETURNING id, times
"""


def quarantine(
    *,
    reason: str,
    raw: bytes,
    files: Sequence[StoredFile],
    sender: Sender,
    form_id: str = "",
    instance_id: str = "",
) -> Quarantined:
    """Keeps the bytes under the Problem's code; committed when it returns. Safe to run twice."""
    values = (
        reason,
        form_id[:255],
        instance_id,
        raw,
        hashlib.sha256(raw).digest(),
        sender.device_id,
        sender.user_id,
        sender.client_device_id,
        sender.user_agent,
        json.dumps([asdict(file) for file in files]),
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(KEEP_ONCE, values)
        pk, times = cursor.fetchone()
        kept = Quarantined(pk=pk, reason=reason, times=times)
        if times == 1:
            log_event(
                "submission.quarantined", device_id=sender.device_id, target=kept, reason=reason
            )
    return kept
