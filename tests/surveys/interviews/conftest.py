"""A round with its form, and interviews in it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from surveys.cleaning.models import CleanRow
from surveys.places.models import Place
from surveys.rounds.models import Round, Survey
from surveys.submissions.models import Submission
from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record

Interview = Callable[..., CleanRow]


@pytest.fixture
def baseline(form: Form) -> Round:
    made = Round.objects.create(
        survey=Survey.objects.create(code="rmp", name="Programme"), code="base", name="Baseline"
    )
    Form.objects.filter(pk=form.pk).update(round=made)
    return made


@pytest.fixture
def interview(form: Form) -> Interview:
    """An interview some days ago; `state` is that of its review."""

    def make(
        place: Place | None, *, days: int = 0, state: str = "received", household: Any = None
    ) -> CleanRow:
        at = timezone.now() - timedelta(days=days)
        answers = {"enum_code": "E1", "end": at.isoformat()}
        record = make_record(form, answers, place=place, household=household)
        CleanRow.objects.filter(pk=record.pk).update(received_at=at, submitted_at=at)
        Submission.objects.filter(pk=record.submission_id).update(review_state=state)
        return record

    return make
