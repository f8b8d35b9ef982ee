"""The only writer of audit events."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models

from backend.audit.models import AuditEvent


def log_event(
    action: str,
    *,
    by: AbstractUser | None = None,
    device_id: int | None = None,
    target: models.Model | None = None,
    **details: Any,
) -> AuditEvent:
    """Adds one event inside the caller's transaction. `details` hold ids, codes and counts only.

    `receive_submission` adds its own event within its one statement, by the same columns.
    """
    return AuditEvent.objects.create(
        action=action,
        by_id=by.pk if by else None,
        device_id=device_id,
        target_type=target._meta.label if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        details=details,
    )
