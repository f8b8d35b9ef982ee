"""Indicators in Chromium, at a desk and on a phone: report the quarter, and what stands behind."""

import pytest
from playwright.sync_api import expect

from backend.accounts.models import User
from surveys.indicators.compute import compute_indicators
from surveys.indicators.models import FrozenResult, Target
from tests.browser.visitor import Visitor
from tests.surveys.indicators.season import ALAI, ASHT, KARA_SUU, Season, fill_tables, income

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def season(db: None) -> Season:
    season = Season()
    fill_tables()
    Target.objects.create(indicator="O3.1", value=60)
    for n in range(45):
        district = (ALAI, KARA_SUU, ASHT)[n % 3]
        money = "TJS" if district == ASHT else "KGS"
        home = season.family(
            district,
            sources=[income("craft", 100 + n, currency=money)],
            head_sex="female" if n % 4 else "male",
            hh_size=3 + n % 4,
            **dict.fromkeys(("FCSStap", "FCSPulse", "FCSDairy", "FCSPr"), n % 8),
            **dict.fromkeys(("FCSVeg", "FCSFruit", "FCSFat", "FCSSugar", "FCSCond"), 3),
        )
        season.service(home, f"2014-{7 + n % 6:02}-01", district)
        season.endline(home, sources=[income("craft", 90 + 2 * n, currency=money)])
    season.family(KARA_SUU)
    compute_indicators()
    return season


def test_manager_reports_the_quarter(visitor: Visitor, alice: User, season: Season) -> None:
    visitor.log_in("alice")
    page = visitor.open("/indicators/")
    expect(page.get_by_role("link", name="O3.1 Families with access")).to_contain_text("45")
    page.get_by_role("link", name="O3.1 Families with access").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("O3.1")

    page.get_by_label("Broken down by").select_option("district")
    page.get_by_label("Period", exact=True).select_option("2014Q3")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("svg.bars").first).to_be_visible()
    expect(page.get_by_role("row", name="Alai 8")).to_be_visible()

    page.get_by_text("Freeze a period").click()
    page.get_by_label("What for?").fill("Report to the donor, third quarter")
    page.get_by_label("Which period?").select_option("2014Q3")
    page.get_by_role("button", name="Freeze", exact=True).click()
    expect(page.get_by_text("Frozen. What changes from now on")).to_be_visible()
    assert FrozenResult.objects.get().period == "2014Q3"

    season.service(season.family(ASHT), "2014-09-01", ASHT)
    compute_indicators()
    page = visitor.open("/indicators/O3.1/")
    expect(page.get_by_text("families: 24 → 25")).to_be_visible()


def test_number_opens_the_households_behind_it(
    visitor: Visitor, alice: User, season: Season
) -> None:
    visitor.log_in("alice")
    page = visitor.open("/indicators/O3.1/?by=oblast")
    page.get_by_role("row", name="Osh").get_by_role("link").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Households behind the number")
    expect(page.get_by_text("30 rows.")).to_be_visible()
    page = visitor.open("/indicators/O3.1/")
    page.get_by_role("row", name="no service yet").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Households left out")


@pytest.mark.parametrize(
    "path",
    [
        "O3.2/", "O3.3/", "O3.3/?by=head_sex", "P3/", "P6/?by=oblast", "FCS/?by=district", "LCS/",
        "tables/", "O3.1/households/?status=dropped",
    ],
)  # fmt: skip
def test_page_is_clean_and_fits(visitor: Visitor, alice: User, season: Season, path: str) -> None:
    visitor.log_in("alice")

    expect(visitor.open(f"/indicators/{path}").get_by_role("heading", level=1)).to_be_visible()
