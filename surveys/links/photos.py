"""A picture that came with a record, for people who may see it unmasked."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from backend.accounts.models import User
from backend.accounts.permissions import may_unmask
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.links.sides import PICTURES
from surveys.links.visible import demand_visible
from surveys.submissions.models import Attachment


@dataclass(frozen=True, slots=True)
class Photo:
    content: BinaryIO
    content_type: str


def open_photo(attachment_id: int, user: User) -> Photo:
    """Who fetched it is written down. Raises `Problem("not_found")`."""
    files = Attachment.objects.filter(pk=attachment_id, content_type__in=PICTURES, alternate=0)
    file = files.select_related("submission").defer("submission__raw_xml").first()
    if file is None or not may_unmask(user):
        raise Problem("not_found")
    demand_visible(user, {file.submission.record_id})
    try:
        content = (Path(settings.MEDIA_ROOT) / file.relative_path).open("rb")
    except FileNotFoundError:
        raise Problem("not_found") from None
    log_event("attachment.downloaded", by=user, target=file)
    return Photo(content, file.content_type)
