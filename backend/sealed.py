"""Small values that a client carries and brings back, and can neither read nor change. Pure.

The tag is an HMAC-SHA-256 of purpose and content and begins the key stream (SHAKE-256), as in
RFC 5297: the same value gives the same text, and of two texts one learns only whether they agree.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

_TAG = 16


class NotSealed(ValueError):
    """A text that was not sealed with this key for this purpose, or was changed."""


def seal(value: Any, *, key: str, purpose: str) -> str:
    """A value of JSON as letters, digits, `-` and `_`."""
    plain = json.dumps(value, separators=(",", ":")).encode()
    tag = _tag(plain, key, purpose)
    return base64.urlsafe_b64encode(tag + _mixed(plain, tag, key)).rstrip(b"=").decode()


def unseal(text: str, *, key: str, purpose: str) -> Any:
    """Raises NotSealed."""
    try:
        whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)
    except ValueError:
        raise NotSealed from None
    tag = whole[:_TAG]
    plain = _mixed(whole[_TAG:], tag, key)
    if not hmac.compare_digest(tag, _tag(plain, key, purpose)):
        raise NotSealed
    return json.loads(plain)


def _tag(plain: bytes, key: str, purpose: str) -> bytes:
    secret = hmac.digest(key.encode(), b"tag:" + purpose.encode(), "sha256")
    return hmac.digest(secret, plain, "sha256")[:_TAG]


def _mixed(content: bytes, tag: bytes, key: str) -> bytes:
    secret = hmac.digest(key.encode(), b"stream:" + tag, "sha256")
    stream = hashlib.shake_256(secret).digest(len(content))
    return bytes(a ^ b for a, b in zip(content, stream, strict=True))
