"""A household as one reader sees it: its records, what became of it, and who was joined to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from backend.accounts.models import User
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.households.models import Household, Membership
from surveys.links.cases import Case, open_cases
from surveys.privacy.access import places_for, rows_for


@dataclass(frozen=True, slots=True)
class Profile:
    """`registered`: records that tell of it, in order; `others`: those that name it."""

    household: Household
    cards: Sequence[str]
    registered: Sequence[UUID]
    others: Sequence[CleanRow]
    former: Sequence[UUID]

    def cases(self, user: User) -> list[Case]:
        """What a person should look at."""
        return [case for case in open_cases(user) if self.household.pk in case.homes]


def find_household(user: User, household_id: UUID) -> Household:
    """Also one that was joined to another. Raises `Problem("not_found")`."""
    places = places_for(user)
    limits = Q() if places is None else Q(place__in=places.values("pk"))
    found = Household.objects.filter(limits, pk=household_id).select_related("place")
    household = found.defer("place__boundary").first()
    if household is None:
        raise Problem("not_found")
    return household


def profile_of(user: User, household: Household) -> Profile:
    members = {m.record_id: m for m in Membership.objects.filter(household=household)}
    rows = CleanRow.objects.filter(rows_for(user), pk__in=members, repeat="")
    rows = rows.select_related("form").defer("values", "verbatim").order_by("received_at", "pk")
    visible = list(rows)
    registered = [row.pk for row in visible if members[row.pk].registers]
    others = [row for row in visible if not members[row.pk].registers]
    for row in others:
        row.basis = members[row.pk].get_basis_display()  # type: ignore[attr-defined]
    return Profile(
        household=household,
        cards=Membership.objects.cards([household.pk]).get(household.pk, []),
        registered=registered,
        others=others,
        former=list(household.merged.order_by("pk").values_list("pk", flat=True)),
    )
