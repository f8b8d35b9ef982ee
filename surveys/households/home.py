"""What the first page says about households."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.accounts.models import User
from backend.accounts.permissions import may_read_records
from backend.home import Figure
from surveys.households.models import Household
from surveys.places.days import since_yesterday
from surveys.privacy.access import places_for


def household_figures(user: User) -> list[Figure]:
    """Households in the places this user is for; what is open about them, `surveys/links` says."""
    if not may_read_records(user):
        return []
    known = _known(user).count()
    return [Figure(ngettext("household", "households", known), known, _("each family once"))]


def founded_lately(user: User, now: datetime) -> list[Figure]:
    """Households that are new, and still their own."""
    if not may_read_records(user):
        return []
    since = since_yesterday(now, timezone.get_current_timezone())
    new = _known(user).filter(since.of("created_at", "place__path")).count()
    return [Figure(ngettext("new household", "new households", new), new)]


def _known(user: User) -> QuerySet[Household]:
    known = Household.objects.filter(redirect_to=None, memberships__isnull=False).distinct()
    places = places_for(user)
    return known if places is None else known.filter(place__in=places.values("pk"))
