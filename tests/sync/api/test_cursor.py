"""The packed cursor of a pull (sync.md 4)."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.entities.mark import Mark
from sync.api.cursor import Cursor, StepsMark, read_cursor, write_cursor

KEY = b"k" * 32
numbers = st.integers(0, 2**63 - 1)
hashes = st.binary(min_size=4, max_size=4)
marks = st.builds(Mark, numbers, st.none() | st.uuids(), st.booleans())
cursors = st.builds(
    Cursor,
    device_id=numbers,
    issued_at=numbers,
    scope=hashes,
    forms=hashes,
    lists=st.dictionaries(numbers, marks, max_size=5),
    steps=st.builds(StepsMark, numbers, numbers, numbers),
)
AN_ORDINARY_ONE = Cursor(
    device_id=120,
    issued_at=1_790_000_000,
    scope=b"abcd",
    forms=b"efgh",
    lists={1: Mark(1_000_000), 2: Mark(1_000_000)},
    steps=StepsMark(4_000_000_000),
)


@given(cursors)
def test_sync_4_what_is_written_is_read_again(cursor: Cursor) -> None:
    assert read_cursor(write_cursor(cursor, KEY), KEY) == cursor


def test_sync_6_a_cursor_after_millions_of_changes_is_short() -> None:
    assert len(write_cursor(AN_ORDINARY_ONE, KEY)) <= 64


@given(st.integers(min_value=0), st.integers(0, 255))
def test_sync_4_a_changed_cursor_is_unknown(at: int, value: int) -> None:
    text = write_cursor(AN_ORDINARY_ONE, KEY)
    at %= len(text)
    changed = text[:at] + chr(value) + text[at + 1 :]
    assert (read_cursor(changed, KEY) is None) == (changed != text)


@given(st.text(max_size=200))
def test_sync_4_garbage_is_unknown(text: str) -> None:
    assert read_cursor(text, KEY) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=",
        "AQ",
        "A" * 10_000,
        "кыргыз",
        write_cursor(AN_ORDINARY_ONE, b"another key"),
        write_cursor(AN_ORDINARY_ONE, KEY)[:-4],
        write_cursor(AN_ORDINARY_ONE, KEY) + "AAAA",
    ],
)
def test_sync_4_what_this_server_did_not_write_is_unknown(text: str) -> None:
    assert read_cursor(text, KEY) is None


def test_a_cursor_of_many_lists_in_the_midst_of_pages_is_read_again() -> None:
    lists = {at: Mark(at, UUID(int=at), whole=bool(at % 2)) for at in range(40)}
    cursor = Cursor(1, 2, b"abcd", b"efgh", lists, StepsMark(1, 2, 3))
    assert read_cursor(write_cursor(cursor, KEY), KEY) == cursor
