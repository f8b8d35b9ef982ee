"""A push: many records in one call, each through the one door, each with an outcome of its own."""

import logging
from collections.abc import Sequence
from typing import Any

from django.db import InterfaceError, OperationalError
from django.urls import reverse

from backend.audit.log import log_event
from backend.problems import Problem
from surveys.cleaning.fill import Filled
from surveys.submissions.instance import InstanceError, parse_instance
from surveys.submissions.models import Submission
from surveys.submissions.quarantine import Sender, quarantine
from sync.api.envelope import Envelope, EnvelopeError, read_envelope
from sync.api.items import Item, read_item
from sync.api.plain import fill_item, minted_id
from sync.attaching import attach_waiting
from sync.auth import Caller
from sync.intake import Arrival, Receipt, accept_submission
from sync.uploads import AttachmentState, Promised, offer_uploads

MAX_ITEMS = 100
MAX_BYTES = 8 * 1024 * 1024  # inflated
QUARANTINED, REJECTED, ATTACHMENTS_ADDED = "quarantined", "rejected", "attachments_added"
# Kept whole for a person to look at; the tablet may forget the record. All other refusals are of
# what cannot be read at all, or names no form we know.
KEPT = {"instance_conflict", "device_revoked", "answers_invalid"}
# Their record may yet be taken in under its own id, and its files with it.
FILES_TOO = {"device_revoked", "answers_invalid"}
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
        files = _files(item, _id_of(item), sender) if problem.code in FILES_TOO else {}
        return {**_refused(item, problem), **files}
    except Exception:
        log.exception("a pushed record failed", extra={"device_id": caller.device_id})
        return _refused(item, Problem("internal"))


def _accept(item: Item, caller: Caller, sender: Sender) -> Json:
    filled = _fill(item, sender)
    xml = filled.xml if filled else item.instance or b""
    receipt = accept_submission(Arrival(xml, (), sender, caller.revoked, item.answers))
    if receipt.submission_id is None:
        raise Problem("device_revoked")
    if filled and filled.unchecked and receipt.is_new:
        record = Submission(pk=receipt.submission_id)
        log_event("submission.answers_unchecked", target=record, paths=list(filled.unchecked))
    return {
        "outcome": _attach(receipt, receipt.submission_id, sender),
        "instance_id": receipt.instance_id,
        **_files(item, receipt.instance_id, sender),
    }


def _fill(item: Item, sender: Sender) -> Filled | None:
    """The instance of plain answers. What cannot be one is kept as it came before the refusal."""
    if item.instance is not None:
        return None
    try:
        return fill_item(item)
    except Problem as problem:
        quarantine(
            reason=problem.code,
            raw=item.raw,
            files=(),
            sender=sender,
            form_id=item.form_id,
            instance_id=_id_of(item)[:255],
        )
        raise


def _attach(receipt: Receipt, submission_id: int, sender: Sender) -> str:
    """Gives the record what waited for it. That alone may be what a repeat brings about."""
    attached = attach_waiting(
        submission_id=submission_id, instance_id=receipt.instance_id, device_id=sender.device_id
    )
    return ATTACHMENTS_ADDED if attached and not receipt.is_new else str(receipt.outcome)


def _files(item: Item, instance_id: str, sender: Sender) -> Json:
    if not item.attachments or sender.device_id is None:
        return {}
    states = offer_uploads(
        device_id=sender.device_id,
        instance_id=instance_id,
        attachments=[Promised(each.name, each.size, each.sha256) for each in item.attachments],
    )
    pairs = zip(item.attachments, states, strict=True)
    return {"attachments": [_told(sent.name, state) for sent, state in pairs]}


def _told(name: str, state: AttachmentState) -> Json:
    """By the name it was announced under; where to send it, or why not."""
    told: Json = {"name": name, "state": state.state}
    if state.upload_id:
        told["upload"] = reverse("upload", args=[state.upload_id])
    return {**told, "problem": {"code": state.problem}} if state.problem else told


def _refused(item: Item, problem: Problem) -> Json:
    known = _id_of(item)
    return {
        "outcome": QUARANTINED if problem.code in KEPT else REJECTED,
        **({"instance_id": known} if known else {}),
        "problem": {
            **problem.details,
            "code": problem.code,
            "detail": problem.words,
            "retry": problem.code in TRY_AGAIN,
        },
    }


def _id_of(item: Item) -> str:
    """The id of a record that was refused, as far as it has one."""
    if item.answers is not None:
        return item.instance_id or minted_id(item)
    try:
        return parse_instance(item.instance or b"").instance_id
    except InstanceError:
        return ""
