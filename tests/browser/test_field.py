"""The field board in Chromium: letters, a long code, four weeks of days, nothing yet."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow, QualityFlag
from tests.browser.visitor import Visitor
from tests.surveys.datasets.records import make_record, publish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CODES = ("Ө-07 Гүлнара", "Ҷ-12 Қӯрғонтеппа", "enumerator.with.a.long.user.name@mahalla.example.org")


def test_supervisor_sees_who_stands_out(visitor: Visitor, alice: User) -> None:
    form, now = publish(), timezone.now()
    for number in range(36):
        code = CODES[number % 3]
        ended = now - timedelta(days=number // 3 % 7, minutes=3)
        began = ended - timedelta(minutes=7 if code == CODES[1] else 45)
        answers = {"enum_code": code, "start": began.isoformat(), "end": ended.isoformat()}
        record = make_record(form, answers)
        CleanRow.objects.filter(pk=record.pk).update(received_at=now, submitted_at=ended)
        if code == CODES[1]:
            QualityFlag.objects.create(submission=record.submission, code="clock_ahead")
    visitor.log_in("alice")
    visitor.open("/").get_by_role("link", name="Field").click()

    row = visitor.page.get_by_role("row", name=CODES[1])
    expect(row.locator("b").first).to_have_text("7.0")
    visitor.page.get_by_label("Days").select_option("28")
    visitor.page.get_by_role("button", name="Show").click()
    expect(visitor.page.get_by_role("columnheader")).to_have_count(1 + 28 + 7)
    visitor.open("/field/?days=28")


def test_board_without_interviews_says_so(visitor: Visitor, alice: User) -> None:
    visitor.log_in("alice")

    expect(visitor.open("/field/").get_by_text("No interview yet")).to_be_visible()
