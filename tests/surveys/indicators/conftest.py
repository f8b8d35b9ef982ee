"""Thirty families with their services and endline visits, for the API and the pages."""

import pytest

from surveys.indicators.compute import compute_indicators
from tests.surveys.indicators.season import ALAI, ASHT, KARA_SUU, Season, fill_tables, income


@pytest.fixture
def season(db: None) -> Season:
    """Thirty families: twelve in Alai, eleven in Kara-Suu, seven in Asht; two quarters."""
    season = Season()
    fill_tables()
    for n in range(30):
        district = ALAI if n < 12 else KARA_SUU if n < 23 else ASHT
        money = "TJS" if district == ASHT else "KGS"
        home = season.family(
            district,
            head_sex="female" if n % 3 else "male",
            sources=[income("craft", 100, currency=money)],
        )
        season.service(home, "2014-08-01" if n % 2 else "2014-11-01", district)
        season.endline(home, sources=[income("craft", 100 + n, currency=money)])
    compute_indicators()
    return season
