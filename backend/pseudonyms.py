"""Keyed, stable pseudonyms for ids, another for each recipient, so that two cannot join. Pure.

A pseudonym is a UUID again. It is a permutation of all UUIDs (Luby and Rackoff, 1988: four Feistel
rounds with HMAC-SHA-256), so no two ids share one, and who has the key finds the id behind it.
"""

import hmac
from functools import lru_cache
from uuid import UUID

_ROUNDS = 4
_HALF = 2**64


def pseudonym(value: UUID, *, key: str, recipient: str) -> UUID:
    """What this recipient knows the id by."""
    left, right = divmod(value.int, _HALF)
    for secret in _round_keys(key, recipient):
        left, right = right, left ^ _mix(secret, right)
    return UUID(int=left * _HALF + right)


def original(value: UUID, *, key: str, recipient: str) -> UUID:
    """The id behind a pseudonym of this recipient; any other UUID leads to one that is nobody's."""
    left, right = divmod(value.int, _HALF)
    for secret in reversed(_round_keys(key, recipient)):
        left, right = right ^ _mix(secret, left), left
    return UUID(int=left * _HALF + right)


@lru_cache(maxsize=256)
def _round_keys(key: str, recipient: str) -> tuple[bytes, ...]:
    return tuple(
        hmac.digest(key.encode(), f"{number}:{recipient}".encode(), "sha256")
        for number in range(_ROUNDS)
    )


def _mix(secret: bytes, half: int) -> int:
    return int.from_bytes(hmac.digest(secret, half.to_bytes(8), "sha256")[:8])
