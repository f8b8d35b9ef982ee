"""What the first page says about households."""

from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.accounts.permissions import may_read_records
from backend.home import Figure
from surveys.households.models import Household
from surveys.privacy.access import places_for


def household_figures(user: User) -> list[Figure]:
    """Households in the places this user is for; what is open about them, `surveys/links` says."""
    if not may_read_records(user):
        return []
    known = Household.objects.filter(redirect_to=None, memberships__isnull=False).distinct()
    places = places_for(user)
    if places is not None:
        known = known.filter(place__in=places.values("pk"))
    return [Figure(_("households"), known.count(), _("each family once"))]
