"""A push taken apart without trusting it: each item by itself, as the bytes that came. Pure.

One broken item must not spoil the others, and plain answers are kept verbatim; so the text is cut
at its outermost commas, and only then is each piece read as JSON.
"""

import re
from dataclasses import dataclass
from typing import Any

import orjson

# A text without an end is one token too: looked at again from each quote in it, it would take for
# ever.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{},]', re.DOTALL)
_MEMBER = re.compile(rb'\s*("[^"\\]*(?:\\.[^"\\]*)*")\s*:(.*)', re.DOTALL)
_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


class EnvelopeError(Exception):
    """Not the JSON that was asked for; the words say where."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a push says around its items; `health` and `sent_at` as they came, whatever they are."""

    items: tuple[bytes, ...]
    health: Any = None
    sent_at: Any = None


def read_envelope(body: bytes) -> Envelope:
    """The items as bytes, unread. Raises EnvelopeError only where they cannot be told apart."""
    members = read_members(body.removeprefix(_BOM))
    if "items" not in members:
        return Envelope((), _lenient(members, "health"), _lenient(members, "sent_at"))
    return Envelope(
        items=tuple(_pieces(members["items"], b"[]", "items")),
        health=_lenient(members, "health"),
        sent_at=_lenient(members, "sent_at"),
    )


def read_members(raw: bytes) -> dict[str, bytes]:
    """An object's members with their values unread. Raises EnvelopeError, for a name twice too."""
    members: dict[str, bytes] = {}
    for piece in _pieces(raw, b"{}", "the body"):
        found = _MEMBER.fullmatch(piece)
        if found is None:
            raise EnvelopeError("a member has no name")
        name = read_json(found[1])
        if name in members:
            raise EnvelopeError("a member stands there twice")
        members[name] = found[2].strip(_SPACE)
    return members


def read_json(raw: bytes) -> Any:
    """Strict JSON: UTF-8, no NaN, nested at most a thousand deep. Raises EnvelopeError."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise EnvelopeError("not valid JSON") from error


def _lenient(members: dict[str, bytes], name: str) -> Any:
    """A tablet must not fail because of what it says of itself."""
    try:
        return read_json(members.get(name, b"null"))
    except EnvelopeError:
        return None


def _pieces(raw: bytes, brackets: bytes, what: str) -> list[bytes]:
    """What stands between the outermost commas of an object or array."""
    text = raw.strip(_SPACE)
    if text[:1] + text[-1:] != brackets:
        raise EnvelopeError(f"{what} is not a whole {'object' if brackets == b'{}' else 'array'}")
    depth, start, pieces = 0, 1, []
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in {b"[", b"{"}:
            depth += 1
        elif mark in {b"]", b"}"}:
            depth -= 1
        if (depth, mark) == (1, b",") or depth == 0:
            pieces.append(text[start : token.start()])
            start = token.end()
        if depth == 0:
            break
    if depth or start != len(text):
        raise EnvelopeError(f"{what} is cut off, or goes on after its end")
    return [] if len(pieces) == 1 and not pieces[0].strip(_SPACE) else pieces
