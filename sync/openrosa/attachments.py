"""A stored attachment, for a person who edits its record in a web form (openrosa.md N2)."""

from pathlib import Path

from django.conf import settings

from backend.accounts.models import User
from backend.accounts.permissions import may_read_records, may_unmask
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.privacy.access import rows_for
from surveys.submissions.models import Attachment
from sync.auth import Caller


def demand_attachment(caller: Caller, *, submission_pk: int, name: str) -> Attachment:
    """The first file of this name, if the caller may see the record unmasked.

    Raises Problem("not_found"), for tablets too: they have their own copy.
    """
    user = User.objects.filter(pk=caller.user_id or 0, is_active=True).first()
    files = Attachment.objects.filter(submission_id=submission_pk, name=name, alternate=0)
    file = files.select_related("submission").first()
    if user is None or file is None or not (may_read_records(user) and may_unmask(user)):
        raise Problem("not_found")
    record = CleanRow.objects.filter(rows_for(user), pk=file.submission.record_id, repeat="")
    if not record.exists():
        raise Problem("not_found")
    log_event("attachment.downloaded", by=user, target=file)
    return file


def read_attachment(file: Attachment) -> bytes:
    return (Path(settings.MEDIA_ROOT) / file.relative_path).read_bytes()
