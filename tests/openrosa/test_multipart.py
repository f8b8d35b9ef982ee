"""The multipart reader: the same parts as sent, however the stream is cut."""

import io

import pytest
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser
from hypothesis import given
from hypothesis import strategies as st

from sync.openrosa.multipart import (
    MultipartError,
    boundary_of,
    read_parts,
)
from tests.device import multipart

NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='\\"/%&;'), min_size=1
).filter(lambda name: name == name.strip() and name not in {".", ".."})
CONTENTS = st.binary(max_size=400) | st.sampled_from(
    [b"", b"\r\n", b"--", b"\r\n--", b"--b", b"\r\n--x", b"\n--b--", b"\r\n--B", b"\r"]
)


class Trickle(io.BytesIO):
    """A stream that gives no more than a few bytes at once, as a slow link does."""

    def __init__(self, body: bytes, most: int) -> None:
        super().__init__(body)
        self.most = most

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size, self.most) if size and size > 0 else self.most)


def parts_of(
    body: bytes, boundary: bytes, most: int = 10**9
) -> list[tuple[str, str | None, str, bytes]]:
    return [
        (part.name, part.filename, part.content_type, b"".join(content))
        for part, content in read_parts(Trickle(body, most), boundary)
    ]


@given(
    st.lists(st.tuples(NAMES, NAMES | st.none(), st.just("text/x"), CONTENTS), max_size=5),
    st.integers(min_value=1, max_value=100),
)
def test_parts_come_out_as_they_went_in(
    sent: list[tuple[str, str | None, str, bytes]], most: int
) -> None:
    body, content_type = multipart(sent, boundary="b")
    assert parts_of(body, boundary_of(content_type), most) == sent


PLAIN = st.text(st.characters(categories=["L", "N"], max_codepoint=0x24F), min_size=1)


@given(st.lists(st.tuples(PLAIN, PLAIN, st.just("image/jpeg"), CONTENTS), min_size=1, max_size=4))
def test_files_are_those_that_django_reads(sent: list[tuple[str, str, str, bytes]]) -> None:
    body, content_type = multipart(sent)
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))}

    ours = [content for _, _, _, content in parts_of(body, boundary_of(content_type))]
    _, files = MultiPartParser(meta, io.BytesIO(body), [InMemory()]).parse()
    theirs = [file.read() for _, listed in files.lists() for file in listed]

    assert sorted(ours) == sorted(theirs)


class InMemory(MemoryFileUploadHandler):
    def handle_raw_input(self, *_: object, **__: object) -> None:
        self.activated = True


@pytest.mark.parametrize("most", [1, 2, 7, 1000])
def test_a_content_may_be_left_unread(most: int) -> None:
    body, _ = multipart([("a", None, "", b"x" * 500), ("b", None, "", b"")], boundary="b")

    names = [part.name for part, _ in read_parts(Trickle(body, most), b"b")]

    assert names == ["a", "b"]


@given(st.integers(min_value=0, max_value=300))
def test_a_body_cut_anywhere_is_refused(cut: int) -> None:
    body, _ = multipart([("a", "a.jpg", "image/jpeg", b"x" * 100)], boundary="b")
    whole = len(body) - len(b"--\r\n")
    with pytest.raises(MultipartError):
        parts_of(body[: min(cut, whole)], b"b")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no multipart",
        b"--other\r\n\r\n",
        b"--b",
        b"--b\r\n",
        b"--b junk\r\nContent-Disposition: form-data\r\n\r\n\r\n--b--",
        b"--b\r\nContent-Type: text/xml\r\n\r\n<d/>\r\n--b--\r\n",
        b"--b\r\nContent-Disposition: attachment\r\n\r\n\r\n--b--",
        b"--b\r\nContent-Disposition: form-data; name=a\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\neA==\r\n--b--",
        b"--b\r\nX: " + b"x" * 40_000 + b"\r\n\r\n\r\n--b--",
        b"--b" + b" " * 40_000 + b"\r\n\r\n\r\n--b--",
    ],
)  # fmt: skip
def test_what_is_no_form_data_is_refused(body: bytes) -> None:
    with pytest.raises(MultipartError):
        parts_of(body, b"b")


def test_a_preamble_an_epilogue_and_blanks_behind_a_boundary_mean_nothing() -> None:
    part = b'\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
    body = b"preamble\r\n--b \t" + part + b"--b--\r\nepilogue"

    assert parts_of(body, b"b") == [("a", None, "", b"x")]


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ('multipart/form-data; boundary="a b"', b"a b"),
        ("Multipart/Form-Data; charset=utf-8; Boundary=abc", b"abc"),
    ],
)
def test_boundary_is_found(content_type: str, boundary: bytes) -> None:
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize(
    "content_type", ["", "text/xml", "multipart/form-data", "multipart/mixed; boundary=a"]
)
def test_another_content_type_is_refused(content_type: str) -> None:
    with pytest.raises(MultipartError):
        boundary_of(content_type)


@pytest.mark.parametrize(
    ("disposition", "filename"),
    [
        ('name="a"', None),
        ('name="a"; filename=""', ""),
        ('name="a"; filename="b c;d.jpg"', "b c;d.jpg"),
        ("name=a; filename=b.jpg", "b.jpg"),
        (r'name="a"; filename="b\"c\\d"', r'b"c\d'),
        ("name=\"a\"; filename*=UTF-8''%D1%84.jpg", "ф.jpg"),
        ('name="a"; filename="&amp;.jpg"', "&amp;.jpg"),
    ],
)
def test_S12_file_names_are_read_raw(disposition: str, filename: str | None) -> None:
    body = f"--b\r\ncontent-disposition: form-data; {disposition}\r\n\r\n\r\n--b--".encode()
    assert parts_of(body, b"b") == [("a", filename, "", b"")]
