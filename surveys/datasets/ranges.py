"""Which bytes of a file a client asks for, to go on with a download that broke off. Pure.

RFC 9110, section 14: one range is honored; several, or a unit other than bytes, give the whole.
"""

import re
from dataclasses import dataclass

ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


class Unsatisfiable(Exception):
    """The range begins behind the end of the file."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    first: int
    last: int  # that byte included

    @property
    def length(self) -> int:
        return self.last - self.first + 1


def byte_range(header: str, size: int) -> ByteRange | None:
    """The bytes asked for of a file of this size; None for the whole. Raises `Unsatisfiable`."""
    found = ONE_RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:  # the last so many
        if not int(last) or not size:
            raise Unsatisfiable
        return ByteRange(max(size - int(last), 0), size - 1)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise Unsatisfiable
    return ByteRange(int(first), min(int(last or size), size - 1))
