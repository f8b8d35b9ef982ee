"""Wrong passwords of one name, wherever from: after ten, nobody guesses on for a while."""

import logging

from django.core.cache import cache
from redis.exceptions import RedisError

from backend.accounts.tokens import token_digest
from backend.problems import Problem

log = logging.getLogger(__name__)
MOST_GUESSES, GUESSES_SECONDS = 10, 600


def check_guesses(name: str) -> None:
    """Raises `Problem("too_many_requests")` after ten wrong ones within ten minutes; the right one
    is not looked at either, else the eleventh guess would tell."""
    try:
        if cache.get(_key(name), 0) >= MOST_GUESSES:
            raise Problem("too_many_requests")
    except RedisError:
        log.warning("Redis is away: attempts to log in are not counted")


def count_guess(name: str) -> None:
    try:
        cache.add(_key(name), 0, GUESSES_SECONDS)
        cache.incr(_key(name))
    except (RedisError, ValueError):  # ValueError: it expired between the two
        log.warning("a failed attempt to log in was not counted")


def _key(name: str) -> str:
    return f"guessed-{token_digest(name.casefold())}"
