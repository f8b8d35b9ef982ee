"""Records are checked on arrival by the answers at hand: the same as when they are read back."""

import pytest
from django.utils import timezone

from surveys.cleaning.clean import clean_records, read_submissions
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.quality.arrive import at_hand
from surveys.quality.catalog import ARRIVAL, BY_CODE
from surveys.quality.check import check_quality
from surveys.quality.load import load_records
from surveys.submissions.editions import Lineage
from surveys.submissions.models import Submission
from tests.surveys.corrections.interviews import register

pytestmark = pytest.mark.django_db


@pytest.fixture
def arrived(db: None) -> list[CleanRow]:
    return register(*range(6))


def test_answers_at_hand_are_what_would_be_read_back(arrived: list[CleanRow]) -> None:
    CleanRow.objects.filter(pk=arrived[0].pk).update(updated_at=timezone.now())
    submissions = Submission.objects.order_by("pk")
    lineages = [Lineage(s.record_id, s, (s,)) for s in submissions]
    records = clean_records(lineages, read_submissions(submissions))
    homes = dict(
        CleanRow.objects.exclude(household_id=None).values_list("record_id", "household_id")
    )

    at_once, read_back = at_hand(records, homes, now=timezone.now()), load_records()

    assert len(read_back.records) == len(arrived)
    assert any(record.members and record.incomes for record in read_back.records)
    assert at_once.records == read_back.records
    assert at_once.held == read_back.held


def test_night_after_finds_what_arrival_found(arrived: list[CleanRow]) -> None:
    found = set(QualityFlag.objects.filter(origin="quality").values_list("code", flat=True))

    run = check_quality()

    opened = QualityFlag.objects.filter(origin="quality").exclude(code__in=found)
    assert found
    assert run.closed == 0
    assert not [code for code in opened.values_list("code", flat=True) if on_arrival(code)]


def on_arrival(code: str) -> bool:
    return BY_CODE[code].when == ARRIVAL
