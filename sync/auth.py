"""Who is calling: a device token in the path or as Bearer, or a person by Basic over TLS.

What was true stays true for half a minute in each process, so that an ordinary request asks the
database nothing; a revoked token ends within that time.
"""

import base64
import binascii
import hashlib
import hmac
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.permissions import may_send_submissions
from backend.accounts.tokens import token_digest, user_of_token
from backend.problems import Problem
from surveys.places.models import Place
from surveys.rounds.models import Communities
from sync.models import Device, DeviceToken

REMEMBERED_SECONDS = 30
SEEN_EVERY = timedelta(minutes=1)
MAX_REMEMBERED = 20_000
EVERYWHERE = Communities(frozenset())


@dataclass(frozen=True, slots=True)
class Caller:
    """A tablet or a person who may fetch forms and send submissions."""

    device_id: int | None = None
    user_id: int | None = None
    places: Communities = EVERYWHERE  # whose households a tablet may know


_remembered: dict[str, tuple[float, Caller]] = {}  # digest → until when, who


def authenticate(request: HttpRequest, token: str = "") -> Caller:
    """The caller, without reading the body.

    Raises token_unknown (403), login_required (401), tls_required and device_forbidden (403).
    """
    if token:
        return _remember(token_digest(token)) or _device(token, request)
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _bearer(credentials.strip(), request)
    if scheme.lower() == "basic":
        return _basic(credentials.strip(), request)
    raise Problem("login_required")


def forget_callers() -> None:
    """Makes this process ask the database again; others follow within half a minute."""
    _remembered.clear()


def _device(token: str, request: HttpRequest) -> Caller:
    caller = _find_device(token, request)
    if caller is None:
        raise Problem("token_unknown")
    return caller


def _find_device(token: str, request: HttpRequest) -> Caller | None:
    digest = token_digest(token)
    valid = DeviceToken.objects.filter(digest=digest, replaced_at=None, device__revoked_at=None)
    pk = valid.values_list("device_id", flat=True).first()
    if pk is None:
        return None
    now = timezone.now()
    Device.objects.filter(
        Q(last_seen_at=None) | Q(last_seen_at__lt=now - SEEN_EVERY), pk=pk
    ).update(last_seen_at=now, user_agent=request.headers.get("User-Agent", "")[:255])
    paths = Place.objects.filter(devices=pk).values_list("path", flat=True)
    return _store(digest, Caller(device_id=pk, places=Communities(frozenset(paths))))


def _bearer(token: str, request: HttpRequest) -> Caller:
    """A device's token, or the personal token of someone who may send."""
    digest = token_digest(token)
    persons = f"person {digest}"  # whose token opens nothing in the path
    known = _remember(digest) or _remember(persons) or _find_device(token, request)
    if known is not None:
        return known
    user = user_of_token(token)
    if user is None:
        raise Problem("token_unknown")
    return _store(persons, _person(user))


def _basic(credentials: str, request: HttpRequest) -> Caller:
    if not (request.is_secure() or _is_this_machine(request)):
        raise Problem("tls_required")
    # Argon2 takes tens of ms by design: what was verified is remembered by a keyed digest.
    digest = hmac.new(
        settings.SECRET_KEY.encode(), credentials.encode(), hashlib.sha256
    ).hexdigest()
    known = _remember(digest)
    if known is not None:
        return known
    username, password = _decode(credentials)
    user = User.objects.filter(username=username, is_active=True).first()
    # An unknown name costs the same time as a wrong password.
    right = check_password(password, user.password if user else _nobodys_password())
    if user is None or not right:
        raise Problem("login_required")
    return _store(digest, _person(user))


def _person(user: User) -> Caller:
    if not may_send_submissions(user):
        raise Problem("device_forbidden")
    return Caller(user_id=user.pk)


def _decode(credentials: str) -> tuple[str, str]:
    try:
        name, colon, password = base64.b64decode(credentials).decode().partition(":")
    except (binascii.Error, ValueError):
        raise Problem("login_required") from None
    if not colon or "\0" in name:
        raise Problem("login_required")
    return name, password


@cache
def _nobodys_password() -> str:
    return make_password("nobody's")


def _is_this_machine(request: HttpRequest) -> bool:
    """A developer trying from the same machine; behind a proxy every request looks like that."""
    forwarded = {"X-Forwarded-For", "X-Forwarded-Proto", "Forwarded"} & set(request.headers)
    return request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"} and not forwarded


def _remember(digest: str) -> Caller | None:
    until, caller = _remembered.get(digest, (0.0, None))
    return caller if until > time.monotonic() else None


def _store(digest: str, caller: Caller) -> Caller:
    if len(_remembered) >= MAX_REMEMBERED:
        _remembered.clear()
    _remembered[digest] = (time.monotonic() + REMEMBERED_SECONDS, caller)
    return caller
