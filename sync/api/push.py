"""A push: many records in one call, each through the one door, each with an outcome of its own."""

import logging
from collections.abc import Sequence
from typing import Any

from django.db import InterfaceError, OperationalError
from django.urls import reverse

from backend.problems import Problem
from surveys.submissions.instance import InstanceError, parse_instance
from surveys.submissions.quarantine import Sender, quarantine
from sync.api.envelope import Envelope, EnvelopeError, read_envelope
from sync.api.items import Item, read_item
from sync.auth import Caller
from sync.intake import Arrival, accept_submission
from sync.uploads import Promised, attach_waiting, offer_uploads

MAX_ITEMS = 100
MAX_BYTES = 8 * 1024 * 1024  # inflated
QUARANTINED, REJECTED = "quarantined", "rejected"
# Kept whole for a person to look at; the tablet may forget the record. All other refusals are of
# what cannot be read at all, or names no form we know.
KEPT = {"instance_conflict", "device_revoked", "answers_invalid"}
TRY_AGAIN = {"internal", "disk_full"}
Json = dict[str, Any]
log = logging.getLogger(__name__)


def open_push(body: bytes) -> Envelope:
    """The items, still unread. Raises push_too_large (413) and request_malformed (400)."""
    if len(body) > MAX_BYTES:
        raise _too_large()
    try:
        envelope = read_envelope(body)
    except EnvelopeError as error:
        raise Problem("request_malformed", reason=f"The push cannot be read: {error}.") from error
    if len(envelope.items) > MAX_ITEMS:
        raise _too_large()
    return envelope


def push_items(items: Sequence[bytes], *, caller: Caller, sender: Sender) -> list[Json]:
    """One result for each item, in their order; each is committed before the next is looked at.

    One bad item never fails another. Raises Django's OperationalError when the database stays
    away: the tablet sends all again, and what was stored comes back as a duplicate.
    """
    read = (read_item(raw, index) for index, raw in enumerate(items))
    return [{"key": item.key, **_take(item, caller, sender)} for item in read]


def _too_large() -> Problem:
    return Problem("push_too_large", max_items=MAX_ITEMS, max_mb=MAX_BYTES // 1024**2)


def _take(item: Item, caller: Caller, sender: Sender) -> Json:
    try:
        return _accept(item, caller, sender)
    except (OperationalError, InterfaceError):
        raise
    except Problem as problem:
        return _refused(item, problem)
    except Exception:
        log.exception("a pushed record failed", extra={"device_id": caller.device_id})
        return _refused(item, Problem("internal"))


def _accept(item: Item, caller: Caller, sender: Sender) -> Json:
    if item.fault or item.instance is None:
        quarantine(reason="item_malformed", raw=item.raw, files=(), sender=sender)
        raise Problem("item_malformed", reason=item.fault)
    receipt = accept_submission(Arrival(item.instance, (), sender, caller.revoked))
    if receipt.submission_id is None:
        raise Problem("device_revoked")
    waited = attach_waiting(
        submission_id=receipt.submission_id,
        instance_id=receipt.instance_id,
        device_id=caller.device_id,
    )
    outcome = "attachments_added" if waited and not receipt.is_new else str(receipt.outcome)
    result: Json = {"outcome": outcome, "instance_id": receipt.instance_id}
    if item.attachments and caller.device_id is not None:
        result["attachments"] = _files(item, caller.device_id, receipt.instance_id)
    return result


def _files(item: Item, device_id: int, instance_id: str) -> list[Json]:
    """Of each announced file: `stored`, `missing` and where to send it, or `refused` and why."""
    promised = [Promised(each.name, each.size, each.sha256) for each in item.attachments]
    states = offer_uploads(device_id=device_id, instance_id=instance_id, attachments=promised)
    return [
        {"name": sent.name, "state": state.state}
        | ({"upload": reverse("upload", args=[state.upload_id])} if state.upload_id else {})
        | ({"problem": {"code": state.problem}} if state.problem else {})
        for sent, state in zip(item.attachments, states, strict=True)
    ]


def _refused(item: Item, problem: Problem) -> Json:
    return {
        "outcome": QUARANTINED if problem.code in KEPT else REJECTED,
        **_known_id(item),
        "problem": {
            **problem.details,
            "code": problem.code,
            "detail": problem.words,
            "retry": problem.code in TRY_AGAIN,
        },
    }


def _known_id(item: Item) -> Json:
    try:
        found = item.instance_id or parse_instance(item.instance or b"").instance_id
    except InstanceError:
        return {}
    return {"instance_id": found}
