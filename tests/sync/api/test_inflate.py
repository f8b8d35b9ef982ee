"""The bounded inflate: what real bodies and bombs do to it."""

import gzip
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.api.inflate import InflateError, read_whole

MB = 1024 * 1024


def read(body: bytes, *, zipped: bool = True, limit: int = 20 * MB) -> bytes:
    return read_whole(io.BytesIO(body).read, zipped=zipped, limit=limit)


def code(body: bytes, **options: int) -> str:
    with pytest.raises(InflateError) as caught:
        read(body, **options)
    return caught.value.code


@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=5))
def test_what_was_zipped_comes_out_whatever_its_members(parts: list[bytes]) -> None:
    assert read(b"".join(gzip.compress(part) for part in parts)) == b"".join(parts)


def test_a_body_that_is_not_zipped_is_taken_as_it_is() -> None:
    assert read(b"plain", zipped=False) == b"plain"


def test_zeros_after_the_last_member_mean_nothing() -> None:
    assert read(gzip.compress(b"x") + b"\0" * 512) == b"x"


@pytest.mark.parametrize("body", [b"", b"not gzip", zlib.compress(b"zlib"), b"\x1f\x8b"])
def test_what_is_no_gzip_is_refused(body: bytes) -> None:
    assert code(body) == "gzip_malformed"


@given(st.binary(min_size=1, max_size=2000), st.data())
def test_a_body_cut_anywhere_is_refused(content: bytes, data: st.DataObject) -> None:
    whole = gzip.compress(content)
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert code(whole[:cut]) == "gzip_malformed"


def test_rubbish_after_a_member_is_refused() -> None:
    assert code(gzip.compress(b"x") + b"rubbish") == "gzip_malformed"


@pytest.mark.parametrize("size", [7 * MB, 25 * MB, 200 * MB])
def test_a_bomb_is_stopped_by_its_ratio(size: int) -> None:
    assert code(gzip.compress(b"\0" * size)) == "inflated_too_large"


def test_a_bomb_of_bombs_is_no_more_than_one() -> None:
    assert code(gzip.compress(b"\0" * MB) * 30) == "inflated_too_large"


def test_a_thousand_empty_members_are_no_body() -> None:
    assert code(gzip.compress(b"") * 5000) == "gzip_malformed"


@pytest.mark.parametrize("zipped", [True, False])
def test_more_than_the_limit_is_refused_however_well_it_compresses(zipped: bool) -> None:
    content = bytes(i * 7919 % 251 for i in range(3000))
    body = gzip.compress(content) if zipped else content
    assert code(body, zipped=zipped, limit=2999) == "inflated_too_large"
    assert read(body, zipped=zipped, limit=3000) == content


def test_a_small_body_may_unpack_from_as_little_as_it_likes() -> None:
    assert read(gzip.compress(b"a" * 60_000)) == b"a" * 60_000
