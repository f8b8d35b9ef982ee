"""Personal access tokens for analysts' tools, and how any random token is made and stored."""

import hashlib
import secrets
import string
from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from backend.accounts.models import PersonalToken, User
from backend.audit.log import log_event

TOKEN_DAYS = 365
_LETTERS = string.ascii_letters + string.digits


def new_token(length: int = 43) -> str:
    """Random letters and digits; 43 of them hold 256 bits.

    No hyphen: one at the beginning is taken for an option on a command line.
    """
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def token_digest(token: str) -> str:
    """SHA-256 in hex: a random token needs no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_personal_token(
    *,
    user: User,
    name: str,
    by: User | None = None,
    days: int = TOKEN_DAYS,
    form_ids: Sequence[str] = (),
    purpose: str = "",
) -> str:
    """Makes a token and returns it; it cannot be shown again.

    It lives `days`, at most a year; with `form_ids` it opens these forms only; with a `purpose`
    all its exports are for that.
    """
    token = new_token()
    made = PersonalToken.objects.create(
        user=user,
        name=name,
        digest=token_digest(token),
        form_ids=list(form_ids),
        purpose=purpose.strip()[:300],
        expires_at=timezone.now() + timedelta(days=min(max(days, 1), TOKEN_DAYS)),
    )
    log_event("token.made", by=by or user, target=made)
    return token


def revoke_personal_token(*, token: PersonalToken, by: User) -> None:
    """Ends a token at once; ending it again changes nothing."""
    if PersonalToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        log_event("token.revoked", by=by, target=token)


def user_of_token(token: str) -> User | None:
    """The active user of a valid token; notes when it was last used, to the minute."""
    found = PersonalToken.objects.select_related("user").filter(digest=token_digest(token)).first()
    if found is None or not found.is_valid() or not found.user.is_active:
        return None
    now = timezone.now()
    if found.last_used_at is None or now - found.last_used_at > timedelta(minutes=1):
        PersonalToken.objects.filter(pk=found.pk).update(last_used_at=now)
    found.user.token = found
    return found.user
