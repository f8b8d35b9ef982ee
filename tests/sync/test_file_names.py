"""An attachment's name is that of the record's XML, whatever a client made of it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.file_names import clean_name


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\fakepath\\a.jpg", "a.jpg"),
        ("/a.jpg", "a.jpg"),
        ("..", "unnamed"),
        ("a/", "unnamed"),
        ("", "unnamed"),
        ("\0", "unnamed"),
        ("a\0b\r\n.jpg", "ab.jpg"),
        ("%22a%22.jpg", '"a".jpg'),
        ("a b & c.jpg", "a b & c.jpg"),
        (unicodedata.normalize("NFD", "Ёлка.jpg"), unicodedata.normalize("NFC", "Ёлка.jpg")),
        ("x" * 300 + ".jpg", "x" * 300 + ".jpg"),
        ("x" * 2000, "x" * 1000),
    ],
)
def test_S12_a_clean_name_is_that_of_the_record(sent: str, name: str) -> None:
    assert clean_name(sent) == name


@given(st.text())
def test_a_clean_name_stays_what_it_is(name: str) -> None:
    clean = clean_name(name)

    assert clean_name(clean) == clean or "%22" in name
    assert "/" not in clean
    assert "\0" not in clean
    assert clean not in {"", ".", ".."}
