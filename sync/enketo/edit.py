"""open_for_edit: a stored record handed to Enketo, for a person who may see and send it."""

from urllib.parse import quote
from uuid import UUID

from backend.accounts.models import User
from backend.accounts.permissions import may_send_submissions
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.privacy.access import reader, rows_for, unmask
from surveys.submissions.models import Attachment, Submission
from sync.enketo.ask import WebEdit, edit_url


def open_for_edit(record_id: UUID, *, by: User, reason: str, base: str, return_url: str) -> str:
    """The address where this record can be edited.

    Raises not_allowed, not_found, purpose_missing, and what `edit_url` raises.
    """
    submission = editable(record_id, by)
    unmask(user=by, reason=reason, target=f"record {record_id}")
    log_event("record.edit_opened", by=by, target=submission)
    attachments = {
        name: f"{base}/submissions/{owner}/attachments/{quote(name, safe='')}"
        for name, owner in _files(submission).items()
    }
    return edit_url(
        base,
        WebEdit(
            form_id=submission.form.form_id,
            instance_id=submission.instance_id,
            instance=bytes(submission.raw_xml),
            attachments=attachments,
            return_url=return_url,
        ),
    )


def editable(record_id: UUID, user: User) -> Submission:
    """The edition that counts, of a record that this person may see and send."""
    reader(user)
    if not may_send_submissions(user):
        raise Problem("not_allowed")
    row = CleanRow.objects.filter(rows_for(user), pk=record_id, repeat="").first()
    if row is None or row.submission.encrypted:
        raise Problem("not_found")
    return row.submission


def _files(head: Submission) -> dict[str, int]:
    """By name, which edition brought it: an edit sends only what changed (S14)."""
    files = Attachment.objects.filter(submission__record_id=head.record_id, alternate=0)
    return dict(files.order_by("submission_id").values_list("name", "submission_id"))
