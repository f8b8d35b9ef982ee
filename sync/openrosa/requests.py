"""An OpenRosa POST → Arrival. Files stream to the store; only the XML is held in memory."""

from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from backend.problems import Problem
from surveys.submissions.quarantine import Sender
from surveys.submissions.store import IncomingFile, keep_files
from sync.auth import Caller
from sync.file_names import clean_name
from sync.intake import Arrival
from sync.openrosa.multipart import (
    CHUNK_BYTES,
    MultipartError,
    boundary_of,
    read_parts,
)

XML_PART = "xml_submission_file"


def read_arrival(request: HttpRequest, caller: Caller) -> Arrival:
    """Takes the record and its files from the body; the files are durable when it returns.

    Fields that are no files mean nothing to us (openrosa.md S4). Raises multipart_malformed,
    xml_part_missing, xml_too_large, disk_full.
    """
    files: list[IncomingFile] = []
    try:
        raw_xml = _read_body(request, files)
        kept = keep_files(files) if files else ()
    except (MultipartError, UnreadablePostError) as error:
        raise Problem("multipart_malformed") from error
    finally:
        for file in files:
            file.discard()
    sender = _sender(request, caller)
    return Arrival(raw_xml=raw_xml, files=kept, sender=sender, revoked=caller.revoked)


def _read_body(request: HttpRequest, files: list[IncomingFile]) -> bytes:
    raw_xml: bytes | None = None
    boundary = boundary_of(request.headers.get("Content-Type", ""))
    for part, content in read_parts(request, boundary):
        if part.name == XML_PART and raw_xml is None:
            raw_xml = _read_xml(content)
        elif part.filename:
            file = IncomingFile(clean_name(part.filename), part.content_type[:255])
            files.append(file)
            for piece in content:
                file.write(piece)
            file.finish()
    if raw_xml is None:
        raise Problem("xml_part_missing")
    return raw_xml


def _read_xml(content: Iterator[bytes]) -> bytes:
    pieces, size = [], 0
    for piece in content:
        pieces.append(piece)
        size += len(piece)
        if size > settings.MAX_XML_BYTES:
            raise Problem("xml_too_large", limit_mb=settings.MAX_XML_BYTES // 1024**2)
    return b"".join(pieces)


def _sender(request: HttpRequest, caller: Caller) -> Sender:
    return Sender(
        device_id=caller.device_id,
        user_id=caller.user_id,
        client_device_id=request.GET.get("deviceID", "").replace("\0", "")[:255],
        user_agent=request.headers.get("User-Agent", "")[:255],
    )


def drain(request: HttpRequest) -> None:
    """Reads on to the end: a client still sending would lose our answer with its connection."""
    try:
        while request.read(CHUNK_BYTES):
            pass
    except UnreadablePostError:
        return  # nobody listens any more
