"""A request body, inflated within bounds (`sync.md`, conventions). Pure."""

import zlib
from collections.abc import Callable

MAX_INFLATED = 20 * 1024 * 1024  # bytes
MAX_RATIO = 100
SMALL = 64 * 1024  # bytes that may unpack from as little as they like
MAX_MEMBERS = 1000  # gzip files one after another; each costs a copy of what follows
PIECE = 64 * 1024

Read = Callable[[int], bytes]  # as a file's: at most so many bytes, none at the end


class InflateError(Exception):
    """A body that cannot be taken. `code` is that of the Problem to answer with."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def read_whole(read: Read, *, zipped: bool, limit: int = MAX_INFLATED) -> bytes:
    """The body, of at most `limit` bytes and 100 times what was sent.

    Raises InflateError: inflated_too_large; gzip_malformed for bytes cut off or no gzip at all.
    """
    inflate = _Inflater(limit) if zipped else None
    pieces, size = [], 0
    while piece := read(PIECE):
        plain = inflate.take(piece) if inflate else piece
        pieces.append(plain)
        size += len(plain)
        if size > limit:
            raise InflateError("inflated_too_large")
    if inflate:
        inflate.finish()
    return b"".join(pieces)


class _Inflater:
    """gzip of any number of members; never makes more than one byte over the limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = self.made = self.members = 0
        self.stream = zlib.decompressobj(wbits=31)

    def take(self, data: bytes) -> bytes:
        self.taken += len(data)
        if self.taken > self.limit:
            raise InflateError("inflated_too_large")
        made = []
        while data:
            if self.stream.eof:  # another member begins, or the file was padded with zeros
                data = data.lstrip(b"\0")
                if not data:
                    break
                self._next_member()
            made.append(self._step(data))
            data = self.stream.unused_data
        return b"".join(made)

    def _next_member(self) -> None:
        self.members += 1
        if self.members >= MAX_MEMBERS:
            raise InflateError("gzip_malformed")
        self.stream = zlib.decompressobj(wbits=31)

    def _step(self, data: bytes) -> bytes:
        room = max(min(self.limit, max(self.taken * MAX_RATIO, SMALL)) - self.made, 0)
        try:
            plain = self.stream.decompress(data, room + 1)
        except zlib.error as error:
            raise InflateError("gzip_malformed") from error
        self.made += len(plain)
        if len(plain) > room:
            raise InflateError("inflated_too_large")
        return plain

    def finish(self) -> None:
        if not self.stream.eof:
            raise InflateError("gzip_malformed")
