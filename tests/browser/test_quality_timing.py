"""Question timing in Chromium, at a desk and on a phone: who passes questions fastest."""

from dataclasses import asdict, replace

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from backend.accounts.models import User
from surveys.quality.audit import Timing
from surveys.quality.models import QualityRun, QualityTable
from surveys.quality.question_times import question_times_of
from surveys.quality.tables import QUESTION_TIMES
from surveys.xforms.schema import Schema
from tests.browser.test_quality import photograph
from tests.browser.visitor import Visitor
from tests.surveys.datasets.records import publish
from tests.surveys.datasets.season import schema_of
from tests.surveys.quality.invented import record

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def told_of(schema: Schema) -> None:
    """A night's table of three interviews on every question of the form."""
    paths = [field.path for field in schema.fields]
    records = [
        replace(
            record(),
            enumerator=who,
            timing=Timing(900, 0, 0, visits={p: at + n % 7 for n, p in enumerate(paths)}),
        )
        for who, at in (("K001", 8.2), ("T-Гүлнара", 1.4), ("K003", 120.5))
    ]
    run = QualityRun.objects.create(
        began_at=timezone.now(), seconds=1, records=3, found=0, opened=0, reopened=0, closed=0
    )
    rows = [asdict(line) for line in question_times_of(records, {schema.form_id: paths})]
    QualityTable.objects.create(run=run, name=QUESTION_TIMES, rows=rows)


def test_manager_sees_who_passes_questions_fastest(visitor: Visitor, alice: User) -> None:
    schema = schema_of("registration")
    publish(schema)
    visitor.log_in("alice")
    page = visitor.open("/quality/timing/")
    expect(page.locator("p.empty")).to_be_visible()
    told_of(schema)
    visitor.open("/quality/questions/")
    page.get_by_role("link", name="Question timing").click()

    consent = page.get_by_role("row").filter(has=page.get_by_text("consent", exact=True))
    expect(consent.get_by_role("cell").nth(3)).to_have_text("T-Гүлнара")
    photograph(visitor, "timing")
    assert len(page.content()) < 150_000

    page.get_by_label("Enumerator").select_option("T-Гүлнара")
    page.get_by_role("button", name="Show").click()

    # at the head of the table, or on a phone before each number
    expect(consent.locator("[data-label*='T-Гүлнара']")).to_have_count(3)
    photograph(visitor, "timing-one")
    visitor.open("/quality/timing/?enumerator=K003")
