"""Time use in Chromium, at a desk and on a phone: when whose interviews begin."""

from dataclasses import asdict
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from backend.accounts.models import User
from surveys.quality.models import QualityRun, QualityTable
from surveys.quality.tables import TIME_USE
from surveys.quality.time_use import time_use_of
from tests.browser.test_quality import photograph
from tests.browser.visitor import Visitor
from tests.surveys.quality.invented import MORNING, record

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def told_of() -> None:
    """A night's table of a fortnight: one asks by day, the other in the evening."""
    days = [MORNING + timedelta(days=n) for n in range(14)]
    records = [
        *(record(at=day + timedelta(hours=n % 5)) for n, day in enumerate(days) for _ in range(n)),
        *(record(at=day + timedelta(hours=12), enumerator="T-Гүлнара") for day in days),
    ]
    run = QualityRun.objects.create(
        began_at=timezone.now(), seconds=1, records=3, found=0, opened=0, reopened=0, closed=0
    )
    rows = [asdict(line) for line in time_use_of(records)]
    QualityTable.objects.create(run=run, name=TIME_USE, rows=rows)


def test_manager_sees_who_asks_in_the_evening(visitor: Visitor, alice: User) -> None:
    visitor.log_in("alice")
    page = visitor.open("/quality/time-use/")
    expect(page.locator("p.empty")).to_be_visible()
    told_of()
    visitor.open("/quality/questions/")
    page.get_by_role("link", name="Time use").click()

    tuesday = page.get_by_role("row").filter(
        has=page.get_by_role("rowheader", name="Tuesday", exact=True)
    )
    expect(tuesday.get_by_role("cell").last).to_have_text("9")
    photograph(visitor, "time-use")
    assert len(page.content()) < 150_000
    assert [
        each["id"]
        for each in Axe().run(page).response["violations"]
        if each["impact"] in {"serious", "critical"}
    ] == []

    page.get_by_label("Enumerator").select_option("T-Гүлнара")
    page.get_by_role("button", name="Show").click()
    expect(tuesday.get_by_role("cell").last).to_have_text("2")
    expect(page.get_by_role("caption")).to_contain_text("T-Гүлнара")
    visitor.shows_whole_tables()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
