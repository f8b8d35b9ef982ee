"""Personal access tokens for analysts' tools, and how any random token is made and stored."""

import hashlib
import secrets
import string
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from backend.accounts.models import PersonalToken, User
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said

TOKEN_DAYS = 365
FORMS = "surveys.xforms.models.unknown_forms"  # by string: forms stand above accounts
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
    _, secret = make_token(
        user=user, name=name, by=by, days=days, form_ids=form_ids, purpose=purpose
    )
    return secret


def make_token(
    *,
    user: User,
    name: str,
    by: User | None = None,
    days: int = TOKEN_DAYS,
    form_ids: Sequence[str] = (),
    purpose: str = "",
) -> tuple[PersonalToken, str]:
    """The same, with its row. Where `user` came with a token, the new one opens no more than that,
    serves the same purpose, and ends when it does.

    Raises `Problem`: `token_scope`, `value_invalid`.
    """
    above, secret = user.token, new_token()
    made = PersonalToken(
        user=user,
        name=name,
        digest=token_digest(secret),
        made_with=above,
        form_ids=list(form_ids) or (above.form_ids if above else []),
        purpose=purpose.strip()[:300] or (above.purpose if above else ""),
        expires_at=timezone.now() + timedelta(days=min(max(days, 1), TOKEN_DAYS)),
    )
    if above is not None:
        _check_covered(made, above)  # first: what other forms there are, such a token is not told
        made.expires_at = min(made.expires_at, above.expires_at)
    if unknown := import_string(FORMS)(form_ids):
        reason = Said("no form has the id {form}", form=unknown[0][:200])
        raise Problem("value_invalid", field="form_ids", reason=reason)
    with transaction.atomic():
        if above is not None and not _open(pk=above.pk).select_for_update().exists():
            raise Problem("login_required")  # it was ended a moment ago
        made.save()
        log_event("token.made", by=by or user, target=made)
    return made, secret


def revoke_personal_token(*, token: PersonalToken, by: User) -> None:
    """Ends a token at once, and those made with it; ending it again changes nothing."""
    with transaction.atomic():
        if _open(pk=token.pk).update(revoked_at=timezone.now()):
            log_event("token.revoked", by=by, target=token)
        for each in _open(made_with=token.pk):
            revoke_personal_token(token=each, by=by)


def tokens_for(user: User) -> list[PersonalToken]:
    """A person's own tokens, the newest first; by a token only those that it covers."""
    tokens = user.tokens.all()
    return [token for token in tokens if user.token is None or user.token.covers(token)]


def _open(**words: object) -> QuerySet[PersonalToken]:
    return PersonalToken.objects.filter(revoked_at=None, **words)


def _check_covered(made: PersonalToken, above: PersonalToken) -> None:
    if above.form_ids and not set(made.form_ids) <= set(above.form_ids):
        raise Problem("token_scope", form_ids=", ".join(above.form_ids))
    if not above.covers(made):
        reason = Said("a token makes tokens for its own purpose only")
        raise Problem("value_invalid", field="purpose", reason=reason)


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
