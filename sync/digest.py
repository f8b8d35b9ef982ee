"""HTTP Digest (RFC 7616: MD5, qop="auth") for passwords over plain http (openrosa.md A3). Pure.

Nonces are not stored: each says when it was given and is signed. Whether one was used before is
the caller's to ask (`Digest.use`).
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from urllib.parse import unquote

REALM = "oila"  # changing it voids every stored ha1
NONCE_SECONDS = 300
LONGEST = 4000  # characters of a header; those of clients have three hundred
_PART = re.compile(r'(?<!\w)(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_ORIGIN = re.compile(r"https?://[^/?]*", re.IGNORECASE)
_COUNT = re.compile(r"[0-9a-fA-F]{8}")


@dataclass(frozen=True, slots=True)
class Digest:
    """What a client sent to prove that it knows a password."""

    user_name: str
    nonce: str
    uri: str
    count: str  # how often this nonce was used, as 8 hex digits
    client_nonce: str
    response: str

    @property
    def use(self) -> str:
        """One use of a nonce: who sends it again sends what somebody overheard."""
        return hashlib.sha256(f"{self.nonce} {self.count} {self.client_nonce}".encode()).hexdigest()

    def proves(self, ha1: str, method: str) -> bool:
        """Whether it was made with this password, for this method and its own `uri`."""
        ha2 = _md5(f"{method}:{self.uri}")
        parts = (ha1, self.nonce, self.count, self.client_nonce, "auth", ha2)
        return hmac.compare_digest(_md5(":".join(parts)).encode(), self.response.lower().encode())

    def is_for(self, path: str, query: str) -> bool:
        """Whether its `uri` is this request's target; `path` is decoded, `query` as sent."""
        target, _, asked = _ORIGIN.sub("", self.uri).partition("?")
        return _slashed(unquote(target)) == _slashed(path) and asked == query


def read_digest(credentials: str) -> Digest | None:
    """What follows the word Digest in an Authorization header; None if it is not of our kind."""
    if len(credentials) > LONGEST:
        return None
    sent = {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain
        for name, quoted, plain in _PART.findall(credentials)
    }
    ours = (
        sent.get("realm") == REALM
        and sent.get("qop", "").lower() == "auth"
        and sent.get("algorithm", "MD5").upper() == "MD5"
        and _COUNT.fullmatch(sent.get("nc", ""))
    )
    names = ("username", "nonce", "uri", "nc", "cnonce", "response")
    if not ours or not all(sent.get(name) for name in names):
        return None
    return Digest(*(sent[name] for name in names))


def challenge(secret: str, now: float, *, stale: bool = False) -> str:
    """The value of WWW-Authenticate. `stale`: the password was right, the nonce was not."""
    again = ", stale=true" if stale else ""
    nonce = make_nonce(secret, now)
    return f'Digest realm="{REALM}", qop="auth", algorithm=MD5, nonce="{nonce}"{again}'


def make_nonce(secret: str, now: float) -> str:
    made = f"{int(now):x}-{secrets.token_hex(8)}"
    return f"{made}-{_signature(secret, made)}"


def is_fresh(nonce: str, secret: str, now: float) -> bool:
    """Whether we gave it, within the last five minutes."""
    made, _, signature = nonce.rpartition("-")
    if not hmac.compare_digest(_signature(secret, made).encode(), signature.encode()):
        return False
    return now - int(made.partition("-")[0], 16) <= NONCE_SECONDS


def hash_password(user_name: str, password: str) -> str:
    """`ha1`, all that is kept of a generated password; in this realm as good as the password."""
    return _md5(f"{user_name}:{REALM}:{password}")


def _signature(secret: str, made: str) -> str:
    return hmac.new(secret.encode(), f"digest {made}".encode(), hashlib.sha256).hexdigest()[:32]


def _slashed(path: str) -> str:
    """A base typed with a slash too many begins with two (D1)."""
    return "/" + path.lstrip("/")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - the protocol's own hash
