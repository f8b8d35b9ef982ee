"""Attachments that come on their own, in pieces (sync.md 3): received, attached.

The bytes so far are a partial file, the promise (`sync.promises`) a row. When all are there they
are checked against the promised SHA-256, stored, given to their record or kept waiting for it, and
only then acknowledged. A file goes to a record of the same tablet, or to one that no tablet sent.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backend.problems import Problem
from surveys.submissions.models import Attachment
from surveys.submissions.partial import Overtaken, PartialFile, sweep_partial
from surveys.submissions.store import is_kept
from sync.attaching import attach, file_of, records_of
from sync.models import Upload
from sync.tus import Checksum


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


def finish_at_once(upload: Upload) -> None:
    """Finishes a new upload of which no byte need be sent: this tablet has sent them with another
    record, such as one it now edits, or there are none."""
    if _sent_before(upload):
        with transaction.atomic():
            _settle(upload, upload.sha256)
    elif not upload.size:
        _partial(upload).append([], at=0)
        _finish(upload)


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


def _sent_before(upload: Upload) -> bool:
    """The bytes of others are no answer: a tablet could get hold of them by their SHA-256."""
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
    known = records_of([upload.instance_id], device_id=upload.device_id)
    record = known.get(upload.instance_id)
    if record and (upload.proven or record.device_id in {upload.device_id, None}):
        attach([upload], record.pk)


def _partial(upload: Upload) -> PartialFile:
    return PartialFile(str(upload.pk))


def _hashed(pieces: Iterable[bytes], into: "hashlib._Hash") -> Iterator[bytes]:
    for piece in pieces:
        into.update(piece)
        yield piece
