"""multipart/form-data, read as it streams in: parts with their raw names (RFC 7578). Pure.

Not Django's parser: that one unescapes HTML in file names, cuts them at 255 characters, limits the
number of files, and costs as much as storing the record (openrosa.md S6, S7, S12).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

from sync.file_names import CONTROL

CHUNK_BYTES = 256 * 1024
MAX_HEAD_BYTES = 16 * 1024
MAX_PARTS = 20_000

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^\s;,"]{1,200}))', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))')


class MultipartError(Exception):
    """The body is cut off or no multipart/form-data."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Part:
    """The head of one part; `filename` is None for an ordinary field."""

    name: str
    filename: str | None
    content_type: str


def boundary_of(content_type: str) -> bytes:
    """The boundary named in a Content-Type header. Raises MultipartError."""
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/form-data") or not found:
        raise MultipartError("no multipart/form-data")
    return (found[1] or found[2]).encode("latin-1", "replace")


def read_parts(stream: Readable, boundary: bytes) -> Iterator[tuple[Part, Iterator[bytes]]]:
    """Each part with its content in pieces. Whatever of a content is not taken is passed over.

    Raises MultipartError, at the latest at the end: a body without its last boundary was cut off.
    """
    reader = _Reader(stream, b"\r\n--" + boundary)
    for _ in reader.until_boundary():
        pass  # a preamble means nothing
    for _ in range(MAX_PARTS):
        if reader.at_end():
            return
        part = _read_head(reader.head())
        content = reader.until_boundary()
        yield part, content
        for _ in content:
            pass
    raise MultipartError("too many parts")


def _read_head(head: bytes) -> Part:
    lines = (line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n"))
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    if headers.get("content-transfer-encoding", "binary").lower() not in {"7bit", "8bit", "binary"}:
        raise MultipartError("content in another transfer encoding")
    kind, _, parameters = headers.get("content-disposition", "").partition(";")
    if kind.strip().lower() != "form-data":
        raise MultipartError("a part that is no form data")
    named = {found[1].lower(): _unquote(found) for found in _PARAMETER.finditer(";" + parameters)}
    # filename* is how some HTTP libraries write names outside ASCII (RFC 5987)
    starred = named.get("filename*", "").rpartition("'")[2]
    filename = unquote(starred) if starred else named.get("filename")
    content_type = CONTROL.sub("", headers.get("content-type", ""))
    return Part(named.get("name", ""), filename, content_type)


def _unquote(parameter: re.Match[str]) -> str:
    if parameter[2] is None:
        return parameter[3].strip()
    return re.sub(r"""\\(["\\])""", r"\1", parameter[2])


class _Reader:
    """A window on the stream that finds the next boundary, in pieces of bounded size."""

    def __init__(self, stream: Readable, delimiter: bytes) -> None:
        self._stream = stream
        self._delimiter = delimiter
        self._window = b"\r\n"  # so that a boundary at the very start is found as any other

    def until_boundary(self) -> Iterator[bytes]:
        """The bytes before the next boundary, which is passed over."""
        keep = len(self._delimiter) - 1
        while (at := self._window.find(self._delimiter)) < 0:
            if len(self._window) > keep:
                piece, self._window = self._window[:-keep], self._window[-keep:]
                yield piece
            self._more()
        piece, self._window = self._window[:at], self._window[at + len(self._delimiter) :]
        if piece:
            yield piece

    def at_end(self) -> bool:
        """After a boundary: whether it was the last one. Blanks may follow it."""
        while (line_end := self._window.find(b"\r\n")) < 0 and not self._window.startswith(b"--"):
            self._more()
            if len(self._window) > MAX_HEAD_BYTES:
                raise MultipartError("no line end after a boundary")
        if self._window.startswith(b"--"):
            return True
        if self._window[:line_end].strip(b" \t"):
            raise MultipartError("something stands behind a boundary")
        self._window = self._window[line_end:]
        return False

    def head(self) -> bytes:
        """A part's header lines; what follows is its content."""
        while (end := self._window.find(b"\r\n\r\n")) < 0:
            if len(self._window) > MAX_HEAD_BYTES:
                raise MultipartError("a part's head is too long")
            self._more()
        head = self._window[:end]
        self._window = self._window[end + 4 :]
        return head

    def _more(self) -> None:
        chunk = self._stream.read(CHUNK_BYTES)
        if not chunk:
            raise MultipartError("cut off")
        self._window += chunk
