"""interviews_of: the interviews behind the records a user may see, in one query."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, Max, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from backend.accounts.models import User
from surveys.cleaning.enumerators import enumerator, said
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.interviews.figures import Interview
from surveys.privacy.access import rows_for
from surveys.privacy.flags import flags_for
from surveys.submissions.models import Submission
from surveys.xforms.models import Form

NOT_SAID = "not said"
DAY = timedelta(days=1)
_AT = Coalesce("submitted_at", "received_at")  # by the tablet, or else when it came
TURNED_DOWN = (Submission.ReviewState.REJECTED, Submission.ReviewState.HAS_ISSUES)


def last_day(user: User, form: Form | None, now: datetime) -> date:
    """The day of the newest interview, today at the latest: a board between two rounds shows the
    end of the last one."""
    found = (
        _rows(user, form).annotate(at=_AT).filter(at__lte=now).aggregate(newest=Max("at"))["newest"]
    )
    return timezone.localdate(found or now)


def interviews_of(
    user: User, days: Sequence[date], form: Form | None = None
) -> Iterator[Interview]:
    """Those of some days in a row, of one form or of all."""
    zone = timezone.get_current_timezone()
    first, end = (datetime.combine(day, time(), zone) for day in (days[0], days[-1] + DAY))
    rows = _rows(user, form).annotate(at=_AT).filter(at__gte=first, at__lt=end)
    flags = QualityFlag.objects.filter(
        flags_for(user), submission=OuterRef("submission"), settled_at=None
    )
    told = rows.annotate(
        enumerator=enumerator(),
        began=said("start"),
        finished=said("end"),
        flagged=Exists(flags),
    ).values_list(
        *("enumerator", "began", "finished", "received_at", "flagged", "submission__review_state"),
        "place__path",
    )
    for name, began, finished, received, flagged, state, path in told.iterator(5_000):
        yield Interview(
            name or NOT_SAID,
            _moment(began),
            _moment(finished),
            received,
            flagged,
            state in TURNED_DOWN,
            path or "",
        )


def _rows(user: User, form: Form | None) -> QuerySet[CleanRow]:
    rows = CleanRow.objects.filter(rows_for(user), repeat="")
    return rows.filter(form=form) if form is not None else rows


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo else None
