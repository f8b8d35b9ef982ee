"""A JSON request of a tablet → bytes within bounds. Nothing here reads what they say."""

from typing import Any

from django.http.request import HttpRequest, UnreadablePostError

from backend.problems import Problem
from sync.api.envelope import EnvelopeError, read_json
from sync.api.inflate import MAX_INFLATED, MAX_RATIO, PIECE, InflateError, read_whole
from sync.encodings import media_type

SMALL_BODY = 64 * 1024  # bytes; what a tablet says of itself
TYPES = {"application/json", ""}
ENCODINGS = {"", "identity", "gzip", "x-gzip"}


def read_body(request: HttpRequest, *, limit: int = MAX_INFLATED) -> bytes:
    """The body, inflated. Raises unsupported_media_type and encoding_unsupported (415),
    inflated_too_large (413), gzip_malformed and request_malformed (400).
    """
    if media_type(request.headers.get("Content-Type", "")) not in TYPES:
        raise Problem("unsupported_media_type")
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ENCODINGS:
        raise Problem("encoding_unsupported")
    try:
        return read_whole(request.read, zipped="gzip" in encoding, limit=limit)
    except InflateError as error:
        mb = round(limit / 1024**2, 2)
        limits = {"limit_mb": mb, "ratio": MAX_RATIO} if error.code == "inflated_too_large" else {}
        raise Problem(error.code, **limits) from error
    except UnreadablePostError as error:
        raise Problem("request_malformed", reason="The body is cut off.") from error


def read_object(request: HttpRequest) -> dict[str, Any]:
    """A small body that must be a JSON object. Raises as `read_body`."""
    try:
        value = read_json(read_body(request, limit=SMALL_BODY))
    except EnvelopeError as error:
        raise Problem("request_malformed", reason=f"The body is {error}.") from error
    if not isinstance(value, dict):
        raise Problem("request_malformed", reason="The body must be a JSON object.")
    return value


def read_text(said: dict[str, Any], name: str) -> str:
    """A member that is text, or blank where there is none. Raises request_malformed."""
    value = said.get(name) or ""
    if not isinstance(value, str) or "\0" in value:
        raise Problem("request_malformed", reason=f"{name} must be text.")
    return value.strip()


def drain(request: HttpRequest, most: int) -> None:
    """Reads on for a while: a client still sending would lose our answer with its connection."""
    try:
        while most > 0 and (piece := request.read(min(most, PIECE))):
            most -= len(piece)
    except UnreadablePostError:
        return  # nobody listens any more
