"""The shelf of lists made once."""

from surveys.entities.shelf import Shelf


def test_what_was_longest_unused_makes_room() -> None:
    shelf = Shelf(most_bytes=10)
    shelf.put("a", b"1234")
    shelf.put("b", b"1234")
    assert shelf.get("a") == b"1234"
    shelf.put("c", b"1234")
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (b"1234", None, b"1234")
    assert shelf.held_bytes == 8


def test_what_alone_is_too_large_is_given_back_and_not_kept() -> None:
    shelf = Shelf(most_bytes=10)
    shelf.put("a", b"1")
    assert shelf.put("b", b"1" * 11) == b"1" * 11
    assert (shelf.get("a"), shelf.get("b")) == (b"1", None)


def test_same_token_twice_is_counted_once() -> None:
    shelf = Shelf(most_bytes=10)
    assert shelf.put("a", b"12") == shelf.put("a", b"12")
    assert shelf.held_bytes == 2
