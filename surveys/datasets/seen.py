"""How many records a person may see: one count for every page that tells it."""

from datetime import datetime

from django.db.models import Count, Max

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.privacy.access import rows_for
from surveys.xforms.models import Form


def records_seen(user: User, form: Form | None = None) -> dict[int, tuple[int, datetime | None]]:
    """By form, how many records this person may see, and when the last of them came."""
    rows = CleanRow.objects.filter(rows_for(user), repeat="")
    rows = rows if form is None else rows.filter(form=form)
    counted = rows.values("form").annotate(records=Count("id"), last_at=Max("received_at"))
    return {int(row["form"]): (int(row["records"]), row["last_at"]) for row in counted}
