"""What kind of file an upload is, by its content, and whether it is safe to open. Pure."""

import re
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO

from backend.said import Said
from surveys.xforms.findings import WorkbookError

MAX_PACKED_MB = 20
MAX_UNPACKED_MB = 40
MAX_RATIO = 200  # real workbooks pack 5 to 15 times; a bomb thousands of times
MAX_ENTRIES = 2000
_RATIO_MATTERS_FROM = 1024 * 1024  # a small file of blanks harms nobody
_CHUNK = 1024 * 1024

_OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")
_RAW_BIFF = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")  # BOF records of Excel 2 to 95

Kinds = tuple[tuple[str, Said | None], ...]
# What stands inside an OLE2 container or a zip, and what that makes it.
_OLE2_KINDS: Kinds = (
    ("_VBA_PROJECT", Said("The workbook holds macros. Save it as .xlsx and upload again.")),
    (
        "EncryptedPackage",
        Said("The workbook is protected by a password. Remove it and upload again."),
    ),
    ("Workbook", None),
    ("Book", None),
    ("WordDocument", Said("This is a Word document, not a workbook.")),
)
_ZIP_KINDS: Kinds = (
    (
        "xl/vbaProject.bin",
        Said("The workbook holds macros (.xlsm). Save it as .xlsx and upload again."),
    ),
    ("xl/workbook.xml", None),
    (
        "xl/workbook.bin",
        Said("This is a binary workbook (.xlsb). Save it as .xlsx and upload again."),
    ),
    ("word/document.xml", Said("This is a Word document, not a workbook.")),
    ("mimetype", Said("This is an OpenDocument file. Save it as .xlsx and upload again.")),
)


def workbook_kind(content: bytes) -> str:
    """`.xlsx` or `.xls`, whatever the file is called.

    Raises `WorkbookError`: workbook_unreadable with the reason in plain words, workbook_too_large.
    """
    if not content.strip():
        raise _unreadable(Said("The file is empty."))
    if len(content) > MAX_PACKED_MB * 1024 * 1024:
        raise _too_large()
    if content.startswith(b"PK"):
        _check_zip(content)
        return ".xlsx"
    if content.startswith(_OLE2):
        _check_names(_OLE2_KINDS, lambda name: name.encode("utf-16-le") in content)
        return ".xls"
    if content.startswith(_RAW_BIFF):
        return ".xls"
    raise _unreadable(_say_what_it_is(content))


_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\b[^>]*/>")


def without_dimensions(xlsx: bytes) -> bytes:
    """The workbook without its sheets' own word of how large they are.

    Some programs write it wrong, and a reader that believes it loses rows without a sign.
    """
    rewritten = BytesIO()
    with zipfile.ZipFile(BytesIO(xlsx)) as archive, zipfile.ZipFile(rewritten, "w") as copy:
        for entry in archive.infolist():
            part = archive.read(entry)
            if entry.filename.startswith("xl/worksheets/"):
                part = _DIMENSION.sub(b"", part, count=1)
            copy.writestr(entry.filename, part)
    return rewritten.getvalue()


_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)


def _check_zip(content: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            _check_sizes(archive, len(content))
            names = set(archive.namelist())
            _check_names(_ZIP_KINDS, names.__contains__)
            _check_parts(archive)
    except _DAMAGED as error:
        raise _unreadable(
            Said("The file is cut off or damaged. Copy it again from where it came and upload it.")
        ) from error
    except RuntimeError as error:  # zipfile's word for an encrypted entry
        raise _unreadable(Said("The file is protected by a password.")) from error


def _check_sizes(archive: zipfile.ZipFile, packed: int) -> None:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    too_dense = unpacked > _RATIO_MATTERS_FROM and unpacked > packed * MAX_RATIO
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED_MB * 1024 * 1024 or too_dense:
        raise _too_large()


def _check_parts(archive: zipfile.ZipFile) -> None:
    """Unpacks every part once: a lying size fails its checksum; no XML may declare entities."""
    for entry in archive.infolist():
        with archive.open(entry) as part:
            head = part.read(_CHUNK)
            while part.read(_CHUNK):
                pass
        if entry.filename.endswith((".xml", ".rels")) and _declares_entities(head):
            raise _unreadable(Said("The workbook holds XML that no spreadsheet program writes."))


def _declares_entities(xml: bytes) -> bool:
    return any("<!DOCTYPE".encode(coding) in xml for coding in ("utf-8", "utf-16-le", "utf-16-be"))


def _check_names(kinds: Kinds, holds: Callable[[str], bool]) -> None:
    words = next((words for name, words in kinds if holds(name)), Said("This is no workbook."))
    if words:
        raise _unreadable(words)


_BINARY_KINDS = (
    (b"\x89PNG", Said("a picture")),
    (b"\xff\xd8\xff", Said("a picture")),
    (b"GIF8", Said("a picture")),
    (b"BM", Said("a picture")),
    (b"RIFF", Said("a picture or recording")),
    (b"%PDF", Said("a PDF document")),
    (b"Rar!", Said("a RAR archive")),
    (b"7z\xbc\xaf", Said("a 7-Zip archive")),
    (b"\x1f\x8b", Said("a gzip archive")),
)


def _say_what_it_is(content: bytes) -> Said:
    kind = next((kind for magic, kind in _BINARY_KINDS if content.startswith(magic)), None)
    if kind:
        return Said("This is {kind}, not a workbook, whatever its name says.", kind=kind)
    return _say_what_text_it_is(content)


def _say_what_text_it_is(content: bytes) -> Said:
    start = content[:2000].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return Said("This is a web page saved under the name of a workbook. Export it as .xlsx.")
    if start.startswith(b"<?xml"):
        return Said("This is an XML file, not a workbook. Save it as .xlsx and upload again.")
    if b"\0" not in start and any(mark in start for mark in b",;\t|"):
        return Said("This is a text file (CSV), not a workbook. Save it as .xlsx and upload again.")
    return Said("This is no workbook. Save the form as .xlsx and upload again.")


def _too_large() -> WorkbookError:
    return WorkbookError("workbook_too_large", limit_mb=MAX_UNPACKED_MB, ratio=MAX_RATIO)


def _unreadable(reason: Said) -> WorkbookError:
    return WorkbookError("workbook_unreadable", reason=reason)
