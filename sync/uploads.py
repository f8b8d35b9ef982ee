"""Attachments that come on their own, in pieces (sync.md 3): received, attached.

The bytes so far are a partial file, the promise (`sync.promises`) a row. When all are there they
are checked against the promised SHA-256, stored, given to their record or kept waiting for it, and
only then acknowledged. A file goes to a record of the same tablet, or to one that no tablet sent.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.problems import Problem
from surveys.submissions.models import Attachment, Submission
from surveys.submissions.partial import Overtaken, PartialFile, sweep_partial
from surveys.submissions.store import StoredFile, is_kept
from surveys.xforms.models import Form
from sync.intake import accept_files
from sync.models import Upload
from sync.tus import Checksum


def offset_of(upload: Upload) -> int:
    """How many bytes are here. An upload that was complete when a server died is finished first."""
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


def records_waited_for(instance_ids: Iterable[str], *, device_id: int) -> set[str]:
    """Those of these records for which files of this tablet wait."""
    waiting = _waiting().filter(instance_id__in=list(instance_ids), device_id=device_id)
    return set(waiting.values_list("instance_id", flat=True))


def attach_waiting(*, submission_id: int, instance_id: str, device_id: int) -> int:
    """Gives a record the files that came before it from the same tablet; returns how many."""
    waiting = _waiting().filter(instance_id=instance_id, device_id=device_id)
    with transaction.atomic():
        uploads = list(waiting.select_for_update())
        if uploads:
            _give(uploads, submission_id)
            given = Upload.objects.filter(pk__in=[upload.pk for upload in uploads])
            given.update(submission_id=submission_id)
    return len(uploads)


def attach_all_waiting() -> int:
    """Finds records that came after their files, by whatever protocol; returns how many files."""
    devices: dict[str, set[int]] = {}
    for instance_id, device_id in _waiting().values_list("instance_id", "device_id"):
        devices.setdefault(instance_id, set()).add(device_id)
    attached = 0
    for record in newest_records(devices):
        for device_id in devices[record.instance_id]:
            if record.device_id in {device_id, None}:
                attached += attach_waiting(
                    submission_id=record.pk, instance_id=record.instance_id, device_id=device_id
                )
    return attached


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


def _waiting() -> QuerySet[Upload]:
    return Upload.objects.filter(stored_at__isnull=False, submission_id__isnull=True)


def _sent_before(upload: Upload) -> bool:
    """The bytes of others are no answer: a tablet could get hold of them by their SHA-256."""
    return (
        bool(upload.sha256)
        and is_kept(_file(upload))
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
                    partial.keep(_file(upload))
                return
            partial.remove()
    except Overtaken:  # another request has just finished or ended it
        upload.refresh_from_db()
        return
    raise Problem("upload_sha256_wrong")


def _settle(upload: Upload, sha256: str) -> None:
    """Stored; and attached, if its record is here."""
    upload.sha256 = sha256
    upload.stored_at = timezone.now()
    record = newest_record(upload.instance_id)
    if record and (upload.proven or record.device_id in {upload.device_id, None}):
        _give([upload], record.pk)
        upload.submission_id = record.pk
    upload.save(update_fields=["sha256", "stored_at", "submission_id"])


def _give(uploads: Sequence[Upload], submission_id: int) -> None:
    accept_files(
        submission_id=submission_id,
        files=[_file(upload) for upload in uploads],
        device_id=uploads[0].device_id,
    )


def _file(upload: Upload) -> StoredFile:
    return StoredFile(upload.name, upload.sha256, upload.size, upload.content_type)


def newest_record(instance_id: str) -> Submission | None:
    return newest_records([instance_id]).first()


def newest_records(instance_ids: Iterable[str]) -> QuerySet[Submission]:
    """Newest first; by the unique key of form and instance id, since the id alone has no index."""
    known = Submission.objects.filter(
        form__in=Form.objects.values("pk"), instance_id__in=list(instance_ids)
    )
    return known.only("instance_id", "device_id").order_by("-pk")


def _partial(upload: Upload) -> PartialFile:
    return PartialFile(str(upload.pk))


def _hashed(pieces: Iterable[bytes], into: "hashlib._Hash") -> Iterator[bytes]:
    for piece in pieces:
        into.update(piece)
        yield piece
