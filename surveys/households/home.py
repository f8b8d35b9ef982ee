"""What the first page says about households."""

from backend.accounts.models import User
from backend.accounts.permissions import may_decide_links, may_lift_brakes, may_read_records
from backend.home import Figure
from surveys.households.models import CandidateLink, Household, LinkBrake
from surveys.privacy.access import places_for


def household_figures(user: User) -> list[Figure]:
    """Households in the places this user is for, and what linkage asks people about."""
    if not may_read_records(user):
        return []
    known = Household.objects.filter(redirect_to=None, memberships__isnull=False).distinct()
    open_links = CandidateLink.objects.filter(state=CandidateLink.State.OPEN)
    places = places_for(user)
    if places is not None:
        known = known.filter(place__in=places.values("pk"))
        open_links = open_links.filter(place__in=places.values("pk"))
    figures = [Figure("households", known.count(), "each family once")]
    if may_decide_links(user):
        asked = open_links.count()
        words = "pairs of records that may be one household" if asked else "none is open"
        figures.append(Figure("links to decide", asked, words, tone="wait" if asked else ""))
    brakes = LinkBrake.objects.filter(lifted_at=None).count() if may_lift_brakes(user) else 0
    if brakes:
        figures.append(
            Figure("brakes on merging", brakes, "too many duplicates: look who sends", tone="bad")
        )
    return figures
