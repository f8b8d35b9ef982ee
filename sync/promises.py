"""What a tablet means to send in pieces (sync.md 2, 3): for each file whether it is here already,
and where to send it if not. How the bytes come in stands in `sync.uploads`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from backend.problems import Problem
from surveys.submissions.models import Attachment
from sync.attaching import records_of
from sync.file_names import clean_name
from sync.models import Upload
from sync.uploads import finish_at_once

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


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A file of a record; `proven`: the tablet has sent the record itself."""

    instance_id: str
    file: Promised
    proven: bool = False

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.instance_id, self.file.name, self.file.sha256, self.file.size


def offer_uploads(
    *, device_id: int, files: Sequence[tuple[str, Promised]]
) -> list[AttachmentState]:
    """For each file, by the instance id of its record, which this tablet has just sent: is it here,
    or where to send it.

    Asks as often for the files of a hundred records as for one. Whoever sent a record itself may
    send its files, even if another tablet was first.
    """
    known = records_of({instance_id for instance_id, _ in files}, device_id=device_id)
    records = {instance_id: record.pk for instance_id, record in known.items()}
    attached = Attachment.objects.filter(submission_id__in=records.values())
    held = set(attached.values_list("submission_id", "name", "sha256"))
    settled = [
        _settled(file, here=(records.get(instance_id), file.name, file.sha256) in held)
        for instance_id, file in files
    ]
    wanted = [
        _Wanted(instance_id, file, proven=instance_id in records)
        for (instance_id, file), state in zip(files, settled, strict=True)
        if state is None
    ]
    uploads = iter(_find_or_create(device_id, wanted))
    return [state or _offered(next(uploads)) for state in settled]


def create_upload(*, device_id: int, instance_id: str, file: Promised) -> Upload:
    """The upload for this file: new, or the one it was promised in before.

    Raises upload_too_large, upload_forbidden (the record is another tablet's), disk_full.
    """
    record = records_of([instance_id], device_id=device_id).get(instance_id)
    if record is not None and record.device_id not in {device_id, None}:
        raise Problem("upload_forbidden")
    if file.size > settings.MAX_UPLOAD_BYTES:
        raise Problem("upload_too_large", limit_mb=settings.MAX_UPLOAD_BYTES // 1024**2)
    (upload,) = _find_or_create(device_id, [_Wanted(instance_id, file)])
    return upload


def _settled(file: Promised, *, here: bool) -> AttachmentState | None:
    """What can be said without an upload."""
    if here:
        return AttachmentState(file.name, "stored")
    if not file.size and file.sha256 != NOTHING:  # how long it is, the creation has to say
        return AttachmentState(file.name, "missing")
    if file.size > settings.MAX_UPLOAD_BYTES:
        return AttachmentState(file.name, "refused", problem="upload_too_large")
    return None


def _offered(upload: Upload) -> AttachmentState:
    if upload.stored_at:
        return AttachmentState(upload.name, "stored")
    return AttachmentState(upload.name, "missing", str(upload.pk))


def _find_or_create(device_id: int, wanted: Sequence[_Wanted]) -> list[Upload]:
    """In their order; a file that was promised before has its upload already."""
    now = timezone.now()
    found = _promised_before(device_id, wanted, now)
    uploads, new = [], []
    for each in wanted:
        upload = found.get(each.key)
        if upload is None:
            upload = _new_upload(device_id, each, now)
            new.append(upload)
        if each.file.sha256:  # without one, the same name and size may be other bytes
            found[each.key] = upload
        uploads.append(upload)
    Upload.objects.bulk_create(new)
    for upload in new:
        finish_at_once(upload)
    pairs = zip(uploads, wanted, strict=True)
    proven = [upload.pk for upload, each in pairs if each.proven and not upload.proven]
    if proven:
        Upload.objects.filter(pk__in=proven).update(proven=True)
    return uploads


def _promised_before(
    device_id: int, wanted: Sequence[_Wanted], now: datetime
) -> dict[tuple[str, str, str, int], Upload]:
    uploads = Upload.objects.filter(
        device_id=device_id,
        instance_id__in={each.instance_id for each in wanted},
        expires_at__gt=now,
    ).exclude(sha256="")
    return {
        (upload.instance_id, upload.name, upload.sha256, upload.size): upload
        for upload in uploads.order_by("-pk")
    }


def _new_upload(device_id: int, wanted: _Wanted, now: datetime) -> Upload:
    file = wanted.file
    return Upload(
        device_id=device_id,
        instance_id=wanted.instance_id,
        name=file.name,
        content_type=file.content_type,
        sha256=file.sha256,
        size=file.size,
        expires_at=now + Upload.LIFE,
        proven=wanted.proven,
    )
