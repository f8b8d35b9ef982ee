import re
import struct
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from surveys.xforms.findings import WorkbookError
from surveys.xforms.schema import read_schema
from surveys.xforms.workbook import MAX_ENTRIES, MAX_PACKED_MB, workbook_kind
from surveys.xforms.xlsform import xlsform_to_xform
from tests.old_workbook import encrypted_xlsx, old_xls
from tests.xlsforms import workbook, xlsx

TABLE = """
| survey |      |      |       |
|        | type | name | label |
|        | text | a    | A     |
"""
BOOK = workbook(TABLE)


def archive(**parts: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def refusal(content: bytes) -> WorkbookError:
    with pytest.raises(WorkbookError) as caught:
        workbook_kind(content)
    return caught.value


def test_workbook_is_known_by_its_content() -> None:
    assert workbook_kind(BOOK) == ".xlsx"
    assert workbook_kind(old_xls({"survey": [["type"]]})) == ".xls"
    assert workbook_kind(old_xls({"survey": [["type"]]}, in_container=False)) == ".xls"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"survey,type,name\n,text,a\n", "CSV"),
        ("тип;имя\nтекст;а\n".encode("cp1251"), "CSV"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html></html>", "web page"),
        (b"<html xmlns:x='urn:schemas-microsoft-com:office:excel'>", "web page"),
        (b"<?xml version='1.0'?><Workbook/>", "XML"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "picture"),
        (b"%PDF-1.7", "PDF"),
        (encrypted_xlsx(), "password"),
        (archive(**{"xl/workbook.xml": b"", "xl/vbaProject.bin": b""}), "macros"),
        (BOOK[: len(BOOK) // 2], "cut off"),
        (BOOK[:4], "cut off"),
        (archive(a=b"x"), "no workbook"),
        (archive(word__document_xml=b"", **{"word/document.xml": b""}), "Word"),
        (archive(**{"xl/workbook.bin": b""}), "xlsb"),
        (archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument"),
    ],
)
def test_what_is_no_workbook_is_refused_in_plain_words(content: bytes, words: str) -> None:
    error = refusal(content)

    assert error.code == "workbook_unreadable"
    assert words in str(error.details["reason"])


def test_word_document_in_an_ole2_container_is_named() -> None:
    container = encrypted_xlsx().replace(
        "EncryptedPackage".encode("utf-16-le"), "WordDocument\0\0\0\0".encode("utf-16-le")
    )

    assert "Word" in str(refusal(container).details["reason"])


def test_old_workbook_with_macros_is_refused() -> None:
    container = encrypted_xlsx().replace(
        "EncryptedPackage".encode("utf-16-le"), "_VBA_PROJECT\0\0\0\0".encode("utf-16-le")
    )

    assert "macros" in str(refusal(container).details["reason"])


def test_damaged_part_is_refused() -> None:
    """One byte of the compressed survey sheet changed: the checksum no longer fits."""
    at = BOOK.index(b"xl/worksheets/sheet1.xml") + 60
    damaged = BOOK[:at] + bytes([BOOK[at] ^ 0xFF]) + BOOK[at + 1 :]

    assert refusal(damaged).code == "workbook_unreadable"


@pytest.mark.parametrize("zeros", [100 * 1024 * 1024, 3 * 1024 * 1024])
def test_bomb_is_refused_before_it_is_unpacked(zeros: int) -> None:
    """Over the size, or dense beyond any workbook."""
    bomb = archive(**{"xl/workbook.xml": bytes(zeros)})

    assert len(bomb) < 200_000
    assert refusal(bomb).code == "workbook_too_large"


def test_bomb_that_lies_about_its_size_unpacks_no_further_than_it_says() -> None:
    bomb = archive(**{"xl/workbook.xml": bytes(30 * 1024 * 1024)})
    told = struct.pack("<I", 30 * 1024 * 1024)

    assert refusal(bomb.replace(told, struct.pack("<I", 1000))).code == "workbook_unreadable"


def test_workbook_of_very_many_parts_is_refused() -> None:
    parts = {f"part{number}": b"" for number in range(MAX_ENTRIES + 1)}

    assert refusal(archive(**parts)).code == "workbook_too_large"


def test_file_larger_than_any_form_is_refused() -> None:
    assert refusal(b"PK" + bytes(MAX_PACKED_MB * 1024 * 1024)).code == "workbook_too_large"


@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
def test_workbook_whose_xml_declares_entities_is_refused(coding: str) -> None:
    xml = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'.encode(coding)

    assert "XML" in str(refusal(archive(**{"xl/workbook.xml": xml})).details["reason"])


def test_many_equal_rows_are_no_bomb() -> None:
    """Excel packs a long list of choices well, and that is no attack."""
    rows = [["list_name", "name", "label"]] + [["place", f"p{n}", "Село"] for n in range(5000)]

    assert workbook_kind(xlsx({"choices": rows})) == ".xlsx"


def test_no_row_is_lost_to_a_sheet_that_says_it_is_smaller() -> None:
    content = Path("data/forms/service.xlsx").read_bytes()
    belittled = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as found, zipfile.ZipFile(belittled, "w") as made:
        for name in found.namelist():
            smaller = rb'<dimension ref="A1:W5"/>'
            made.writestr(name, re.sub(rb"<dimension[^>]*/>", smaller, found.read(name)))
    assert b'ref="A1:W5"' in belittled.getvalue()

    schema = read_schema(xlsform_to_xform(belittled.getvalue()).xform)

    assert schema == read_schema(xlsform_to_xform(content).xform)
