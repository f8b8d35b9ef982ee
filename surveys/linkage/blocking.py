"""link_keys and search_keys: which pairs of records are worth comparing."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from surveys.linkage.features import Features, Member
from surveys.linkage.names import skeleton

# A key that more records hold says nothing: it is skipped, and counted.
MOST_HOLDERS = 150


@dataclass(frozen=True, slots=True)
class LinkKey:
    """What a record is found by: a signed 64-bit hash into which the kind is mixed."""

    kind: str
    value: int


def link_keys(features: Features) -> frozenset[LinkKey]:
    """What a record is found by; stored beside it."""
    return frozenset(_key(kind, parts) for kind, *parts in _keys(features, (0,), (0,)))


def search_keys(features: Features) -> frozenset[LinkKey]:
    """What others are searched with: births a year off, three years off where estimated."""
    return frozenset(
        _key(kind, parts) for kind, *parts in _keys(features, (-1, 0, 1), (-3, -2, -1, 0, 1, 2, 3))
    )


def _keys(
    features: Features, years: tuple[int, ...], estimated: tuple[int, ...]
) -> Iterator[tuple[str, ...]]:
    for phone in features.phones:
        yield "phone", phone
    if features.card:
        yield "card", features.card
    for member in features.members:
        yield from _member_keys(features.district, member, years, estimated)
    if features.head >= 0:
        head = features.members[features.head]
        for given in head.given:
            for family in head.families:
                yield "head", features.village, skeleton(given), skeleton(family)


def _member_keys(
    district: str, member: Member, years: tuple[int, ...], estimated: tuple[int, ...]
) -> Iterator[tuple[str, ...]]:
    birth = member.birth
    day = f"{birth.month:02}-{birth.day:02}" if birth.day else ""
    for given in member.given:
        bones = skeleton(given)
        if birth.year:
            for off in estimated if birth.estimated else years:
                yield "member", district, bones, str(birth.year + off)
        if day:
            yield "day", district, bones, day
    if day and birth.year:
        yield "birth", district, member.sex, f"{birth.year}-{day}"


def _key(kind: str, parts: list[str]) -> LinkKey:
    text = "\x1f".join([kind, *parts])
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return LinkKey(kind, int.from_bytes(digest, "big", signed=True))
