"""records_counted: records of each enumerator with their flags and reviews, by place.

Counted at night, for the programme as a whole: over all answers it takes half a second.
"""

from typing import Any

from django.db.models import Count, Q, Value
from django.db.models.functions import Coalesce

from surveys.cleaning.models import CleanRow
from surveys.quality.reading import with_enumerator
from surveys.submissions.models import Submission

COUNTS = "counts"
COUNTED = ("records", "flags", "down")
CLOSED = "closed_flags"  # of the flags, those that only people named for legal aid are told of
State = Submission.ReviewState


def records_counted(*, restricted: bool) -> list[dict[str, Any]]:
    """Rows by enumerator and path of the place, so that each reader can be told the sum of what
    they see: records, live flags and the restricted ones among them, records that were turned
    down. Of legal aid, or of all others.
    """
    down = Q(submission__review_state__in=(State.REJECTED, State.HAS_ISSUES))
    live = Q(submission__flags__settled_at=None, submission__flags__isnull=False)
    closed = Q(submission__flags__restricted=True)
    roots = CleanRow.objects.filter(repeat="", restricted=restricted)
    told = with_enumerator(roots).annotate(at_place=Coalesce("place__path", Value("")))
    counts = told.values("enumerator", "at_place").annotate(
        records=Count("pk", distinct=True),
        flags=Count("submission__flags", filter=live, distinct=True),
        **{CLOSED: Count("submission__flags", filter=live & closed, distinct=True)},
        down=Count("pk", filter=down, distinct=True),
    )
    return [{**row, "place": row.pop("at_place")} for row in counts.order_by()]
