"""A push is cut into items that cannot spoil each other."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.api.envelope import EnvelopeError, read_envelope, read_members
from sync.api.items import read_item

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=6), JSON, st.booleans())
def test_items_are_the_bytes_that_came(items: list[Any], health: Any, pretty: bool) -> None:
    body = json.dumps({"items": items, "health": health}, indent=2 if pretty else None).encode()
    envelope = read_envelope(body)
    assert [json.loads(item) for item in envelope.items] == items
    assert all(item.strip() in body for item in envelope.items)
    assert envelope.health == health


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\ab1 ', max_size=60).map(str.encode))
def test_rubbish_is_an_error_or_an_envelope_and_nothing_else(body: bytes) -> None:
    try:
        envelope = read_envelope(body)
    except EnvelopeError:
        return
    for index, raw in enumerate(envelope.items):
        read_item(raw, index)


@given(JSON)
def test_an_item_of_any_json_is_read_without_an_exception(value: Any) -> None:
    item = read_item(json.dumps(value).encode(), 3)
    assert item.fault or item.instance is not None or item.answers is not None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"7", b'"items"', b"{", b'{"items": [', b'{"items": [{}',
        b'{"items": {}}', b'{"items": 1}', b'{"items": []} {}', b'{"items": []', b'{"items" []}',
        b'{"items": [], "items": []}', b"{,}", b'{"a": 1,}',
    ],
)  # fmt: skip
def test_a_broken_envelope_is_refused(body: bytes) -> None:
    with pytest.raises(EnvelopeError):
        read_envelope(body)


@pytest.mark.parametrize(
    "broken",
    [b"{NaN}", b'{"instance": NaN}', b'{"answers": Infinity}', b"{'a': 1}", b'{"a": tru}', b"",
     b'{"instance": "\\ud800"}', b'{"instance": "\xff"}', b"[" * 3000 + b"]" * 3000,
     b'{"answers": ' + b'{"a":' * 3000 + b"1" + b"}" * 3001],
)  # fmt: skip
def test_one_broken_item_leaves_the_others_whole(broken: bytes) -> None:
    good = b'{"key": "k", "instance": "<a/>"}'
    envelope = read_envelope(b'{"items": [' + good + b"," + broken + b", " + good + b"]}")
    items = [read_item(raw, index) for index, raw in enumerate(envelope.items)]
    assert [item.fault != "" for item in items] == [False, True, False]
    assert items[2].instance == b"<a/>"


def test_brackets_commas_and_quotes_in_text_cut_nothing() -> None:
    words = 'a "quoted" [list], {object} \\ and \\" more'
    body = json.dumps({"items": [{"instance": words}, {"key": words, "instance": "x"}]}).encode()
    items = [read_item(raw, i) for i, raw in enumerate(read_envelope(body).items)]
    assert items[0].instance == words.encode()
    assert items[1].key == words


def test_a_byte_order_mark_before_the_body_means_nothing() -> None:
    assert read_envelope(b"\xef\xbb\xbf" + b'{"items": []}').items == ()


def test_a_name_twice_is_refused_where_it_would_hide_something() -> None:
    with pytest.raises(EnvelopeError):
        read_members(b'{"instance": "a", "instance": "b"}')


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        (b'{"key": "c1", "instance": 7}', "c1"),
        (b'{"key": 12, "instance": 7}', 12),
        (b'{"instance": 7}', 5),
        (b'{"key": {"a": 1}, "instance": 7}', 5),
        (b'{"key": "' + b"k" * 300 + b'", "instance": 7}', 5),
        (b"7", 5),
    ],
)
def test_the_key_is_echoed_even_of_a_broken_item(raw: bytes, key: Any) -> None:
    item = read_item(raw, 5)
    assert (item.key, bool(item.fault)) == (key, True)


@pytest.mark.parametrize(
    "raw",
    [
        b"{}", b'{"instance": "<a/>", "answers": {}}', b'{"answers": []}', b'{"answers": null}',
        b'{"answers": {}, "form_id": 7}', b'{"answers": {}, "instance_id": "a\\u0000"}',
        b'{"instance": null}', b'{"instance": ["<a/>"]}',
    ],
)  # fmt: skip
def test_what_is_neither_instance_nor_answers_is_at_fault(raw: bytes) -> None:
    assert read_item(raw, 0).fault


def test_answers_are_kept_as_the_bytes_that_came() -> None:
    answers = b'{ "b": 1.50,\n "a" : "\\u04AF" }'
    assert read_item(b'{"answers": ' + answers + b' , "form_id": " f "}', 0).answers == answers


def test_an_encoding_that_the_xml_declares_holds_no_more() -> None:
    xml = "<?xml version='1.0' encoding='windows-1251' standalone='yes'?><a>Ү</a>"
    item = read_item(json.dumps({"instance": "\ufeff" + xml}).encode(), 0)
    assert item.instance == "<?xml version='1.0' standalone='yes'?><a>Ү</a>".encode()


def test_an_announcement_that_cannot_be_read_costs_no_record() -> None:
    said = [{"name": "a.jpg", "size": 5, "sha256": "AB" * 32}, {"name": 7}, "x", {"name": "b\0"},
            {"name": "c.jpg", "size": -1, "sha256": "short"}, {"name": ""}]  # fmt: skip
    item = read_item(json.dumps({"instance": "<a/>", "attachments": said}).encode(), 0)
    assert [(a.name, a.size, a.sha256) for a in item.attachments] == [
        ("a.jpg", 5, "ab" * 32),
        ("c.jpg", 0, ""),
    ]
    assert read_item(b'{"instance": "<a/>", "attachments": 7}', 0).attachments == ()


@pytest.mark.parametrize(
    "body",
    [
        b'{"items":["' + b'\\"' * 20_000 + b"]}",
        b'{"items":[{"' + b'\\"' * 20_000 + b'":1}]}',
        b'{"items":["' + b'"' * 40_000,
        b'{"items":[' + b'{"":' * 20_000,
    ],
)
def test_no_body_takes_longer_than_its_length(body: bytes) -> None:
    """A text without an end was looked at again from each of its quotes: minutes for 40 KB."""
    began = time.process_time()

    with suppress(EnvelopeError):
        for item in read_envelope(body).items:
            read_members(item)

    assert time.process_time() - began < 1


def test_an_encoding_is_looked_for_no_longer_than_the_text_is() -> None:
    item = json.dumps({"instance": "<?xml" + " " * 50_000}).encode()
    began = time.process_time()

    assert not read_item(item, 0).fault
    assert time.process_time() - began < 1
