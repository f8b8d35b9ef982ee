"""Who sees which row and which column: the only place that decides.

Rows: a user with `place_codes` sees those places and below; records with legal-aid facts are for
the people named for it. Columns: direct identifiers, sensitive and restricted answers are masked
for everybody, until someone with the right says why and that is written down.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q, QuerySet

from backend.accounts.models import User
from backend.accounts.permissions import Person, may_read_records, may_review, may_unmask
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.places.models import Place
from surveys.privacy.models import Unmasking
from surveys.xforms.privacy_classes import MASKED
from surveys.xforms.schema import Field

LEAST_REASON = 10  # characters


def reader(user: Person) -> User:
    """The user, if they may read records. Raises `Problem("not_allowed")`."""
    if not isinstance(user, User) or not may_read_records(user):
        raise Problem("not_allowed")
    return user


def reviewer(user: Person) -> User:
    """The user, if they may review the records they see. Raises `Problem("not_allowed")`."""
    if not may_review(user):
        raise Problem("not_allowed")
    return reader(user)


def places_for(user: User) -> QuerySet[Place] | None:
    """The places a user is limited to, with all below them; None means everywhere.

    Who was given a place that is merged today sees what it was merged into.
    """
    if not user.place_codes:
        return None
    below = Q(pk__in=[])
    for path in Place.objects.filter(code__in=user.place_codes).paths_followed():
        below |= Q(path=path) | Q(path__startswith=path + "/")
    return Place.objects.filter(below)


def rows_for(user: User) -> Q:
    """The clean rows of records that a user may see, as a condition on `CleanRow`'s root rows."""
    allowed = Q() if user.sees_legal_aid else Q(restricted=False)
    places = places_for(user)
    return allowed if places is None else allowed & Q(place__in=places.values("pk"))


def masked_keys(
    user: User, fields: Iterable[Field], *, granted: Unmasking | None = None
) -> frozenset[str]:
    """The keys among the fields of one table whose answers this user may not see.

    `granted` is what `unmask` gave for this look. Restricted answers stay masked even then for
    people who are not named for legal aid.
    """
    return frozenset(f.key for f in fields if _is_masked(user, f, granted))


def shows_persons(granted: Unmasking | None) -> bool:
    """Whether names, phones and photos are shown of what linkage keeps of a record.

    It keeps no restricted answers, and of the others only what says who lives in a household.
    """
    return granted is not None


def unmask(*, user: User, reason: str, target: str) -> Unmasking:
    """Notes who looks at personal data and why, in the list of unmaskings and the audit log.

    Raises `Problem("not_allowed")` for a role without the right and `Problem("purpose_missing")`
    for a reason of fewer than 10 characters.
    """
    check_reason(user, reason)
    with transaction.atomic():
        granted = Unmasking.objects.create(
            user=user, target=target[:120], reason=reason.strip()[:300]
        )
        log_event("data.unmasked", by=user, target=granted)
    return granted


def check_reason(user: User, reason: str) -> None:
    """Raises as `unmask` does."""
    if not may_unmask(user):
        raise Problem("not_allowed")
    if len(reason.strip()) < LEAST_REASON:
        raise Problem("purpose_missing")


def _is_masked(user: User, field: Field, granted: Unmasking | None) -> bool:
    if field.restricted:
        return granted is None or not user.sees_legal_aid
    return field.privacy in MASKED and granted is None
