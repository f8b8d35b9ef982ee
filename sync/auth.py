"""Who is calling: a device by token (in the path or as Bearer) or password, or a person.

What was true stays true for half a minute in each process, so that an ordinary request asks the
database nothing; a revoked token ends within that time.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.cache import cache as shared
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from redis.exceptions import RedisError

from backend.accounts.models import User
from backend.accounts.permissions import may_send_submissions
from backend.accounts.tokens import token_digest, user_of_token
from backend.problems import Problem
from surveys.places.models import Place
from surveys.rounds.models import Communities
from sync.digest import NONCE_SECONDS, REALM, challenge, hash_password, is_fresh, read_digest
from sync.models import Device, DeviceToken
from sync.user_agents import read_user_agent

log = logging.getLogger(__name__)
REMEMBERED_SECONDS = 30
SEEN_EVERY = timedelta(minutes=1)
MAX_REMEMBERED = 20_000
EVERYWHERE = Communities(frozenset())
NOWHERE = Communities(frozenset({"-"}))  # no place has such a path


@dataclass(frozen=True, slots=True)
class Caller:
    """A tablet or a person who may fetch forms and send submissions.

    What a `revoked` tablet sends is kept apart; it and one with a replaced token may only push.
    """

    device_id: int | None = None
    user_id: int | None = None
    places: Communities = EVERYWHERE  # whose households a tablet may know
    revoked: bool = False
    only_pushes: bool = False


_remembered: dict[str, tuple[float, Caller]] = {}  # digest → until when, who


def authenticate(request: HttpRequest, token: str = "", *, pushes: bool = False) -> Caller:
    """The caller, without reading the body.

    `pushes`: the address only takes what a tablet gathered. There a replaced token and a revoked
    tablet are still heard for TOKEN_GRACE_DAYS, so that nothing is stranded (A5, C4).

    Raises token_unknown (403), login_required (401), tls_required and device_forbidden (403).
    """
    caller = _identify(request, token)
    if caller.only_pushes and not pushes:
        raise Problem("token_unknown")
    return caller


def challenges(request: HttpRequest, *, stale: bool = False) -> Iterator[str]:
    """What a 401 asks for: a password in clear never over plain http (A2, A3).

    Basic comes first, and Collect takes the first it knows: people's passwords know no Digest.
    """
    if _is_private(request):
        yield f'Basic realm="{REALM}"'
    yield challenge(settings.SECRET_KEY, time.time(), stale=stale)


def forget_callers() -> None:
    """Makes this process ask the database again; others follow within half a minute."""
    _remembered.clear()


def _identify(request: HttpRequest, token: str) -> Caller:
    if token:
        return _remember(token_digest(token)) or _device(token, request)
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return _bearer(credentials.strip(), request)
        case "basic":
            return _basic(credentials.strip(), request)
        case "digest":
            return _digest(credentials.strip(), request)
    raise Problem("login_required")


def _device(token: str, request: HttpRequest) -> Caller:
    caller = _find_device(token, request)
    if caller is None:
        raise Problem("token_unknown")
    return caller


def _find_device(token: str, request: HttpRequest) -> Caller | None:
    digest = token_digest(token)
    found = DeviceToken.objects.filter(digest=digest)
    for pk, *ends in found.values_list("device_id", "replaced_at", "device__revoked_at"):
        caller = _caller(pk, request, *ends)
        return caller and _store(digest, caller)
    return None


def _caller(
    pk: int, request: HttpRequest, replaced_at: datetime | None, revoked_at: datetime | None
) -> Caller | None:
    """The device, if its token still is one or may at least still push; notes that it was here."""
    now = timezone.now()
    ends = [at for at in (replaced_at, revoked_at) if at is not None]
    if any(now - at > timedelta(days=settings.TOKEN_GRACE_DAYS) for at in ends):
        return None
    _note_seen(pk, request.headers.get("User-Agent", ""), now)
    return Caller(
        device_id=pk,
        places=Communities(Place.objects.filter(devices=pk).paths_followed()),
        revoked=revoked_at is not None,
        only_pushes=bool(ends),
    )


def _note_seen(pk: int, user_agent: str, now: datetime) -> None:
    client = read_user_agent(user_agent)
    said = {"app": client.app, "platform": client.platform} if client else {}
    Device.objects.filter(
        Q(last_seen_at=None) | Q(last_seen_at__lt=now - SEEN_EVERY), pk=pk
    ).update(last_seen_at=now, user_agent=user_agent[:255], **said)


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
    if not _is_private(request):
        raise Problem("tls_required")
    # Argon2 takes tens of ms by design: what was verified is remembered by a keyed digest.
    digest = hmac.new(
        settings.SECRET_KEY.encode(), credentials.encode(), hashlib.sha256
    ).hexdigest()
    known = _remember(digest)
    if known is not None:
        return known
    username, password = _decode(credentials)
    ha1 = hash_password(username, password)
    for pk, kept, revoked_at in _named(username):
        if hmac.compare_digest(kept, ha1):
            caller = _caller(pk, request, None, revoked_at)
            if caller is None:
                raise Problem("token_unknown")
            return _store(digest, caller)
    return _store(digest, _person(_user(username, password)))


def _digest(credentials: str, request: HttpRequest) -> Caller:
    """Only devices' generated passwords: of a person's no `ha1` is kept (A3)."""
    sent = read_digest(credentials)
    query = request.META.get("QUERY_STRING", "")
    if sent is None or not sent.is_for(request.path_info, query):
        raise Problem("login_required")
    for pk, ha1, revoked_at in _named(sent.user_name):
        if not sent.proves(ha1, request.method or ""):
            break
        fresh = is_fresh(sent.nonce, settings.SECRET_KEY, time.time())
        if not fresh or not _first_use(sent.use):
            raise Problem("login_required", stale=True)
        known = f"password {ha1}"
        caller = _remember(known) or _caller(pk, request, None, revoked_at)
        if caller is None:
            raise Problem("token_unknown")
        return _store(known, caller)
    raise Problem("login_required")


def _named(user_name: str) -> Iterator[tuple[int, str, datetime | None]]:
    if "\0" in user_name:
        return
    named = Device.objects.filter(user_name=user_name).exclude(ha1="")
    yield from named.values_list("pk", "ha1", "revoked_at")


def _first_use(use: str) -> bool:
    """Whether nobody sent this before; without Redis it is taken to be so.

    A dead Redis must lock no enumerator out: a record sent again is stored once anyway.
    """
    try:
        return bool(shared.add(f"digest-{use}", 1, NONCE_SECONDS + 60))
    except RedisError:
        _warn_once()
        return True


@cache
def _warn_once() -> None:
    log.warning("Redis is away: a Digest header that was overheard could be sent again")


def _user(username: str, password: str) -> User:
    user = User.objects.filter(username=username, is_active=True).first()
    # An unknown name costs the same time as a wrong password.
    right = check_password(password, user.password if user else _nobodys_password())
    if user is None or not right:
        raise Problem("login_required")
    return user


def _person(user: User) -> Caller:
    if not may_send_submissions(user):
        raise Problem("device_forbidden")
    return Caller(user_id=user.pk, places=_places_of(user))


def _places_of(user: User) -> Communities:
    """Who is limited to some places knows the households of those, and none if there are none."""
    if not user.place_codes:
        return EVERYWHERE
    paths = Place.objects.filter(code__in=user.place_codes).paths_followed()
    return Communities(paths) if paths else NOWHERE


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


def _is_private(request: HttpRequest) -> bool:
    """Over TLS, or from this machine: a developer trying.

    Behind a proxy every request looks as if from this machine.
    """
    forwarded = {"X-Forwarded-For", "X-Forwarded-Proto", "Forwarded"} & set(request.headers)
    here = request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"} and not forwarded
    return request.is_secure() or here


def _remember(digest: str) -> Caller | None:
    until, caller = _remembered.get(digest, (0.0, None))
    return caller if until > time.monotonic() else None


def _store(digest: str, caller: Caller) -> Caller:
    if len(_remembered) >= MAX_REMEMBERED:
        _remembered.clear()
    _remembered[digest] = (time.monotonic() + REMEMBERED_SECONDS, caller)
    return caller
