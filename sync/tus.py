"""The headers of tus 1.0.0, resumable uploads: text in, values out. Pure."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from backend.problems import Problem

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
CHECKSUMS = ("sha1", "sha256")
CONTENT_TYPE = "application/offset+octet-stream"

_WHOLE_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request must add up to."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an upload is: a file of one record. `sha256` and `filetype` may be empty."""

    instance_id: str
    name: str
    sha256: str
    filetype: str


def read_number(headers: Mapping[str, str], name: str) -> int:
    """A count of bytes. Raises Problem("upload_malformed") for anything else."""
    text = headers.get(name, "").strip()
    if not _WHOLE_NUMBER.fullmatch(text):
        raise _malformed(f"{name} must be a whole number of bytes.")
    return int(text)


def read_metadata(header: str) -> Metadata:
    """Upload-Metadata: pairs of a key and a value in Base64. Raises Problem("upload_malformed")."""
    values = _pairs(header)
    for key in ("instance_id", "name"):
        if not values.get(key):
            raise _malformed(f"Upload-Metadata must hold {key}.")
    if len(values["instance_id"]) > 255:
        raise _malformed("Upload-Metadata: instance_id is longer than 255 characters.")
    sha256 = values.get("sha256", "").lower()
    if sha256 and not _SHA256.fullmatch(sha256):
        raise _malformed("Upload-Metadata: sha256 must be 64 hexadecimal digits.")
    return Metadata(values["instance_id"], values["name"], sha256, values.get("filetype", "")[:255])


def write_metadata(about: Metadata) -> str:
    """Upload-Metadata as `read_metadata` reads it; what is blank is left out."""
    named = ((name, getattr(about, name)) for name in ("instance_id", "name", "sha256", "filetype"))
    return ",".join(
        f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in named if text
    )


def read_checksum(header: str) -> Checksum | None:
    """Upload-Checksum: an algorithm and a digest in Base64; None when it was not sent."""
    if not header:
        return None
    algorithm, _, encoded = header.strip().partition(" ")
    if algorithm not in CHECKSUMS:
        raise _malformed(f"Upload-Checksum may be {' or '.join(CHECKSUMS)}.")
    return Checksum(algorithm, _decode(encoded, "Upload-Checksum"))


def _pairs(header: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for pair in filter(None, (each.strip() for each in header.split(","))):
        key, _, encoded = pair.partition(" ")
        if key in pairs:
            raise _malformed(f"Upload-Metadata holds {key[:40]} twice.")
        pairs[key] = _text(_decode(encoded, f"Upload-Metadata: {key[:40]}"), key)
    return pairs


def _text(value: bytes, key: str) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise _malformed(f"Upload-Metadata: {key[:40]} is not UTF-8.") from None
    return text.replace("\0", "").strip()


def _decode(encoded: str, what: str) -> bytes:
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise _malformed(f"{what} is not Base64.") from None


def _malformed(reason: str) -> Problem:
    return Problem("upload_malformed", reason=reason)
