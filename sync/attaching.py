"""Files that came on their own and the records they belong to (sync.md 3).

A file goes to a record of the same tablet, or to one that no tablet sent; before its record is
here, it waits.
"""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import QuerySet

from surveys.submissions.models import Submission
from surveys.submissions.store import StoredFile
from surveys.xforms.models import Form
from sync.intake import accept_files
from sync.models import Upload


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
            attach(uploads, submission_id)
    return len(uploads)


def attach_all_waiting() -> int:
    """Finds records that came after their files, by whatever protocol; returns how many files."""
    devices: dict[str, set[int]] = {}
    for instance_id, device_id in _waiting().values_list("instance_id", "device_id"):
        devices.setdefault(instance_id, set()).add(device_id)
    attached = 0
    for record in _records(devices):
        for device_id in devices[record.instance_id]:
            if record.device_id in {device_id, None}:
                attached += attach_waiting(
                    submission_id=record.pk, instance_id=record.instance_id, device_id=device_id
                )
    return attached


def records_of(instance_ids: Iterable[str], *, device_id: int) -> dict[str, Submission]:
    """The record of each id; should several forms have one, rather the tablet's own, or newest."""
    found = sorted(_records(instance_ids), key=lambda each: (each.device_id == device_id, each.pk))
    return {record.instance_id: record for record in found}


def attach(uploads: Sequence[Upload], submission_id: int) -> None:
    accept_files(
        submission_id=submission_id,
        files=[file_of(upload) for upload in uploads],
        device_id=uploads[0].device_id,
    )
    for upload in uploads:
        upload.submission_id = submission_id
    Upload.objects.bulk_update(uploads, ["submission_id"])


def file_of(upload: Upload) -> StoredFile:
    return StoredFile(upload.name, upload.sha256, upload.size, upload.content_type)


def _waiting() -> QuerySet[Upload]:
    return Upload.objects.filter(stored_at__isnull=False, submission_id__isnull=True)


def _records(instance_ids: Iterable[str]) -> QuerySet[Submission]:
    """By the unique key of form and instance id, which has no index by the instance id alone."""
    known = Submission.objects.filter(
        form__in=Form.objects.values("pk"), instance_id__in=list(instance_ids)
    )
    return known.only("instance_id", "device_id").order_by("-pk")
