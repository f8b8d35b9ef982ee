"""Indicators in Chromium, at a desk and on a phone: report the quarter, and what stands behind."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect
from pypdf import PdfReader

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


def test_manager_loads_rates_reports_the_quarter_and_sees_what_changed_since(
    visitor: Visitor, alice: User, season: Season, tmp_path: Path
) -> None:
    """The whole story: parameters, run, look, freeze, files, a late record, its restatement."""
    visitor.log_in("alice")
    page = visitor.open("/indicators/tables/")
    sheet = tmp_path / "targets.csv"
    sheet.write_text("indicator,period,value\nO3.1,2014Q3,30\n")
    page.get_by_label("Table").select_option("targets")
    page.get_by_label("CSV or XLSX").set_input_files(sheet)
    page.get_by_role("button", name="Load").click()
    expect(page.get_by_text("1 rows are loaded.")).to_be_visible()
    page = visitor.open("/indicators/")
    page.get_by_role("button", name="Compute now").click()
    expect(page.get_by_text("They are being computed.")).to_be_visible()
    compute_indicators()  # what the worker does

    for code in ("O3.1", "O3.2", "O3.3"):
        page = visitor.open(f"/indicators/{code}/?period=2014Q3")
        expect(page.get_by_role("heading", level=1)).to_contain_text(code)
        page.get_by_text("Freeze a period").click()
        page.get_by_label("What for?").fill("Report to the donor, third quarter")
        page.get_by_label("Which period?").select_option("2014Q3")
        page.get_by_role("button", name="Freeze", exact=True).click()
        expect(page.get_by_text("Frozen. What changes from now on")).to_be_visible()

    reported = fetched_report(visitor)
    assert "Families with access to livelihood services 24" in reported
    assert "Target 30; reached 80%" in reported
    page = visitor.open("/indicators/O3.1/?period=2014Q3")
    with page.expect_download() as download:
        page.get_by_role("link", name="XLSX").click()
    book = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    figures = [dict(zip(*pair, strict=True)) for pair in pairs(book["figures"])]
    assert [f["value"] for f in figures if f["measure"] == "families"] == [24]

    season.service(season.family(ASHT), "2014-09-01", ASHT)  # a tablet that came late
    compute_indicators()
    page = visitor.open("/indicators/O3.1/")
    expect(page.get_by_text("families: 24 → 25")).to_be_visible()
    assert fetched_report(visitor) == reported


def fetched_report(visitor: Visitor) -> str:
    """By the form on the list; the words of its one page."""
    page = visitor.open("/indicators/")
    form = page.get_by_role("form", name="Report on one page")
    form.get_by_label("Period").select_option("2014Q3")
    with page.expect_download() as download:
        form.get_by_role("button").click()
    (only,) = PdfReader(download.value.path()).pages
    return " ".join(only.extract_text().split())


def pairs(sheet: Any) -> Iterator[tuple[Any, Any]]:
    """Each row of a sheet beside its header."""
    header, *rows = sheet.iter_rows(values_only=True)
    return ((header, row) for row in rows)


def test_manager_overrides_a_family_and_takes_it_back(
    visitor: Visitor, alice: User, season: Season
) -> None:
    home = season.family(ALAI, vulnerable="no")
    visitor.log_in("alice")
    page = visitor.open(f"/indicators/overrides/?household={home}")
    page.get_by_label("Why? At least ten characters").fill("Visited twice: no income at all")
    page.get_by_role("button", name="Override").click()
    expect(page.get_by_text("Kept. The next run counts the family")).to_be_visible()
    page.get_by_text("Revoke", exact=True).first.click()
    page.get_by_label("Why?", exact=True).fill("It was another family")
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Revoked. The form's own answer")).to_be_visible()
    expect(page.get_by_text("It was another family")).to_be_visible()


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
        "tables/", "O3.1/households/?status=dropped", "overrides/",
    ],
)  # fmt: skip
def test_page_is_clean_and_fits(visitor: Visitor, alice: User, season: Season, path: str) -> None:
    visitor.log_in("alice")

    expect(visitor.open(f"/indicators/{path}").get_by_role("heading", level=1)).to_be_visible()


def test_page_on_paper_has_its_tables_whole_and_nothing_to_press(
    visitor: Visitor, alice: User, season: Season
) -> None:
    visitor.log_in("alice")
    page = visitor.open("/indicators/FCS/?by=district")
    rows = page.locator(".measures tbody tr").count()
    page.emulate_media(media="print")

    for pressed in (page.get_by_role("navigation"), page.get_by_role("button")):
        for each in pressed.all():
            expect(each).to_be_hidden()
    assert page.evaluate("""[...document.querySelectorAll('.wide')].every(
        each => getComputedStyle(each).overflow === 'visible')""")
    printed = " ".join(
        " ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf())).pages).split()
    )
    # What stands at the end of a table would hide its rows if it were said again on each sheet.
    assert rows > 3
    assert [printed.count(name) for name in ("Alai", "Kara-Suu", "Asht")] == [
        page.locator("main").inner_text().count(name) for name in ("Alai", "Kara-Suu", "Asht")
    ]


@pytest.mark.parametrize("by", ["by=district&by=head_sex", "by=oblast"])
def test_numbers_of_several_groups_stay_in_sight(
    visitor: Visitor, alice: User, season: Season, by: str
) -> None:
    """No table of a measure is wider than its frame, neither at a desk nor on a phone."""
    visitor.log_in("alice")

    frames = visitor.open(f"/indicators/FCS/?{by}").locator(".measure .wide")

    assert frames.count()
    cut = frames.evaluate_all("all => all.filter(each => each.scrollWidth > each.clientWidth)")
    assert not cut
