"""close_round and reopen_round: when a round is over.

Nothing is refused by it: tablets that are away go on sending, and what comes late is flagged.
"""

from datetime import date, timedelta

from django.db import transaction

from backend.accounts.models import User
from backend.audit.log import log_event
from surveys.rounds.models import Round

# Its forms stay on the tablets' list for so long: Collect deletes a form that is no longer listed,
# and does not send by itself what was filled in with it (openrosa.md X3).
LISTED_AFTER_CLOSE = timedelta(days=30)


@transaction.atomic
def close_round(*, round_: Round, on: date, by: User | None = None) -> None:
    """Makes this the last day of the round. Safe to run twice."""
    _set_end(round_, on)
    log_event("round.closed", by=by, target=round_, code=round_.code, on=on.isoformat())


@transaction.atomic
def reopen_round(*, round_: Round, by: User | None = None) -> None:
    """The round has no last day any more."""
    _set_end(round_, None)
    log_event("round.reopened", by=by, target=round_, code=round_.code)


def _set_end(round_: Round, closes_on: date | None) -> None:
    round_.closes_on = closes_on
    round_.save(update_fields=["closes_on"])
