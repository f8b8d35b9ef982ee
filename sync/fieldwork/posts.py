"""A record as it lies in a tablet's outbox, and what carries it: the body of a post (openrosa.md
S3, S4), or with others that of a push (sync.md 2)."""

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


def announced(record: Record) -> list[dict[str, Any]]:
    """The attachments of an item of a push."""
    return [
        {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in record.attachments.items()
    ]


def push_body(items: Sequence[Any], *, sent_at: str, health: Mapping[str, Any]) -> bytes:
    """The body of one push, as gzip."""
    return gzip.compress(as_json({"sent_at": sent_at, "health": health, "items": items}))


def as_json(value: Any) -> bytes:
    """Without blanks, and letters as they are: on 2G each byte is paid for."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _part(naming: str, kind: str, content: bytes, boundary: str) -> bytes:
    head = (
        f"--{boundary}\r\nContent-Disposition: form-data; {naming}\r\nContent-Type: {kind}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n"
