"""override_vulnerable: a person says that a family is vulnerable, or is not; revoke_override.

indicators.md § 1: a coordinator may override the form's answer with a written reason. Neither row
is ever changed but for being revoked, and the record stays as it was answered.
"""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.permissions import may_keep_indicators
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.households.models import Household
from surveys.indicators.models import VulnerableOverride
from surveys.privacy.access import places_for

LEAST_REASON = 10  # characters


def override_vulnerable(
    *, household: UUID, vulnerable: bool, reason: str, by: User
) -> VulnerableOverride:
    """From the next run on the family counts as this.

    Raises `Problem`: `not_allowed`, `purpose_missing`, `not_found` for a household that is none or
    not in the places of `by`, `override_stands` where another one does.
    """
    if not may_keep_indicators(by):
        raise Problem("not_allowed")
    if len(reason.strip()) < LEAST_REASON:
        raise Problem("purpose_missing")
    home = _households(by).filter(pk=household).first()
    if home is None:
        raise Problem("not_found")
    override = VulnerableOverride(
        household=home.redirect_to or home,
        vulnerable=vulnerable,
        reason=reason.strip()[:300],
        by=by,
    )
    try:
        with transaction.atomic():
            override.save()
            log_event("indicators.override_made", by=by, target=override, vulnerable=vulnerable)
    except IntegrityError as error:
        raise Problem("override_stands") from error
    return override


def revoke_override(*, override_id: int, reason: str, by: User) -> None:
    """Raises `Problem`: `not_allowed`, `purpose_missing`, `not_found` where it stands no more."""
    if not may_keep_indicators(by):
        raise Problem("not_allowed")
    if len(reason.strip()) < LEAST_REASON:
        raise Problem("purpose_missing")
    with transaction.atomic():
        standing = overrides_for(by).filter(pk=override_id, revoked_at=None)
        override = standing.select_for_update(of=("self",)).first()
        if override is None:
            raise Problem("not_found")
        override.revoked_at, override.revoked_by = timezone.now(), by
        override.revoked_why = reason.strip()[:300]
        override.save(update_fields=["revoked_at", "revoked_by", "revoked_why"])
        log_event("indicators.override_revoked", by=by, target=override)


def overrides_for(user: User) -> QuerySet[VulnerableOverride]:
    """Those of households in the places of a user, the newest first."""
    return VulnerableOverride.objects.filter(household__in=_households(user)).select_related(
        "by", "revoked_by", "household__place"
    )


def _households(user: User) -> QuerySet[Household]:
    places = places_for(user)
    found = Household.objects.all()
    return found if places is None else found.filter(place__in=places)
