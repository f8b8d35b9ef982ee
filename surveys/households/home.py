"""What the first page says about households."""

from backend.accounts.models import User
from backend.accounts.permissions import may_read_records
from backend.home import Figure
from surveys.households.models import Household


def household_figures(user: User) -> list[Figure]:
    if not may_read_records(user):
        return []
    known = Household.objects.filter(redirect_to=None).count()
    return [Figure("households", known, "known by their card number")]
