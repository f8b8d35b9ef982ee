"""interviews_of: the interviews behind the records a user may see, in one query."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import CharField, Count, F, OuterRef, Subquery, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, NullIf
from django.utils.dateparse import parse_datetime

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.interviews.figures import Interview
from surveys.privacy.access import rows_for
from surveys.submissions.models import Submission
from surveys.xforms.models import Form

# How forms call the enumerator's code; else it is the account that sent the record.
ASKED_AS = ("enum_code", "enumerator", "enumerator_id", "username")
NOT_SAID = "not said"
_TURNED_DOWN = {Submission.ReviewState.REJECTED, Submission.ReviewState.HAS_ISSUES}


def interviews_of(user: User, since: datetime, form: Form | None = None) -> Iterator[Interview]:
    """Those received since a time, of one form or of all."""
    rows = CleanRow.objects.filter(rows_for(user), repeat="", received_at__gte=since)
    if form is not None:
        rows = rows.filter(form=form)
    flags = (
        QualityFlag.objects.filter(submission=OuterRef("submission"), settled_at=None)
        .order_by()
        .values("submission")
        .annotate(found=Count("pk"))
        .values("found")
    )
    told = rows.annotate(
        enumerator=Coalesce(*map(_answer, ASKED_AS), F("submission__submitted_by__username")),
        began=_answer("start"),
        finished=_answer("end"),
        flags=Coalesce(Subquery(flags), 0),
    ).values_list(
        *("enumerator", "began", "finished", "received_at", "flags", "submission__review_state")
    )
    for enumerator, began, finished, received, found, state in told.iterator(chunk_size=5_000):
        yield Interview(
            enumerator or NOT_SAID,
            _moment(began),
            _moment(finished),
            received,
            found,
            state in _TURNED_DOWN,
        )


def _answer(name: str) -> Any:
    text = KeyTextTransform(name, "values")
    return NullIf(text, Value(""), output_field=CharField())


def _moment(text: str | None) -> datetime | None:
    try:
        found = parse_datetime(text or "")
    except ValueError:
        return None
    return found if found is not None and found.tzinfo else None
