"""Why a reviewer sees personal data: said once, kept in the session, written down at each record.

In the session and not in the address, since a reason may name someone and addresses are logged.
"""

import time

from django.contrib.sessions.backends.base import SessionBase

from backend.accounts.models import User
from backend.accounts.permissions import may_unmask
from surveys.privacy.access import check_reason, unmask
from surveys.privacy.models import Unmasking

HOLDS_SECONDS = 3600
_KEY = "reason"


def give_reason(session: SessionBase, user: User, words: str) -> None:
    """For an hour. Raises `Problem`: `not_allowed`, `purpose_missing`."""
    check_reason(user, words)
    session[_KEY] = {"words": words.strip()[:300], "until": time.time() + HOLDS_SECONDS}


def end_reason(session: SessionBase) -> None:
    session.pop(_KEY, None)


def reason_given(session: SessionBase) -> str:
    given = session.get(_KEY)
    return given["words"] if given and given["until"] > time.time() else ""


def unmasking_for(session: SessionBase, user: User, target: str) -> Unmasking | None:
    """What lets this look see personal data, written down; None without a reason."""
    words = reason_given(session)
    return unmask(user=user, reason=words, target=target) if words and may_unmask(user) else None
