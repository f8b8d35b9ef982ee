"""set_communities: which places a round is for."""

from collections.abc import Iterable

from django.db import transaction

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.places.models import Place
from surveys.rounds.models import Round


@transaction.atomic
def set_communities(*, round_: Round, codes: Iterable[str], by: User | None = None) -> list[Place]:
    """Makes these, and all below them, the places of the round; none means everywhere.

    Records from elsewhere are accepted and flagged. Raises `Problem("place_unknown")`; the places
    then stay as they were. Safe to run twice.
    """
    places = {place.pk: place for place in map(_find, codes)}
    round_.places.set(places)
    log_event("round.communities_set", by=by, target=round_, code=round_.code, places=len(places))
    return list(places.values())


def _find(code: str) -> Place:
    if "\0" in code:  # which PostgreSQL refuses to look for
        raise Problem("place_unknown", place=code.replace("\0", ""))
    return Place.objects.find(code)
