"""Attachments that come on their own, in pieces (sync.md 3): offered, received, attached.

The bytes so far are a partial file, the promise a row. When all are there they are checked against
the promised SHA-256, stored, given to their record or kept waiting for it, and only then
acknowledged. A file goes to a record of the same tablet, or to one that no tablet sent.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backend.problems import Problem
from surveys.submissions.models import Attachment
from surveys.submissions.partial import Overtaken, PartialFile, sweep_partial
from surveys.submissions.store import is_kept
from sync.attaching import attach, file_of, record_of
from sync.file_names import clean_name
from sync.models import Upload
from sync.tus import Checksum

NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Promised:
    """A file that a tablet means to send; `sha256` in hexadecimal, or empty."""

    name: str
    size: int  # bytes
    sha256: str = ""
    content_type: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", clean_name(self.name))


@dataclass(frozen=True, slots=True)
class AttachmentState:
    """What a tablet has to do about a file: nothing (`stored`), or send it (`missing`).

    `missing` names the upload, unless the tablet did not say how long the file is. `refused` is a
    file that no upload may hold; `problem` says why.
    """

    name: str
    state: str
    upload_id: str = ""
    problem: str = ""


def offer_uploads(
    *, device_id: int, instance_id: str, attachments: Sequence[Promised]
) -> list[AttachmentState]:
    """For each file of a record that this tablet has just sent: is it there, or where to send it.

    Whoever sent the record itself may send its files, even if another tablet was first.
    """
    record = record_of(instance_id, device_id=device_id)
    held = set(record.attachments.values_list("name", "sha256")) if record else set()
    return [
        AttachmentState(file.name, "stored")
        if (file.name, file.sha256) in held
        else _offer(device_id, instance_id, file, proven=record is not None)
        for file in attachments
    ]


def create_upload(*, device_id: int, instance_id: str, file: Promised) -> Upload:
    """The upload for this file: new, or the one it was promised in before.

    Raises upload_too_large, upload_forbidden (the record is another tablet's).
    """
    record = record_of(instance_id, device_id=device_id)
    if record is not None and record.device_id not in {device_id, None}:
        raise Problem("upload_forbidden")
    return _find_or_create(device_id, instance_id, file, proven=False)


def offset_of(upload: Upload, *, at_rest: bool = False) -> int:
    """How many bytes are here; `at_rest`: once those of a link that just died are.

    An upload that was complete when a server died is finished first.
    """
    if at_rest and upload.stored_at is None:
        _partial(upload).resting_size()
        _look_again(upload)
    if upload.stored_at is None and _partial(upload).size >= upload.size:
        _finish(upload)
    return upload.size if upload.stored_at else _partial(upload).size


def receive_pieces(
    upload: Upload,
    pieces: Iterable[bytes],
    *,
    at: int,
    length: int,
    checksum: Checksum | None = None,
) -> int:
    """Adds `length` bytes from the offset `at` on; returns the new offset.

    What came before a break is kept. Raises upload_offset_wrong, upload_malformed,
    upload_checksum_wrong (these bytes are taken back), upload_sha256_wrong (all is to be sent
    anew), disk_full.
    """
    if at != (here := offset_of(upload)):
        raise Problem("upload_offset_wrong", offset=here)
    if at + length > upload.size:
        raise Problem("upload_malformed", reason="The body goes beyond Upload-Length.")
    if upload.stored_at:
        return here
    partial = _partial(upload)
    added = hashlib.new(checksum.algorithm if checksum else "sha1", usedforsecurity=False)
    try:
        end = partial.append(_hashed(pieces, added), at=at)
    except Overtaken:
        raise Problem("upload_offset_wrong", offset=partial.size) from None
    # Of a body that was cut off nothing can be said; the SHA-256 of the whole will tell.
    if checksum and end == at + length and added.digest() != checksum.digest:
        partial.cut(to=at, end=end)
        raise Problem("upload_checksum_wrong", offset=at)
    if end == upload.size:
        _finish(upload)
    return end


def end_upload(upload: Upload) -> None:
    """Ends an upload that its tablet no longer wants. What is attached stays. Safe to run twice."""
    _partial(upload).remove()
    upload.delete()


def expire_uploads() -> int:
    """Ends uploads that were not finished in time; files go before rows. Returns how many.

    A file that is whole waits for its record without end: the tablet was told that it is safe.
    """
    over = Upload.objects.filter(expires_at__lt=timezone.now())
    settled = over.filter(Q(stored_at=None) | Q(submission_id__isnull=False))
    ended = 0
    for upload in settled:
        end_upload(upload)
        ended += 1
    sweep_partial(older_than=Upload.LIFE + timedelta(days=1))
    return ended


def _offer(device_id: int, instance_id: str, file: Promised, *, proven: bool) -> AttachmentState:
    if not file.size and file.sha256 != NOTHING:
        return AttachmentState(file.name, "missing")  # how long it is, the creation has to say
    try:
        upload = _find_or_create(device_id, instance_id, file, proven=proven)
    except Problem as problem:
        return AttachmentState(file.name, "refused", problem=problem.code)
    if upload.stored_at:
        return AttachmentState(file.name, "stored")
    return AttachmentState(file.name, "missing", str(upload.pk))


def _find_or_create(device_id: int, instance_id: str, file: Promised, *, proven: bool) -> Upload:
    if file.size > settings.MAX_UPLOAD_BYTES:
        raise Problem("upload_too_large", limit_mb=settings.MAX_UPLOAD_BYTES // 1024**2)
    now = timezone.now()
    same = Upload.objects.filter(
        device_id=device_id,
        instance_id=instance_id,
        name=file.name,
        sha256=file.sha256,
        size=file.size,
        expires_at__gt=now,
    )
    # Without a SHA-256 the same name and size may be other bytes.
    upload = same.first() if file.sha256 else None
    if upload is None:
        upload = Upload.objects.create(
            device_id=device_id,
            instance_id=instance_id,
            name=file.name,
            content_type=file.content_type,
            sha256=file.sha256,
            size=file.size,
            expires_at=now + Upload.LIFE,
            proven=proven,
        )
        if _sent_before(upload):
            with transaction.atomic():
                _settle(upload, upload.sha256)
        elif not upload.size:
            _partial(upload).append([], at=0)
            _finish(upload)
    elif proven and not upload.proven:
        upload.proven = True
        upload.save(update_fields=["proven"])
    return upload


def _sent_before(upload: Upload) -> bool:
    """Whether this tablet has sent these very bytes with a record, such as one it now edits.

    The bytes of others are no answer: a tablet could get hold of them by their SHA-256.
    """
    return (
        bool(upload.sha256)
        and is_kept(file_of(upload))
        and Attachment.objects.filter(
            sha256=upload.sha256, submission__device_id=upload.device_id
        ).exists()
    )


def _finish(upload: Upload) -> None:
    """Checks, stores, attaches; safe to run twice, and for two at once.

    The file moves last: should the database go away at that very moment, it is sent anew.
    """
    partial = _partial(upload)
    try:
        with partial.whole(length=upload.size) as sha256:
            if sha256 == (upload.sha256 or sha256):
                with transaction.atomic():
                    _settle(upload, sha256)
                    partial.keep(file_of(upload))
                return
            partial.remove()
    except Overtaken:  # another request has just finished or ended it
        _look_again(upload)
        return
    raise Problem("upload_sha256_wrong")


def _look_again(upload: Upload) -> None:
    """What others made of it. Raises Problem("not_found") when it was ended."""
    try:
        upload.refresh_from_db()
    except Upload.DoesNotExist:
        raise Problem("not_found") from None


def _settle(upload: Upload, sha256: str) -> None:
    """Stored; and attached, if its record is here."""
    upload.sha256 = sha256
    upload.stored_at = timezone.now()
    upload.save(update_fields=["sha256", "stored_at"])
    record = record_of(upload.instance_id, device_id=upload.device_id)
    if record and (upload.proven or record.device_id in {upload.device_id, None}):
        attach([upload], record.pk)


def _partial(upload: Upload) -> PartialFile:
    return PartialFile(str(upload.pk))


def _hashed(pieces: Iterable[bytes], into: "hashlib._Hash") -> Iterator[bytes]:
    for piece in pieces:
        into.update(piece)
        yield piece
