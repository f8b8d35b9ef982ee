"""dashboard: enumerators by what their interviews say, with flags, reviews and back-checks."""

from typing import Any

from django.db.models import Count, Q

from backend.accounts.models import User
from surveys.quality.back_checks import rates_by_enumerator
from surveys.quality.effects import MEASURES
from surveys.quality.reading import Json, table, visible_records, with_enumerator, within_places
from surveys.quality.tables import ENUMERATORS
from surveys.submissions.models import Submission

State = Submission.ReviewState


def dashboard(user: User) -> dict[str, Any]:
    """Lines of enumerators all of whose places the user sees, and how many others there are.

    A constant number of queries; the effects are those of the last run.
    """
    rows = table(ENUMERATORS)
    seen = within_places(user, rows, "places")
    counts, rates = _counts(user), rates_by_enumerator(user)
    lines = [
        {**row, **counts.get(row["enumerator"], {}), "rates": rates.get(row["enumerator"], {})}
        for row in seen
    ]
    return {"lines": lines, "measures": list(MEASURES), "elsewhere": len(rows) - len(seen)}


def _counts(user: User) -> dict[str, Json]:
    """Of each enumerator: records, open flags, records that were turned down."""
    down = Q(submission__review_state__in=(State.REJECTED, State.HAS_ISSUES))
    live = Q(submission__flags__settled_at=None, submission__flags__isnull=False)
    found = with_enumerator(visible_records(user)).values("enumerator")
    counts = found.annotate(
        records=Count("pk", distinct=True),
        flags=Count("submission__flags", filter=live, distinct=True),
        down=Count("pk", filter=down, distinct=True),
    ).order_by()
    return {row.pop("enumerator"): row for row in counts}
