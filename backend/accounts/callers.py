"""Who calls an address that analysts' tools use: a token as Bearer, or as the password of Basic.

Spreadsheets know no Bearer; their Basic takes a user name and, in place of the password, a personal
access token. A password itself is taken by `log_in` alone, which gives a token that lives a day.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from backend.accounts.guesses import check_guesses, count_guess
from backend.accounts.models import User
from backend.accounts.tokens import make_token, user_of_token
from backend.problems import Problem

SESSION_DAYS = 1


@dataclass(frozen=True, slots=True)
class Opened:
    """A token for a day; `token` is shown this once."""

    token: str
    created_at: datetime
    expires_at: datetime


def caller_of(request: HttpRequest) -> User:
    """Raises `Problem`: `login_required`, and `tls_required` for Basic over a link in clear."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    user = None
    if scheme.lower() == "bearer":
        user = _of_token(credentials.strip())
    elif scheme.lower() == "basic":
        check_private(request)
        user = _basic(credentials.strip())
    if user is None:
        raise Problem("login_required")
    return user


def log_in(request: HttpRequest, name: str, password: str) -> Opened:
    """A token in return for a user name or e-mail address and a password, or a personal access
    token in its place: the new one opens no more than that.

    Raises `Problem`: `login_required`, `tls_required`, `too_many_requests`.
    """
    check_private(request)
    check_guesses(name)
    user = _with_token(name, password) or _with_password(name, password)
    if user is None:
        count_guess(name)
        raise Problem("login_required")
    made, token = make_token(user=user, name="Session of a tool", days=SESSION_DAYS)
    return Opened(token, timezone.now(), made.expires_at)


def check_private(request: HttpRequest) -> None:
    """Over TLS, or from this machine itself. Raises `Problem("tls_required")`."""
    forwarded = {"X-Forwarded-For", "X-Forwarded-Proto", "Forwarded"} & set(request.headers)
    here = request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"} and not forwarded
    if not (request.is_secure() or here):
        raise Problem("tls_required")


def _of_token(token: str) -> User | None:
    return user_of_token(token) if token.isascii() and token.isprintable() else None


def _basic(credentials: str) -> User | None:
    try:
        name, colon, token = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return _with_token(name, token) if colon else None


def _with_token(name: str, token: str) -> User | None:
    user = _of_token(token)
    known = user and {user.username.casefold(), user.email.casefold()}
    return user if known and name.casefold() in known - {""} else None


def _with_password(name: str, password: str) -> User | None:
    """An unknown name costs the same time as a wrong password."""
    user = _named(name)
    right = check_password(password, user.password if user else make_password("nobody's"))
    return user if right else None


def _named(name: str) -> User | None:
    """By user name, else by an address that only one person has."""
    if not name or "\0" in name:
        return None
    found = list(User.objects.filter(Q(username=name) | Q(email__iexact=name), is_active=True)[:3])
    exact = [user for user in found if user.username == name]
    return (exact or found)[0] if len(exact or found) == 1 else None
