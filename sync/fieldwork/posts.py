"""A record as it lies in a tablet's outbox, and the body of the post that carries it (S3, S4)."""

from collections.abc import Mapping
from dataclasses import dataclass

TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".csv": "text/csv"}


@dataclass(frozen=True, slots=True)
class Record:
    """A finished form as it lies in the tablet's outbox."""

    form_id: str
    instance_id: str
    xml: bytes
    attachments: Mapping[str, bytes]


def submission_body(
    xml: bytes, files: Mapping[str, bytes], *, boundary: str, incomplete: bool = False
) -> bytes:
    """The multipart body of one submission post (S3, S4)."""
    parts = []
    if incomplete:
        parts.append(_part('name="*isIncomplete*"', "text/plain", b"yes", boundary))
    xml_name = 'name="xml_submission_file"; filename="record.xml"'
    parts.append(_part(xml_name, "text/xml", xml, boundary))
    for name, content in files.items():
        kind = TYPES.get(name[-4:].lower(), "application/octet-stream")
        parts.append(_part(f'name="{name}"; filename="{name}"', kind, content, boundary))
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def _part(naming: str, kind: str, content: bytes, boundary: str) -> bytes:
    head = (
        f"--{boundary}\r\nContent-Disposition: form-data; {naming}\r\nContent-Type: {kind}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n"
