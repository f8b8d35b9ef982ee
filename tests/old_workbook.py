"""A real old .xls (Excel 5/95, BIFF5), written record by record: no library of ours writes them."""

import struct
from collections.abc import Iterator

from tests.xlsforms import Sheets

_BOF, _EOF, _BOUNDSHEET, _LABEL, _CODEPAGE = 0x0809, 0x0A, 0x85, 0x0204, 0x42
_GLOBALS, _WORKSHEET, _BIFF5 = 0x0005, 0x0010, 0x0500


def old_xls(sheets: Sheets, *, in_container: bool = True) -> bytes:
    """The workbook as bytes; in its OLE2 container as Excel saved it, or the bare stream."""
    stream = _stream(sheets)
    return _container("Book", stream) if in_container else stream


def encrypted_xlsx() -> bytes:
    """What Office writes for a workbook with a password: an OLE2 container around ciphertext."""
    return _container("EncryptedPackage", bytes(range(256)) * 32)


def _stream(sheets: Sheets) -> bytes:
    bodies = [_worksheet(rows) for rows in sheets.values()]
    names = [name.encode("cp1251") for name in sheets]
    start = len(_bof(_GLOBALS) + _record(_CODEPAGE, b"\0\0") + _record(_EOF, b""))
    start += sum(len(_record(_BOUNDSHEET, b"\0" * 7 + name)) for name in names)
    bounds = b""
    for name, body in zip(names, bodies, strict=True):
        bounds += _record(_BOUNDSHEET, struct.pack("<IHB", start, 0, len(name)) + name)
        start += len(body)
    codepage = _record(_CODEPAGE, struct.pack("<H", 1251))
    return _bof(_GLOBALS) + codepage + bounds + _record(_EOF, b"") + b"".join(bodies)


def _worksheet(rows: list[list[str]]) -> bytes:
    return _bof(_WORKSHEET) + b"".join(_cells(rows)) + _record(_EOF, b"")


def _cells(rows: list[list[str]]) -> Iterator[bytes]:
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if cell:
                text = cell.encode("cp1251")
                yield _record(_LABEL, struct.pack("<HHHH", row, column, 0, len(text)) + text)


def _bof(kind: int) -> bytes:
    return _record(_BOF, struct.pack("<HHHH", _BIFF5, kind, 0x0DBB, 1996))


def _record(code: int, data: bytes) -> bytes:
    return struct.pack("<HH", code, len(data)) + data


# --- OLE2: header, one allocation sector, one directory sector, then the stream -------------------

_SECTOR = 512
_END, _TABLE, _FREE = 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


def _container(name: str, stream: bytes) -> bytes:
    size = max(len(stream), 4096)  # shorter streams would live in a stream of small sectors
    count = -(-size // _SECTOR)
    chain = [_TABLE, _END, *range(3, 2 + count), _END]
    table = chain + [_FREE] * (_SECTOR // 4 - len(chain))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<109I", 0, *[_FREE] * 108)
    directory = _entry("Root Entry", 5, child=1, start=_END, size=0)
    directory += _entry(name, 2, child=_FREE, start=2, size=size)
    body = stream.ljust(count * _SECTOR, b"\0")
    return header + struct.pack("<128I", *table) + directory.ljust(_SECTOR, b"\0") + body


def _entry(name: str, kind: int, *, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
    links = struct.pack("<III", _FREE, _FREE, child)
    return head + links + b"\0" * 36 + struct.pack("<IQ", start, size)
