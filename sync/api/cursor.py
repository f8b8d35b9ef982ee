"""The cursor of a pull: how far one tablet has heard, as a short opaque token. Pure.

A pull with nothing new may cost 400 bytes with all headers, so it is packed: numbers of variable
length, hashes of four bytes, a truncated HMAC, base64url. It holds no name, place or token.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from surveys.entities.mark import Mark

FORMAT = 1  # raised when the packing changes: all older cursors are then unknown
MOST_CHARACTERS = 2000
HASH_BYTES, MAC_BYTES, UUID_BYTES = 4, 9, 16
_AFTER, _WHOLE = 1, 2


@dataclass(frozen=True, slots=True)
class StepsMark:
    """Steps of transactions before `change` are known.

    While they are too many for one page, known are those up to step `step_id` of transaction
    `page_change`; `change` is then what holds after the last page.
    """

    change: int = 0
    page_change: int = 0
    step_id: int = 0


@dataclass(frozen=True, slots=True)
class Cursor:
    """What one tablet knew when it was given this; `issued_at` in seconds since 1970.

    `scope` and `forms` are hashes of what it may see and of the form list it was given.
    """

    device_id: int
    issued_at: int
    scope: bytes
    forms: bytes
    lists: Mapping[int, Mark] = field(default_factory=dict)
    steps: StepsMark = StepsMark()


def write_cursor(cursor: Cursor, key: bytes) -> str:
    """At most 90 characters for one list and nothing left over for a next page."""
    steps = cursor.steps
    numbers = (cursor.device_id, cursor.issued_at, steps.change, steps.page_change, steps.step_id)
    packed = bytearray([FORMAT])
    for number in (*numbers, len(cursor.lists)):
        packed += _pack(number)
    for list_id, mark in cursor.lists.items():
        flags = _AFTER * (mark.after is not None) | _WHOLE * mark.whole
        packed += _pack(list_id) + _pack(mark.revision) + _pack(flags)
        packed += mark.after.bytes if mark.after else b""
    packed += cursor.scope + cursor.forms
    return _as_text(bytes(packed) + _mac(bytes(packed), key))


def read_cursor(text: str, key: bytes) -> Cursor | None:
    """What `write_cursor` wrote with this key; None for anything else."""
    if len(text) > MOST_CHARACTERS:
        return None
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    packed, mac = sealed[:-MAC_BYTES], sealed[-MAC_BYTES:]
    if text != _as_text(sealed):  # the last character has bits that say nothing
        return None
    if not packed or packed[0] != FORMAT or not hmac.compare_digest(mac, _mac(packed, key)):
        return None
    return _unpack(_Reader(packed[1:]))


def _unpack(packed: "_Reader") -> Cursor:
    """Only what carries our seal comes here, so it is as we packed it."""
    device_id, issued_at, change, page_change, step_id, lists = (packed.number() for _ in range(6))
    return Cursor(
        device_id=device_id,
        issued_at=issued_at,
        steps=StepsMark(change, page_change, step_id),
        lists={packed.number(): packed.mark() for _ in range(lists)},
        scope=packed.take(HASH_BYTES),
        forms=packed.take(HASH_BYTES),
    )


class _Reader:
    def __init__(self, packed: bytes) -> None:
        self.packed = packed
        self.at = 0

    def take(self, size: int) -> bytes:
        self.at += size
        return self.packed[self.at - size : self.at]

    def number(self) -> int:
        number, shift = 0, 0
        while True:
            (byte,) = self.take(1)
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    def mark(self) -> Mark:
        revision, flags = self.number(), self.number()
        after = UUID(bytes=self.take(UUID_BYTES)) if flags & _AFTER else None
        return Mark(revision, after, whole=bool(flags & _WHOLE))


def _pack(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the high bit says that more follow."""
    packed = bytearray()
    while number > 0x7F:
        packed.append(number & 0x7F | 0x80)
        number >>= 7
    packed.append(number)
    return bytes(packed)


def _mac(packed: bytes, key: bytes) -> bytes:
    return hmac.digest(key, packed, "sha256")[:MAC_BYTES]


def _as_text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
