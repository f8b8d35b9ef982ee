"""A point and the outline of its district → a small drawn map. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 280, 180  # of the drawing, in its own units
_MARGIN = 10
Ring = Sequence[tuple[float, float]]  # longitude, latitude


@dataclass(frozen=True, slots=True)
class Spot:
    """`outlines` are SVG paths; the point may lie outside of them, and is drawn there."""

    latitude: float
    longitude: float
    x: float
    y: float
    outlines: tuple[str, ...]
    width: int = WIDTH
    height: int = HEIGHT


def draw_spot(latitude: float, longitude: float, rings: Iterable[Ring]) -> Spot:
    """North is up; a degree of longitude is as short as it is at that latitude."""
    drawn = [list(ring) for ring in rings]
    corners = [corner for ring in drawn for corner in ring] + [(longitude, latitude)]
    narrow = math.cos(math.radians(latitude))
    west, east = min(c[0] for c in corners), max(c[0] for c in corners)
    south, north = min(c[1] for c in corners), max(c[1] for c in corners)
    unit = min(
        (WIDTH - 2 * _MARGIN) / max((east - west) * narrow, 1e-4),
        (HEIGHT - 2 * _MARGIN) / max(north - south, 1e-4),
    )

    def place(corner: tuple[float, float]) -> tuple[float, float]:
        x = WIDTH / 2 + (corner[0] - (west + east) / 2) * narrow * unit
        y = HEIGHT / 2 - (corner[1] - (south + north) / 2) * unit
        return round(x, 1), round(y, 1)

    paths = tuple("M" + "L".join(f"{x},{y}" for x, y in map(place, ring)) + "z" for ring in drawn)
    return Spot(latitude, longitude, *place((longitude, latitude)), paths)
