"""One item of a push: its JSON as bytes → what it says. Pure; nothing here trusts the tablet."""

import re
from dataclasses import dataclass
from typing import Any

from sync.api.envelope import EnvelopeError, read_json, read_members

MAX_ATTACHMENTS = 500
MAX_KEY = 200  # characters
_TEXTS = ("form_id", "version", "instance_id", "deprecated_id")
_DECLARED = re.compile(r"""^(<\?xml[^>]*?)\sencoding\s*=\s*["'][^"']*["']""")


@dataclass(frozen=True, slots=True)
class Announced:
    """A file the tablet will send, as it names it; size 0 and no sha256 where it does not say."""

    name: str
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One record: as an instance, or as plain answers to the form that is named.

    `fault` says why an item is neither; all else is then blank. `answers` are the bytes as sent.
    """

    key: Any
    raw: bytes
    instance: bytes | None = None
    answers: bytes | None = None
    form_id: str = ""
    version: str = ""
    instance_id: str = ""
    deprecated_id: str = ""
    attachments: tuple[Announced, ...] = ()
    fault: str = ""


def read_item(raw: bytes, index: int) -> Item:
    """What one item says; a broken one becomes an Item with a fault, never an exception."""
    try:
        members = read_members(raw)
    except EnvelopeError as error:
        return Item(key=index, raw=raw, fault=str(error))
    key = _key(members, index)
    try:
        return _read(members, raw, key)
    except EnvelopeError as error:
        return Item(key=key, raw=raw, fault=str(error))


def _key(members: dict[str, bytes], index: int) -> Any:
    try:
        key = read_json(members["key"])
    except (KeyError, EnvelopeError):
        return index
    return key if isinstance(key, int) or (isinstance(key, str) and len(key) <= MAX_KEY) else index


def _read(members: dict[str, bytes], raw: bytes, key: Any) -> Item:
    read_json(raw)  # also what we leave aside must be JSON
    texts = {name: _text(members, name) for name in _TEXTS}
    instance, answers = members.get("instance"), members.get("answers")
    if (instance is None) == (answers is None):
        raise EnvelopeError("an item holds either an instance or answers")
    if answers is not None and not answers.startswith(b"{"):
        raise EnvelopeError("answers must be an object")
    return Item(
        key=key,
        raw=raw,
        instance=None if instance is None else _instance(read_json(instance)),
        answers=answers,
        attachments=tuple(_announced(read_json(members.get("attachments", b"[]")))),
        **texts,
    )


def _text(members: dict[str, bytes], name: str) -> str:
    value = read_json(members.get(name, b'""'))
    if value is None:
        return ""
    if not isinstance(value, str) or "\0" in value:
        raise EnvelopeError(f"{name} must be text")
    return value.strip()


def _instance(value: Any) -> bytes:
    """The XML as UTF-8. In JSON it was text already: an encoding it declares holds no more."""
    if not isinstance(value, str):
        raise EnvelopeError("instance must be XML as text")
    return _DECLARED.sub(r"\1", value.lstrip("\ufeff")).encode()


def _announced(value: Any) -> list[Announced]:
    """What cannot be read of an announcement is left out: the record itself counts for more."""
    entries = value if isinstance(value, list) else []
    found = []
    for entry in entries[:MAX_ATTACHMENTS]:
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(name, str) and name and "\0" not in name:
            size, sha256 = entry.get("size"), entry.get("sha256")
            found.append(
                Announced(
                    name=name[:1000],
                    size=size if isinstance(size, int) and 0 <= size < 2**63 else 0,
                    sha256=sha256.lower() if isinstance(sha256, str) and _HEX(sha256) else "",
                )
            )
    return found


_HEX = re.compile(r"[0-9a-fA-F]{64}").fullmatch
