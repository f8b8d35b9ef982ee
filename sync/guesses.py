"""How often an address guessed wrong: ten times a minute, then it waits (429)."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

from backend.problems import Problem

MOST, SECONDS = 10, 60


def client_address(request: HttpRequest) -> str:
    """Where the request comes from; behind a trusted proxy, what the proxy itself saw."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.TRUST_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


def demand_patience(address: str) -> None:
    """Raises too_many_requests after too many wrong guesses. Without Redis nobody is held up."""
    try:
        wrong = cache.get(_key(address), 0)
    except RedisError:
        return
    if wrong >= MOST:
        raise Problem("too_many_requests")


def note_wrong_guess(address: str) -> None:
    try:
        cache.add(_key(address), 0, SECONDS)
        cache.incr(_key(address))
    except (RedisError, ValueError):  # away, or the minute just ended
        return


def _key(address: str) -> str:
    return f"guesses-{address[:64]}"
