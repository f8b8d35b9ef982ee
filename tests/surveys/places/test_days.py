"""Since yesterday, by the civil day of the country where a thing happened."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from surveys.households.models import Household
from surveys.places.days import since_yesterday
from surveys.places.models import Place

# 18:30 in Greenwich on the tenth: 23:30 in Dushanbe, and half past midnight in Bishkek.
NOW = datetime(2026, 5, 10, 18, 30, tzinfo=UTC)
SINCE = since_yesterday(NOW, ZoneInfo("Asia/Dushanbe"))


def test_yesterday_begins_later_where_it_is_already_tomorrow() -> None:
    assert SINCE.by_country["TJ"] == datetime(2026, 5, 8, 19, tzinfo=UTC)
    assert SINCE.by_country["KG"] == datetime(2026, 5, 9, 18, tzinfo=UTC)
    assert SINCE.elsewhere == SINCE.earliest == SINCE.by_country["TJ"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "hour", "counts"),
    [("KG/A", 17, False), ("KG/A", 18, True), ("TJ/B", 17, True), ("XX/C", 17, True)],
)
def test_moment_is_compared_with_the_day_of_its_country(path: str, hour: int, counts: bool) -> None:
    place = Place.objects.create(code=path[-1], path=path, level=1, name_en="P")
    Household.objects.create(place=place, created_at=datetime(2026, 5, 9, hour, tzinfo=UTC))

    found = Household.objects.filter(SINCE.of("created_at", "place__path"))
    assert found.exists() is counts


@pytest.mark.django_db
def test_what_has_no_place_goes_by_the_other_zone() -> None:
    Household.objects.create(created_at=datetime(2026, 5, 8, 18, 59, tzinfo=UTC))
    late = Household.objects.create(created_at=datetime(2026, 5, 8, 19, tzinfo=UTC))

    assert list(Household.objects.filter(SINCE.of("created_at", "place__path"))) == [late]
