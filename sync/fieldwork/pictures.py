"""Real PNG bytes: a scribble for a signature, grain for a photo that does not compress."""

import struct
import zlib
from random import Random


def signature_png(rng: Random) -> bytes:
    """About 1 KB: a black line that wanders over white."""
    width, height = 240, 80
    rows = [bytearray(b"\xff" * width) for _ in range(height)]
    y = height // 2
    for x in range(10, width - 10):
        y = min(max(y + rng.randint(-3, 3), 2), height - 3)
        for thick in (-1, 0, 1):
            rows[y + thick][x] = 0
    return _png(width, height, b"".join(b"\0" + bytes(row) for row in rows))


def photo_png(rng: Random, size: int) -> bytes:
    """About `size` bytes that no two photos share."""
    width = 512
    height = max(size // (width + 1), 1)
    return _png(width, height, b"".join(b"\0" + rng.randbytes(width) for _ in range(height)))


def _png(width: int, height: int, scanlines: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(scanlines, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
