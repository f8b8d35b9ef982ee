"""Points → a small drawn map: a scale in metres, outlines only where it is kilometres. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SIZE = 260  # of the drawing, in its own units
_MARGIN = 34
_LEAST_M = 40  # shown, so that the error of a GPS does not look like a distance
METRES_A_DEGREE = 111_195
OUTLINES_FROM_M = 4_000
Ring = Sequence[tuple[float, float]]  # longitude, latitude


@dataclass(frozen=True, slots=True)
class Point:
    label: str
    latitude: float
    longitude: float
    accuracy_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A point on the drawing; `radius` is its accuracy. Labels of near points do not overlap."""

    label: str
    x: float
    y: float
    radius: float
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True)
class Sketch:
    dots: tuple[Dot, ...]
    outlines: tuple[str, ...]  # paths
    scale: float  # length of the bar on the drawing
    scale_words: str
    size: int = SIZE


def sketch(points: Sequence[Point], outlines: Iterable[Ring] = ()) -> Sketch | None:
    """None without two points: one alone says nothing."""
    if len(points) < 2:
        return None
    middle = (
        (max(p.latitude for p in points) + min(p.latitude for p in points)) / 2,
        (max(p.longitude for p in points) + min(p.longitude for p in points)) / 2,
    )
    span = max(extent_m(points), _LEAST_M)
    unit = (SIZE - 2 * _MARGIN) / span  # drawing units a metre

    def place(longitude: float, latitude: float) -> tuple[float, float]:
        east = (longitude - middle[1]) * METRES_A_DEGREE * math.cos(math.radians(middle[0]))
        north = (latitude - middle[0]) * METRES_A_DEGREE
        return round(SIZE / 2 + east * unit, 1), round(SIZE / 2 - north * unit, 1)

    dots: list[Dot] = []
    for point in points:
        x, y = place(point.longitude, point.latitude)
        near = sum(abs(d.x - x) < 14 and abs(d.y - y) < 14 for d in dots)
        radius = round(min(point.accuracy_m * unit, SIZE / 2), 1)
        dots.append(Dot(point.label, x, y, radius, x + 9 + 12 * near, y + 4))
    drawn = tuple(_path([place(*corner) for corner in ring]) for ring in outlines)
    length = _round_length(span / 3)
    return Sketch(tuple(dots), drawn, round(length * unit, 1), distance_words(length))


def extent_m(points: Sequence[Point]) -> float:
    """The longer side of what holds them all, metres."""
    latitudes, longitudes = [p.latitude for p in points], [p.longitude for p in points]
    middle = math.radians((max(latitudes) + min(latitudes)) / 2)
    north = (max(latitudes) - min(latitudes)) * METRES_A_DEGREE
    east = (max(longitudes) - min(longitudes)) * METRES_A_DEGREE * math.cos(middle)
    return max(north, east)


def distance_words(metres: float) -> str:
    """12 m, 340 m, 5.2 km, 120 km."""
    if metres < 1_000:
        return f"{metres:.0f} m"
    digits = 1 if metres < 10_000 and metres % 1_000 else 0
    return f"{metres / 1_000:.{digits}f} km"


def _round_length(metres: float) -> float:
    """1, 2 or 5 of the power of ten below."""
    power = 10.0 ** math.floor(math.log10(metres))
    return float(next(step * power for step in (5, 2, 1) if step * power <= metres))


def _path(corners: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in corners) + "Z"
