"""Digest by itself: RFC 7616 and 2617, nonces that are signed and not stored."""

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.digest import (
    NONCE_SECONDS,
    Digest,
    challenge,
    hash_password,
    is_fresh,
    make_nonce,
    read_digest,
)

SECRET, NOW = "s" * 32, 1_700_000_000.0
HEADER = (
    'username="tablet7", realm="oila", nonce="n", uri="/openrosa/formList?deviceID=collect%3Aa", '
    'qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", '
    'algorithm=MD5'
)  # fmt: skip


def test_A3_the_arithmetic_is_that_of_rfc_2617() -> None:
    sent = Digest(
        user_name="Mufasa",
        nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
        uri="/dir/index.html",
        count="00000001",
        client_nonce="0a4f113b",
        response="6629fae49393a05397450978507c4ef1",
    )
    ha1 = "939e7578ed9e3c518a452acee763bce9"

    assert sent.proves(ha1, "GET")
    assert not sent.proves(ha1, "POST")
    assert not sent.proves(hash_password("Mufasa", "Circle Of Life"), "GET")


@pytest.mark.parametrize(
    "header",
    [
        HEADER,
        HEADER.replace("qop=auth", 'qop="auth"').replace("nc=00000001", "nc=0000000F"),
        HEADER.replace(", ", ","),
        HEADER.replace("username", "Username").replace(", algorithm=MD5", ""),
        HEADER + ', opaque="x, y=\\"z\\""',
    ],
)
def test_A3_headers_are_read_as_clients_spell_them(header: str) -> None:
    sent = read_digest(header)

    assert sent is not None
    assert (sent.user_name, sent.client_nonce) == ("tablet7", "0a4f113b")
    assert sent.uri == "/openrosa/formList?deviceID=collect%3Aa"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "username=x",
        HEADER.replace('realm="oila"', 'realm="other"'),
        HEADER.replace("qop=auth, ", ""),
        HEADER.replace("qop=auth", "qop=auth-int"),
        HEADER.replace("algorithm=MD5", "algorithm=SHA-256"),
        HEADER.replace("nc=00000001", "nc=1"),
        HEADER.replace('cnonce="0a4f113b"', 'cnonce=""'),
        HEADER.replace('username="tablet7"', "username*=UTF-8''tablet7"),
    ],
)
def test_A3_what_is_not_ours_is_none(header: str) -> None:
    assert read_digest(header) is None


@given(st.text())
def test_A3_no_header_breaks_the_reader(text: str) -> None:
    read_digest(text)
    is_fresh(text, SECRET, NOW)


@given(st.text(alphabet=string.printable.replace('"', "").replace("\\", ""), min_size=1))
def test_A3_a_name_is_read_as_it_was_written(name: str) -> None:
    sent = read_digest(HEADER.replace("tablet7", name))

    assert sent is not None
    assert sent.user_name == name


@pytest.mark.parametrize(
    ("path", "query", "same"),
    [
        ("/openrosa/formList", "deviceID=collect%3Aa", True),
        ("/openrosa/formList", "deviceID=collect:a", False),
        ("/openrosa/formList", "", False),
        ("/openrosa/submission", "deviceID=collect%3Aa", False),
    ],
)
def test_A3_it_is_for_one_address_only(path: str, query: str, same: bool) -> None:
    sent = read_digest(HEADER)

    assert sent is not None
    assert sent.is_for(path, query) is same


def test_A3_a_path_is_compared_decoded() -> None:
    sent = read_digest(HEADER.replace("/openrosa/formList", "/xforms/1/media/%D2%A3.png"))

    assert sent is not None
    assert sent.is_for("/xforms/1/media/ң.png", "deviceID=collect%3Aa")


@pytest.mark.parametrize(
    ("uri", "same"),
    [
        ("//formList", True),
        ("/formList", True),
        ("http://10.0.0.5:8000//formList", True),
        ("HTTPS://host/formList", True),
        ("//host/formList", False),
        ("http://[", False),
        ("http://", False),
        ("*", False),
    ],
)
def test_A3_a_slash_too_many_and_any_garbage_are_borne(uri: str, same: bool) -> None:
    sent = read_digest(HEADER.replace("/openrosa/formList?deviceID=collect%3Aa", uri))

    assert sent is not None
    assert sent.is_for("//formList", "") is same


def test_A3_a_nonce_is_good_for_five_minutes_and_only_if_we_gave_it() -> None:
    nonce = make_nonce(SECRET, NOW)

    assert is_fresh(nonce, SECRET, NOW + NONCE_SECONDS)
    assert not is_fresh(nonce, SECRET, NOW + NONCE_SECONDS + 1)
    assert not is_fresh(nonce, "t" * 32, NOW)
    assert not is_fresh("f" + nonce, SECRET, NOW)
    assert nonce != make_nonce(SECRET, NOW)


def test_A3_the_challenge_says_what_it_takes() -> None:
    assert challenge(SECRET, NOW).startswith('Digest realm="oila", qop="auth", algorithm=MD5')
    assert challenge(SECRET, NOW, stale=True).endswith(", stale=true")


def test_A3_each_use_of_a_nonce_is_another() -> None:
    first = read_digest(HEADER)
    second = read_digest(HEADER.replace("00000001", "00000002"))

    assert first is not None
    assert second is not None
    assert first.use != second.use


@pytest.mark.parametrize("piece", ["a", 'a="', '\\"', "a ", "a,", "=", "nc=00000001,"])
def test_A3_no_header_takes_longer_than_its_length(piece: str) -> None:
    """Anybody may send one, and a header may hold sixty thousand characters."""
    began = time.process_time()

    for length in (3_900, 60_000):
        read_digest((piece * 60_000)[:length])

    assert time.process_time() - began < 0.3
