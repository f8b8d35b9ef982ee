"""link_keys and search_keys: which pairs of records are worth comparing."""

from collections.abc import Collection
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from surveys.linkage.features import Features, Member
from surveys.linkage.names import skeleton

# A key that more records hold says nothing: it is skipped, and counted.
MOST_HOLDERS = 150
KINDS = ("phone", "card", "member", "day", "birth", "head")
# One key of these kinds is enough where the shorter list has fewer members than this.
SHORT_LISTS = {"phone": 4, "birth": 4, "member": 3}
_YEARS = -1, 0, 1
_YEARS_ESTIMATED = -3, -2, -1, 0, 1, 2, 3


class LinkKey(NamedTuple):
    """What a record is found by: a signed 64-bit hash into which the kind is mixed."""

    kind: str
    value: int


def link_keys(features: Features) -> frozenset[LinkKey]:
    """What a record is found by; stored beside it."""
    return frozenset(key for key, own in keys_of(features).items() if own)


def search_keys(features: Features) -> frozenset[LinkKey]:
    """What others are searched with: births a year off, three years off where estimated."""
    return frozenset(keys_of(features))


def keys_of(features: Features) -> dict[LinkKey, bool]:
    """What others are searched with → whether the record is found by it too."""
    keys = dict.fromkeys((link_key("phone", phone) for phone in features.phones), True)
    if features.card:
        keys[link_key("card", features.card)] = True
    for member in features.members:
        _add_member(keys, features.district, member)
    if features.head >= 0:
        head = features.members[features.head]
        for given in head.given:
            for family in head.families:
                keys[link_key("head", features.village, skeleton(given), skeleton(family))] = True
    return keys


def _add_member(keys: dict[LinkKey, bool], district: str, member: Member) -> None:
    birth = member.birth
    for given in member.given:
        bones = skeleton(given)
        if birth.year:
            for off in _YEARS_ESTIMATED if birth.estimated else _YEARS:
                key = link_key("member", district, bones, birth.year + off)
                keys[key] = not off or keys.get(key, False)
        if birth.day:
            keys[link_key("day", district, bones, birth.month, birth.day)] = True
    if birth.day and birth.year:
        keys[link_key("birth", district, member.sex, *birth[:3])] = True


def is_worth_judging(kinds: Collection[str], smaller: int, *, same_village: bool = True) -> bool:
    """Whether a pair that shares keys of these kinds (one each key) may reach review at all.

    `smaller`: members of the shorter list. Of a stream of 20,000 records it drops four pairs of
    five, and 0.6 % of those that are one household (3.3 % at high noise).
    """
    if len(kinds) > 1 or "card" in kinds or smaller < 2:
        return True
    (kind,) = kinds
    return smaller < SHORT_LISTS.get(kind, 0) and (same_village or kind != "member")


@lru_cache(maxsize=300_000)
def link_key(kind: str, *parts: str | int) -> LinkKey:
    """A key of its kind from what it is made of."""
    text = "\x1f".join((kind, *map(str, parts)))
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return LinkKey(kind, int.from_bytes(digest, "big", signed=True))
