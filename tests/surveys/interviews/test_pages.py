"""The field board as a supervisor and others meet it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.interviews.templatetags.interview_words import clock
from surveys.places.models import Place
from surveys.submissions.models import Submission
from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record

PAGE = {"headers": {"accept": "text/html"}}


def text(client: Client, query: str = "") -> str:
    answer = client.get(f"/field/{query}", **PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def figures(page: str) -> list[list[str]]:
    """The cells of each row of the table of enumerators, the head left out."""
    table = page.split('<table id="enumerators" class="stacked headed">')[1].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1], re.DOTALL)
    return [
        [
            re.sub(r"<[^>]+>", "", cell).strip()
            for cell in re.findall(r"<t[hd][^>]*>.*?</t[hd]>", row)
        ]
        for row in rows
    ]


def interviewed(form: Form, place: Place, code: str, minutes: int = 30, **answers: Any) -> CleanRow:
    # Yesterday at noon: at night, each would stand out.
    now = timezone.localtime().replace(hour=12) - timedelta(days=1)
    record = make_record(
        form,
        {
            "enum_code": code,
            "start": (now - timedelta(minutes=minutes)).isoformat(),
            "end": now.isoformat(),
            **answers,
        },
        place=place,
    )
    CleanRow.objects.filter(pk=record.pk).update(received_at=now, submitted_at=now)
    return record


def test_board_counts_by_enumerator_what_the_supervisor_sees(
    as_dilnoza: Client, form: Form, alai: Place, naryn: Place
) -> None:
    record = interviewed(form, alai, "Ө-07")
    interviewed(form, alai, "Ө-07", minutes=50)
    interviewed(form, naryn, "elsewhere")
    QualityFlag.objects.create(submission=record.submission, code="clock_ahead")

    page = text(as_dilnoza)

    one, team = figures(page)
    assert one[0] == "Ө-07"
    assert one[1:] == ["2", "40", "0.0 h", "50%", "0%", "", "1", "2", *[""] * 6]
    assert team[1:] == one[1:]
    assert "elsewhere" not in page


def test_record_without_a_code_counts_for_the_account_that_sent_it(
    as_dilnoza: Client, form: Form, alai: Place, charlie: User
) -> None:
    record = interviewed(form, alai, "")
    Submission.objects.filter(pk=record.submission_id).update(submitted_by=charlie)
    interviewed(form, alai, "")

    assert [row[0] for row in figures(text(as_dilnoza))] == ["charlie", "not said", "All together"]


def test_records_rejected_or_sent_back_are_not_accepted(
    as_dilnoza: Client, form: Form, alai: Place
) -> None:
    for state in ("received", "rejected", "has_issues", "approved"):
        record = interviewed(form, alai, "E1")
        Submission.objects.filter(pk=record.submission_id).update(review_state=state)

    assert figures(text(as_dilnoza))[0][5] == "50%"


def test_enumerators_name_is_text_on_the_page(as_dilnoza: Client, form: Form, alai: Place) -> None:
    interviewed(form, alai, "<b>E</b>")

    assert "<b>E</b>" not in text(as_dilnoza)


def test_one_form_and_a_longer_time_may_be_asked(
    as_dilnoza: Client, form: Form, alai: Place
) -> None:
    interviewed(form, alai, "E1")

    assert len(figures(text(as_dilnoza, "?days=28&form=visit"))[0]) == 1 + 28 + 7


@pytest.mark.parametrize("query", ["?days=0", "?days=x", "?days=1000000", "?days=7%00"])
def test_days_nobody_offers_are_refused(as_dilnoza: Client, query: str) -> None:
    assert as_dilnoza.get(f"/field/{query}", **PAGE).status_code == 400


def test_unknown_form_is_not_found(as_dilnoza: Client) -> None:
    assert as_dilnoza.get("/field/?form=nothing", **PAGE).status_code == 404


def test_empty_board_says_so(as_dilnoza: Client) -> None:
    assert "No interview yet" in text(as_dilnoza)


def test_board_between_two_rounds_shows_the_end_of_the_last(
    as_dilnoza: Client, form: Form, alai: Place
) -> None:
    old, ahead = interviewed(form, alai, "E1"), interviewed(form, alai, "E2")
    now = timezone.now()
    CleanRow.objects.filter(pk=old.pk).update(submitted_at=now - timedelta(days=200))
    answers = {"enum_code": "E1", "end": (now - timedelta(days=200)).isoformat()}
    CleanRow.objects.filter(pk=old.pk).update(values=answers)
    CleanRow.objects.filter(pk=ahead.pk).update(submitted_at=now + timedelta(days=400))

    assert [row[:2] for row in figures(text(as_dilnoza))] == [["E1", "1"], ["All together", "1"]]


def test_times_that_cannot_be_read_break_nothing(
    as_dilnoza: Client, form: Form, alai: Place
) -> None:
    interviewed(form, alai, "E1", start="2026-13-45T99:00", end=7)

    assert figures(text(as_dilnoza))[0][0] == "E1"


def test_analyst_may_not_see_the_board(as_bob: Client) -> None:
    assert as_bob.get("/field/", **PAGE).status_code == 403


def test_number_of_queries_does_not_grow(as_dilnoza: Client, form: Form, alai: Place) -> None:
    interviewed(form, alai, "E0")
    with CaptureQueriesContext(
        connection,
    ) as few:
        text(as_dilnoza)
    for each in range(5):
        interviewed(form, alai, f"E{each}")
    with CaptureQueriesContext(connection) as many:
        text(as_dilnoza)

    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (-59, "right"), (120, "+2 min"), (-7_200, "−2 h"), (-395_107_200, "−4,573 d")],
)
def test_clock_that_is_off_is_told_in_its_largest_unit(seconds: int | None, words: str) -> None:
    assert clock(seconds) == words
