"""A push: many records in one call, each through the one door, each with an outcome of its own."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
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
from sync.attaching import attach_waiting, records_waited_for
from sync.auth import Caller
from sync.intake import Arrival, accept_submission
from sync.promises import AttachmentState, Promised, offer_uploads

MAX_ITEMS = 100
MAX_BYTES = 8 * 1024 * 1024  # inflated
QUARANTINED, REJECTED = "quarantined", "rejected"
DUPLICATE, ATTACHMENTS_ADDED = "duplicate", "attachments_added"
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


@dataclass(slots=True)
class _Taken:
    """An item and what is told of it so far; `files_of` is the record its files may come for."""

    item: Item
    result: Json
    submission_id: int | None = None
    files_of: str = ""


def push_items(items: Sequence[bytes], *, caller: Caller, sender: Sender) -> list[Json]:
    """One result for each item, in their order; each is committed before the next is looked at.

    One bad item never fails another. Raises Django's OperationalError when the database stays
    away: the tablet sends all again, and what was stored comes back as a duplicate.
    """
    read = (read_item(raw, index) for index, raw in enumerate(items))
    taken = [_take(item, caller, sender) for item in read]
    if sender.device_id is not None:
        _attach_what_waited(taken, sender.device_id)
        with_files = [each for each in taken if each.files_of and each.item.attachments]
        _offer_uploads(with_files, sender.device_id)
    return [{"key": each.item.key, **each.result} for each in taken]


def _too_large() -> Problem:
    return Problem("push_too_large", max_items=MAX_ITEMS, max_mb=MAX_BYTES // 1024**2)


def _take(item: Item, caller: Caller, sender: Sender) -> _Taken:
    try:
        return _accept(item, caller, sender)
    except (OperationalError, InterfaceError):
        raise
    except Problem as problem:
        files_of = _id_of(item)[:255] if problem.code in FILES_TOO else ""
        return _Taken(item, _refused(item, problem), files_of=files_of)
    except Exception:
        log.exception("a pushed record failed", extra={"device_id": caller.device_id})
        return _Taken(item, _refused(item, Problem("internal")))


def _accept(item: Item, caller: Caller, sender: Sender) -> _Taken:
    filled = _fill(item, sender)
    xml = filled.xml if filled else item.instance or b""
    receipt = accept_submission(Arrival(xml, (), sender, caller.revoked, item.answers))
    if receipt.submission_id is None:
        raise Problem("device_revoked")
    if filled and filled.unchecked and receipt.is_new:
        record = Submission(pk=receipt.submission_id)
        log_event("submission.answers_unchecked", target=record, paths=list(filled.unchecked))
    result = {"outcome": str(receipt.outcome), "instance_id": receipt.instance_id}
    return _Taken(item, result, receipt.submission_id, files_of=receipt.instance_id)


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


def _attach_what_waited(taken: Sequence[_Taken], device_id: int) -> None:
    """Gives records the files that came before them. To a repeat that may be all it brings."""
    # Of a record that stands twice in a push, the first brought it.
    stored = {each.files_of: each for each in reversed(taken) if each.submission_id is not None}
    for instance_id in records_waited_for(stored, device_id=device_id):
        each = stored[instance_id]
        assert each.submission_id is not None
        attach_waiting(
            submission_id=each.submission_id, instance_id=instance_id, device_id=device_id
        )
        if each.result["outcome"] == DUPLICATE:
            each.result["outcome"] = ATTACHMENTS_ADDED


def _offer_uploads(taken: Sequence[_Taken], device_id: int) -> None:
    """Says of each announced file where to send it: of all items at once; should that fail, of each
    by itself, so that it is refused alone whose files cannot be promised."""
    if not taken:
        return
    try:
        _offer_at_once(taken, device_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(taken) > 1:
            for each in taken:
                _offer_uploads([each], device_id)
            return
        log.exception("announced files failed", extra={"device_id": device_id})
        problem = error if isinstance(error, Problem) else Problem("internal")
        taken[0].result = _refused(taken[0].item, problem)


def _offer_at_once(taken: Sequence[_Taken], device_id: int) -> None:
    files = [
        (each.files_of, Promised(file.name, file.size, file.sha256))
        for each in taken
        for file in each.item.attachments
    ]
    states = iter(offer_uploads(device_id=device_id, files=files))
    for each in taken:
        each.result["attachments"] = [
            _told(file.name, next(states)) for file in each.item.attachments
        ]


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
