"""Who decides on households, and whether a reader may see all of some records."""

from collections.abc import Collection
from uuid import UUID

from backend.accounts.models import User
from backend.accounts.permissions import Person, may_decide_links
from backend.problems import Problem
from surveys.cleaning.models import CleanRow
from surveys.privacy.access import reader, rows_for


def decider(user: Person) -> User:
    """The user, if they may decide on the records they see. Raises `Problem("not_allowed")`."""
    if not may_decide_links(user):
        raise Problem("not_allowed")
    return reader(user)


def visible_records(user: User, records: Collection[UUID]) -> set[UUID]:
    rows = CleanRow.objects.filter(rows_for(user), pk__in=records, repeat="")
    return set(rows.values_list("pk", flat=True))


def demand_visible(user: User, records: Collection[UUID]) -> None:
    """Raises `Problem("not_found")` where the user may not see one of these, or it is not there."""
    if set(records) - visible_records(user, records):
        raise Problem("not_found")
