"""claim_case: whoever opens a case has it for a while, and nobody else is given it."""

from collections.abc import Collection
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.problems import Problem
from surveys.links.models import CaseClaim

HOLDS = timedelta(minutes=15)
_CLAIMS = 6  # space of PostgreSQL's advisory locks


@transaction.atomic
def claim_case(*, keys: Collection[int], by: User, visit: str) -> CaseClaim | None:
    """Has these candidates for 15 minutes, or longer; None, or the claim of someone else.

    `visit`: of the page that has the case open; opening it anew takes over one's own claim.
    """
    _take_turns()
    now = timezone.now()
    taken = claim_of_another(keys=keys, by=by)
    if taken is not None:
        return taken
    CaseClaim.objects.bulk_create(
        [CaseClaim(candidate_id=key, by=by, visit=visit, until=now + HOLDS) for key in keys],
        update_conflicts=True,
        unique_fields=["candidate"],
        update_fields=["by", "visit", "until"],
    )
    return None


def claim_of_another(*, keys: Collection[int], by: User) -> CaseClaim | None:
    """The claim of someone else who has one of these open now."""
    claims = CaseClaim.objects.filter(candidate__in=keys, until__gt=timezone.now())
    return claims.exclude(by=by).select_related("by").first()


def demand_free(*, keys: Collection[int], by: User) -> None:
    """Raises `Problem("link_claimed")` where somebody else has one of these open."""
    taken = claim_of_another(keys=keys, by=by)
    if taken is not None:
        raise Problem("link_claimed", until=taken.until.isoformat(timespec="minutes"))


def renew_claim(*, by: User, visit: str) -> bool:
    """Keeps what this page has open; False where it has nothing any more."""
    mine = CaseClaim.objects.filter(by=by, visit=visit)
    return bool(mine.update(until=timezone.now() + HOLDS))


def release_claim(*, by: User, visit: str) -> None:
    """Gives back what this page had open, and nothing that was opened since."""
    CaseClaim.objects.filter(by=by, visit=visit).delete()


def _take_turns() -> None:
    """Two who open one case at the same moment: the second finds the claim of the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_CLAIMS])
