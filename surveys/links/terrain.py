"""sketch_of: the points of a case's records on a small map, with districts where they are far."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from surveys.links.sides import Side, Sides
from surveys.links.sketch import OUTLINES_FROM_M, Point, Ring, Sketch, extent_m, sketch
from surveys.places.models import Place

_DISTRICT = 2  # position of the district's code in a path
_MOST_OUTLINES = 6


def sketch_of(sides: Sides) -> Sketch | None:
    """None where fewer than two records have a point. A query only where they are kilometres
    apart.
    """
    located = [side for side in sides.seen if side.features and side.features.latitude is not None]
    points = [point for side in located if (point := _point(side))]
    if len(points) > 1 and extent_m(points) > OUTLINES_FROM_M:
        return sketch(points, list(_outlines(located)))
    return sketch(points)


def _point(side: Side) -> Point | None:
    features = side.features
    if features is None or features.latitude is None or features.longitude is None:
        return None
    return Point(
        str(side.number), features.latitude, features.longitude, features.accuracy_m or 0.0
    )


def _outlines(sides: Sequence[Side]) -> Iterator[Ring]:
    paths = [side.place.path.split("/") for side in sides if side.place]
    codes = {path[_DISTRICT] for path in paths if len(path) > _DISTRICT}
    places = Place.objects.filter(code__in=codes, boundary__isnull=False).order_by("code")
    for place in places[:_MOST_OUTLINES]:
        yield from _rings(place.boundary)


def _rings(geometry: Any) -> Iterator[Ring]:
    """The outer rings of a GeoJSON polygon or multipolygon."""
    polygons = geometry["coordinates"]
    for polygon in [polygons] if geometry["type"] == "Polygon" else polygons:
        ring = [(float(corner[0]), float(corner[1])) for corner in polygon[0]]
        if any(one != other for one, other in pairwise(ring)):
            yield ring
