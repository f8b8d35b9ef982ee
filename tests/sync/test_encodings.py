"""Accept-Encoding and Content-Type as clients and proxies write them."""

import pytest

from sync.encodings import media_type, takes


@pytest.mark.parametrize(
    "accepted", ["gzip", "br, gzip", "GZIP", "gzip;q=0.5", "deflate , gzip ; q=1", "br;q=0,gzip"]
)
def test_D7_a_coding_that_is_named_is_taken(accepted: str) -> None:
    assert takes(accepted, "gzip")


@pytest.mark.parametrize(
    "accepted", ["", "identity", "gzip;q=0", "gzip; q=0.000", "GZIP ;Q=0.", "x-gzip", "gzipped"]
)
def test_D7_a_coding_that_is_refused_or_not_named_is_not_taken(accepted: str) -> None:
    assert not takes(accepted, "gzip")


@pytest.mark.parametrize(
    "sent", ["application/json", "Application/JSON; charset=utf-8", " application/json ;x"]
)
def test_a_media_type_is_the_same_in_any_case_and_with_any_parameter(sent: str) -> None:
    assert media_type(sent) == "application/json"
