"""An indicator by district in Chromium: the map, one row a district, the file."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from backend.accounts.models import User
from surveys.indicators.compute import compute_indicators
from surveys.places.load import SHIPPED, load_boundaries
from tests.browser.visitor import Visitor
from tests.surveys.indicators.season import ALAI, ASHT, KARA_SUU, Season, fill_tables

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def season(db: None) -> Season:
    """Three districts with an outline; Asht has too few families to be shown."""
    season = Season()
    fill_tables()
    load_boundaries(SHIPPED / "admin2_boundaries.geojson")
    for district, families in ((ALAI, 24), (KARA_SUU, 17), (ASHT, 3)):
        for n in range(families):
            home = season.family(district, head_sex="female" if n % 2 else "male")
            season.service(home, "2014-08-01", district)
    compute_indicators()
    return season


def test_analyst_sees_the_map_one_row_a_district_and_takes_the_file(
    visitor: Visitor, bob: User, season: Season, tmp_path: Path
) -> None:
    visitor.log_in("bob")
    page = visitor.open("/indicators/O3.1/?by=district,head_sex")

    expect(page.locator("svg.map[role=img]")).to_be_visible()
    expect(page.get_by_text("withheld: too few to show")).to_be_visible()
    expect(page.locator("#pivot tbody tr")).to_have_count(3)
    with page.expect_download() as download:
        page.get_by_role("link", name="GeoJSON").click()
    download.value.save_as(tmp_path / "o31.geojson")
    found = json.loads((tmp_path / "o31.geojson").read_text())
    assert {each["id"] for each in found["features"]} == {ALAI, KARA_SUU, ASHT}
    assert found["unmatched"] == []
