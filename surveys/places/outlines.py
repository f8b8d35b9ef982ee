"""The districts of today with their outlines, as maps need them, named in the reader's language."""

from collections import defaultdict
from typing import Any

from surveys.places.maps import Area
from surveys.places.models import Place
from surveys.places.naming import name_of


def district_outlines() -> list[Area]:
    """By code. A district that was merged adds its outline to that of the one it belongs to now.

    One query, and one more for each link of the longest chain of mergers.
    """
    districts = Place.objects.filter(level=Place.Level.DISTRICT).order_by("code")
    drawn: dict[str, list[Any]] = defaultdict(list)
    now = districts.today()
    for district in districts:
        drawn[now[district.pk].code] += _polygons(district.boundary)
    names = {place.code: name_of(place) for place in now.values()}
    return [
        Area(code, names[code], {"type": "MultiPolygon", "coordinates": polygons})
        for code, polygons in drawn.items()
        if polygons
    ]


def _polygons(boundary: Any) -> list[Any]:
    if not boundary:
        return []
    found: list[Any] = boundary["coordinates"]
    return [found] if boundary["type"] == "Polygon" else found
