"""kilometres_outside: how far a point lies beyond an outline. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import cos, hypot, radians

KM_A_DEGREE = 111.2  # of latitude
Polygons = Sequence[Sequence[Sequence[Sequence[float]]]]  # GeoJSON's: longitude, latitude
_Edge = tuple[float, float, float, float]


def kilometres_outside(lat: float, lon: float, polygons: Polygons) -> float:
    """0 inside; else to the nearest edge, on a plane around the point: exact enough for a district.

    >>> round(kilometres_outside(0.5, 1.1, [[[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]]), 1)
    11.1
    """
    edges = list(_edges(lat, lon, polygons))
    if sum(map(_is_crossed, edges)) % 2 or not edges:  # holes are crossed twice
        return 0.0
    return min(map(_away, edges))


def _edges(lat: float, lon: float, polygons: Polygons) -> Iterator[_Edge]:
    """In kilometres, seen from the point."""
    east = KM_A_DEGREE * cos(radians(lat))
    for rings in polygons:
        for ring in rings:
            seen = [((x - lon) * east, (y - lat) * KM_A_DEGREE) for x, y, *_ in ring]
            yield from ((*one, *other) for one, other in pairwise(seen))


def _is_crossed(edge: _Edge) -> bool:
    """By a ray from the point to the east."""
    x, y, to_x, to_y = edge
    return (y > 0) != (to_y > 0) and x + (to_x - x) * -y / (to_y - y) > 0


def _away(edge: _Edge) -> float:
    x, y, to_x, to_y = edge
    wide, high = to_x - x, to_y - y
    length = wide * wide + high * high
    along = min(1.0, max(0.0, -(x * wide + y * high) / length)) if length else 0.0
    return hypot(x + along * wide, y + along * high)
