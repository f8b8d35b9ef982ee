"""A file that a person uploads → its bytes, refused by its size before anything reads it."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile

from backend.problems import Problem
from backend.said import Said
from surveys.xforms.media_checks import MAX_MEDIA_MB
from surveys.xforms.workbook import MAX_PACKED_MB, MAX_RATIO


def read_workbook(file: "UploadedFile[Any] | None") -> bytes:
    """Raises `Problem`: workbook_unreadable where there is none, workbook_too_large.

    Django keeps what is large on disk while it arrives; only a file small enough comes to memory.
    """
    if file is None:
        raise Problem("workbook_unreadable", reason=Said("No file was chosen."))
    if (file.size or 0) > MAX_PACKED_MB * 1024**2:
        raise Problem("workbook_too_large", limit_mb=MAX_PACKED_MB, ratio=MAX_RATIO)
    return bytes(file.read())


def read_media(file: "UploadedFile[Any] | None") -> tuple[str, bytes]:
    """Name and bytes. Raises `Problem("media_unreadable")`."""
    if file is None or not file.name:
        raise Problem("media_unreadable", name="", reason=Said("no file was chosen."))
    if (file.size or 0) > MAX_MEDIA_MB * 1024**2:
        reason = Said("it is larger than {most} MB.", most=MAX_MEDIA_MB)
        raise Problem("media_unreadable", name=file.name, reason=reason)
    return file.name, bytes(file.read())
