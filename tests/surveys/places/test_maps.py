"""Maps say what the table says, without colour; what is withheld is not in the drawing."""

import json
import re
from xml.etree import ElementTree

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.places.labels import Label, Spot, place_labels, spot_of
from surveys.places.load import SHIPPED
from surveys.places.maps import Area, Map, Value, draw_map, shades_of

SVG = "{http://www.w3.org/2000/svg}"


def square(code: str, west: float, south: float, size: float = 1, name: str = "") -> Area:
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return Area(code, name or code, {"type": "Polygon", "coordinates": [ring]})


A, B, C = square("A", 70, 40), square("B", 71, 40), square("C", 72, 40)


def drawn(found: Map) -> ElementTree.Element:
    return ElementTree.fromstring(found.svg)


def classes(found: Map) -> dict[str, str]:
    """Title → class of each area."""
    paths = drawn(found).findall(f"{SVG}path")
    return {str(p.findtext(f"{SVG}title")): str(p.get("class")) for p in paths}


def texts(found: Map) -> list[str]:
    return [str(text.text) for text in drawn(found).iter(f"{SVG}text")]


def shipped() -> list[Area]:
    outlines = json.loads((SHIPPED / "admin2_boundaries.geojson").read_text())["features"]
    return [Area(f["properties"]["code"], "District", f["geometry"]) for f in outlines]


def test_values_are_written_and_shaded_by_their_size() -> None:
    found = draw_map("m", "Families", [A, B, C], {"A": Value(5, "5"), "B": Value(90, "90")})

    assert classes(found) == {"A: 5": "shade-1", "B: 90": "shade-2", "C": "bare"}
    assert {"5", "90"} <= set(texts(found))
    assert [(s.rank, s.low, s.high) for s in found.shades] == [(1, "5", "5"), (2, "90", "90")]


def test_withheld_value_is_hatched_and_nowhere_in_the_drawing() -> None:
    found = draw_map("m", "Families", [A, B], {"A": Value(None, "<5"), "B": Value(90, "90")})

    assert classes(found)["A"] == "hidden"
    assert "5" not in "".join(texts(found))
    assert found.has_hidden
    hatched = next(p for p in drawn(found).findall(f"{SVG}path") if p.get("class") == "hidden")
    assert hatched.get("fill") == "url(#m-hatch)"


def test_code_without_an_outline_is_told() -> None:
    found = draw_map("m", "t", [A], {"A": Value(1, "1"), "unknown": Value(2, "2")})

    assert found.unmatched == ("unknown",)


def test_nothing_to_draw_is_no_drawing() -> None:
    assert draw_map("m", "t", [A], {}).svg == ""
    assert draw_map("m", "t", [], {"A": Value(1, "1")}).svg == ""


def test_names_are_text_and_never_markup() -> None:
    evil = square("A", 70, 40, name='<script>"Ӯ"</script>')
    found = draw_map("m", '"><script>', [evil], {"A": Value(1, "<b>")})

    assert drawn(found).find(f".//{SVG}script") is None
    assert drawn(found).get("aria-label") == '"><script>'
    assert "<b>" in texts(found)


def test_no_style_that_a_policy_would_forbid() -> None:
    found = draw_map("m", "t", [A], {"A": Value(1, "1")})

    assert "style=" not in found.svg


def test_equal_values_share_a_shade_and_there_are_five_at_most() -> None:
    values = {str(n): Value(n // 10, str(n // 10)) for n in range(200)}
    shades, ranks = shades_of(values)

    assert len(shades) == 5
    for n in range(0, 200, 10):
        assert len({ranks[str(each)] for each in range(n, n + 10)}) == 1


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 9), min_size=1, max_size=60))
def test_larger_value_never_has_a_lighter_shade(numbers: list[int]) -> None:
    values = {str(at): Value(n, str(n)) for at, n in enumerate(numbers)}
    shades, ranks = shades_of(values)

    ordered = [ranks[code] for code in sorted(values, key=lambda code: values[code].number or 0)]
    assert ordered == sorted(ordered)
    assert set(ordered) == {shade.rank for shade in shades}


def test_every_shipped_district_is_drawn_with_its_value_inside_the_picture() -> None:
    areas = shipped()
    values = {area.code: Value(n + 100, str(n + 100)) for n, area in enumerate(areas)}
    found = draw_map("m", "t", areas, values)

    written = [t for t in drawn(found).iter(f"{SVG}text") if t.get("class") == "value"]
    width, height = map(float, str(drawn(found).get("viewBox")).split()[2:])
    assert sorted(str(t.text) for t in written) == sorted(v.words for v in values.values())
    assert all(0 < float(t.get("x", 0)) < width for t in written)
    assert all(0 < float(t.get("y", 0)) < height for t in written)
    assert len(found.svg) < 80_000
    assert found.unmatched == ()


def test_no_value_covers_another_where_all_districts_have_one() -> None:
    areas = shipped()
    found = draw_map("m", "t", areas, {area.code: Value(150, "150") for area in areas})

    boxes = [
        (float(t.get("x", 0)), float(t.get("y", 0)))
        for t in drawn(found).iter(f"{SVG}text")
        if t.get("class") == "value"
    ]
    meeting = [
        (a, b)
        for at, a in enumerate(boxes)
        for b in boxes[at + 1 :]
        if abs(a[0] - b[0]) < 23 and abs(a[1] - b[1]) < 11
    ]
    assert meeting == []


def test_value_stands_in_the_widest_part_of_a_bent_area() -> None:
    ring = [(0.0, 0.0), (100.0, 0.0), (100.0, 40.0), (10.0, 40.0), (10.0, 100.0), (0.0, 100.0)]
    spot = spot_of([ring])

    assert (spot.width, spot.x) == (100, 50)
    assert spot.y < 40


def test_hole_is_not_part_of_an_area() -> None:
    ring = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]
    hole = [(20.0, 5.0), (98.0, 5.0), (98.0, 95.0), (20.0, 95.0)]

    assert spot_of([ring, hole]).width == 20


def test_name_is_written_only_where_all_of_it_has_room() -> None:
    wide, narrow = Spot(200, 50, 300), Spot(500, 50, 20)
    found = place_labels([Label(wide, "7", "Nookat"), Label(narrow, "8", "Aravan")], 700, 100)

    assert "Nookat" in "".join(found)
    assert "Aravan" not in "".join(found)


def test_map_of_one_small_place_fills_the_picture() -> None:
    small = square("A", 70, 40, size=0.05)
    found = draw_map("m", "t", [small, B], {"A": Value(1, "1")})

    points = re.findall(r"M([\d.]+) ([\d.]+)", str(drawn(found).findall(f"{SVG}path")[-1].get("d")))
    assert float(points[0][0]) < 20
