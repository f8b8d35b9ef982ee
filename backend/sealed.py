"""Small values that a client carries and brings back, and can neither read nor change. Pure.

AES-SIV (RFC 5297): the same value gives the same text, and of two texts one learns only whether
they agree.
"""

import base64
import hashlib
import json
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV


class NotSealed(ValueError):
    """A text that was not sealed with this key for this purpose, or was changed."""


def seal(value: Any, *, key: str, purpose: str) -> str:
    """A value of JSON as letters, digits, `-` and `_`."""
    plain = json.dumps(value, separators=(",", ":")).encode()
    sealed = _cipher(key).encrypt(plain, [purpose.encode()])
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def unseal(text: str, *, key: str, purpose: str) -> Any:
    """Raises NotSealed."""
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)
        return json.loads(_cipher(key).decrypt(sealed, [purpose.encode()]))
    except (ValueError, InvalidTag):
        raise NotSealed from None


@lru_cache(maxsize=4)
def _cipher(key: str) -> AESSIV:
    return AESSIV(hashlib.sha512(key.encode()).digest())
