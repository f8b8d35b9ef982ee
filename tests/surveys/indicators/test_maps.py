"""Indicators by district: the map, one row a district, and GeoJSON say what the figures say."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from surveys.indicators.compute import compute_indicators
from surveys.places.load import SHIPPED, load_boundaries
from surveys.places.models import Place
from tests.surveys.indicators.season import ALAI, ASHT, KARA_SUU, Season

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def mapped(season: Season) -> Season:
    """The thirty families, in districts that have an outline."""
    load_boundaries(SHIPPED / "admin2_boundaries.geojson")
    return season


def page_of(client: Client, code: str, **query: str) -> str:
    response = client.get(f"/indicators/{code}/", query)
    assert response.status_code == 200
    return response.content.decode()


def maps_on(page: str) -> list[ElementTree.Element]:
    found = re.findall(r'<svg class="map" viewBox="0 0 \d+ \d+" role="img".*?</svg>', page, re.S)
    return [ElementTree.fromstring(svg) for svg in found]


def titles(svg: ElementTree.Element) -> set[str]:
    return {str(title.text) for title in svg.iter(f"{SVG}title")}


def geojson(client: Client, code: str, **query: str) -> dict[str, Any]:
    response = client.get(f"/api/v1/indicators/{code}/map/", query)
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("application/geo+json")
    return response.json()


def properties(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["id"]: each["properties"] for each in found["features"]}


def test_map_writes_the_number_of_each_district(as_bob: Client, mapped: Season) -> None:
    (svg,) = maps_on(page_of(as_bob, "O3.1", by="district"))

    assert titles(svg) == {"Alai: 12", f"{KARA_SUU}: 11", "Asht: 7"}


def test_share_of_nobody_is_on_no_map(as_bob: Client, mapped: Season) -> None:
    assert maps_on(page_of(as_bob, "P4", by="district")) == []


def test_classes_have_no_map(as_bob: Client, mapped: Season) -> None:
    assert maps_on(page_of(as_bob, "LCS", by="district")) == []


def test_question_four_has_one_row_a_district_with_female_male_and_all(
    as_bob: Client, mapped: Season
) -> None:
    page = page_of(as_bob, "O3.1", by="district,head_sex")
    table = page.split('<table id="pivot">')[1].split("</table>")[0]
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)', table)
    rows = [
        re.findall(r"<t[hd][^>]*>([^<]*)", row)
        for row in re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1])
    ]

    assert heads == ["District", "women", "men", "all"]
    assert sorted((row[0], row[-1]) for row in rows) == sorted(
        [("Alai", "12"), ("Asht", "7"), (KARA_SUU, "11")]
    )
    for row in rows:
        shown = [cell for cell in row[1:3] if cell.isdecimal()]
        assert len(shown) != 1  # one alone would give the other away
        if len(shown) == 2:
            assert sum(map(int, shown)) == int(row[3])


def test_small_number_is_hatched_and_in_no_file(as_bob: Client) -> None:
    season = Season()
    load_boundaries(SHIPPED / "admin2_boundaries.geojson")
    for district, families in ((ALAI, 12), (KARA_SUU, 11), (ASHT, 3)):
        for _ in range(families):
            season.service(season.family(district), "2014-08-01", district)
    compute_indicators()

    page = page_of(as_bob, "O3.1", by="district")
    (svg,) = maps_on(page)
    found = properties(geojson(as_bob, "O3.1"))

    hidden = {code for code, told in found.items() if told["families"] is None}
    assert ASHT in hidden
    assert all(found[code]["families_hidden"] for code in hidden)
    drawn = [path for path in svg.iter(f"{SVG}path") if path.get("class") == "hidden"]
    assert len(drawn) == len(hidden)
    assert "Asht" in titles(svg)  # its name, and no number
    assert "withheld: too few to show" in page


def test_geojson_has_the_figures_joined_by_code(as_bob: Client, mapped: Season) -> None:
    found = geojson(as_bob, "O3.1", by="head_sex")
    figures = as_bob.get("/api/v1/indicators/O3.1/", {"by": "district,head_sex"}).json()["rows"]

    assert found["unmatched"] == []
    assert {each["id"] for each in found["features"]} == {ALAI, KARA_SUU, ASHT}
    for each in found["features"]:
        place = Place.objects.get(code=each["id"])
        assert each["geometry"]["type"] == "MultiPolygon"
        assert each["properties"]["oblast"] == place.parent.code
    for row in figures:
        told = properties(found)[row["group"]["district"]]
        assert told[f"{row['measure']}_{row['group']['head_sex']}"] == row["value"]


def test_code_without_an_outline_is_a_feature_without_geometry_and_told(
    as_bob: Client, season: Season
) -> None:
    found = geojson(as_bob, "O3.1")

    assert found["unmatched"] == sorted([ALAI, KARA_SUU, ASHT])
    assert [each["geometry"] for each in found["features"]] == [None] * 3
    assert maps_on(page_of(as_bob, "O3.1", by="district")) == []


def test_supervisor_gets_the_districts_of_her_places(as_dilnoza: Client, mapped: Season) -> None:
    assert set(properties(geojson(as_dilnoza, "O3.1"))) == {ALAI, KARA_SUU}


def test_enumerator_gets_no_map(as_charlie: Client, mapped: Season) -> None:
    assert as_charlie.get("/api/v1/indicators/O3.1/map/").status_code == 403


def test_merged_district_is_drawn_with_the_one_it_belongs_to(
    as_bob: Client, mapped: Season
) -> None:
    alai = Place.objects.get(code=ALAI)
    Place.objects.filter(code=KARA_SUU).update(merged_into=alai, merged_on="2014-12-01")

    found = geojson(as_bob, "O3.1")

    (feature,) = [each for each in found["features"] if each["id"] == ALAI]
    assert len(feature["geometry"]["coordinates"]) >= 2
    assert KARA_SUU in found["unmatched"]
