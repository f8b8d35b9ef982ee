"""When interviews begin: by weekday and hour, for who sees their places."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from surveys.places.models import Place
from surveys.quality.check import check_quality
from surveys.quality.time_use import time_use_of, week_of
from tests.surveys.quality.conftest import Registered
from tests.surveys.quality.invented import MORNING, record

PAGE = {"headers": {"accept": "text/html"}}
NIGHT = "2014-06-03T17:20:00.000+00:00"  # a Tuesday, 23:20 in Osh


def test_interviews_are_counted_by_the_weekday_and_hour_of_the_field() -> None:
    late = record(at=MORNING + timedelta(hours=13))
    lines = time_use_of([record(), record(), late, record(enumerator="K002"),
                         replace(record(), started=None)])  # fmt: skip

    assert [(each.enumerator, each.counts) for each in lines] == [
        ("K001", [[1, 10, 2], [1, 23, 1]]),
        ("K002", [[1, 10, 1]]),
    ]


def test_week_has_all_days_and_the_usual_hours_and_is_darkest_where_most_began() -> None:
    week = week_of([{"counts": [[1, 10, 4], [6, 23, 1]]}])

    assert list(week.hours) == list(range(8, 24))
    assert week.by_day == [0, 4, 0, 0, 0, 0, 1]
    assert (week.days[1][2].count, week.days[1][2].shade) == (4, 4)
    assert (week.days[6][-1].count, week.days[6][-1].shade) == (1, 1)
    assert week.days[0][0].shade == 0
    assert week_of([]).interviews == 0


@pytest.mark.django_db
def test_page_report_and_workbook_tell_it_of_the_places_the_reader_sees(
    as_alice: Client, as_dilnoza: Client, registered: Registered, naryn: Place
) -> None:
    registered(enum_code="K111", start=NIGHT)
    registered(enum_code="K222", start=NIGHT, place=naryn)
    check_quality()

    def told(client: Client) -> set[tuple[str, int, str]]:
        rows = client.get("/api/v1/quality/report/").json()["time_use"]
        return {(row["enumerator"], row["weekday"], str(row["hours"])) for row in rows}

    assert told(as_alice) == {("", 2, "{'23': 2}"), ("K111", 2, "{'23': 1}"),
                              ("K222", 2, "{'23': 1}")}  # fmt: skip
    assert told(as_dilnoza) == {("", 2, "{'23': 1}"), ("K111", 2, "{'23': 1}")}
    page = as_dilnoza.get("/quality/time-use/", **PAGE).content.decode()
    assert "K222" not in page
    assert "1 interview, by the clock of the field." in page
    assert '<td class="number shade-4">1</td>' in page
    one = as_alice.get("/quality/time-use/?enumerator=K222", **PAGE).content.decode()
    assert "1 interview, by the clock of the field." in one
    book = load_workbook(io.BytesIO(as_dilnoza.get("/quality/report.xlsx").content))
    rows = list(book["time use by weekday"].iter_rows(values_only=True))
    assert [row[-1] for row in rows if row[:2] == ("K111", 2)] == [1]
    assert "K222" not in {row[0] for row in rows}


@pytest.mark.django_db
def test_page_asks_the_same_however_many_enumerators(
    as_alice: Client, registered: Registered
) -> None:
    def queries() -> int:
        check_quality()
        with CaptureQueriesContext(
            connection,
        ) as found:
            as_alice.get("/quality/time-use/", **PAGE)
        return len(found)

    registered()
    few = queries()
    for _ in range(5):
        registered()
    assert queries() == few


@pytest.fixture
def khatlon(db: None) -> Place:
    return Place.objects.create(
        code="TJ04000000000", level=Place.Level.OBLAST, path="TJ/TJ04000000000", name_en="Khatlon"
    )


@pytest.mark.django_db
def test_hour_is_that_of_the_country_where_the_interview_was(
    as_alice: Client, registered: Registered, khatlon: Place
) -> None:
    registered(enum_code="K111", start=NIGHT)
    registered(enum_code="T111", start=NIGHT, place=khatlon)
    check_quality()

    rows = as_alice.get("/api/v1/quality/report/").json()["time_use"]

    assert {row["enumerator"]: row["hours"] for row in rows} == {
        "": {"22": 1, "23": 1},
        "K111": {"23": 1},
        "T111": {"22": 1},
    }
