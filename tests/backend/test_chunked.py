"""Bodies without Content-Length become readable (openrosa.md S16)."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.chunked import with_chunked_bodies


def echo(environ, start_response):
    start_response("200 OK", [])
    length = int(environ.get("CONTENT_LENGTH", -1))
    return [str(length).encode(), b" ", environ["wsgi.input"].read()]


def call(body: bytes, *, limit: int = 100, **environ: str) -> tuple[str, bytes]:
    statuses = []
    app = with_chunked_bodies(echo, limit=limit)
    answer = b"".join(
        app(
            {"wsgi.input": BytesIO(body), **environ},
            lambda status, _headers: statuses.append(status),
        )
    )
    return statuses[0], answer


@given(st.binary(max_size=100))
def test_a_chunked_body_arrives_whole_with_its_length(body):
    status, answer = call(body, HTTP_TRANSFER_ENCODING="Chunked")
    assert status == "200 OK"
    assert answer == str(len(body)).encode() + b" " + body


def test_a_body_with_a_length_is_left_alone():
    assert call(b"abc", CONTENT_LENGTH="3") == ("200 OK", b"3 abc")


@pytest.mark.parametrize(("size", "status"), [(100, "200"), (101, "413")])
def test_a_chunked_body_beyond_the_limit_is_refused(size, status):
    got, answer = call(b"x" * size, HTTP_TRANSFER_ENCODING="chunked")
    assert got.startswith(status)
    assert (b'"code": "body_too_large"' in answer) == (status == "413")
