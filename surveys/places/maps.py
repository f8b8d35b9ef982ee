"""draw_map: outlines and values → a map as inline SVG, drawn on the server. Pure.

Every value is written in its area, so that the map reads without colour and on paper; a value that
is withheld is hatched and never in the drawing. No style but classes: a page's policy allows it.
Plate carrée around the middle latitude, which is good for two small countries and no statement on
borders.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import cos, inf, radians
from typing import Any

from surveys.places.labels import Label, Point, Ring, place_labels, spot_of

WIDTH, TALLEST, MARGIN = 760.0, 620.0, 12.0  # of the drawing, in its own units
MOST_SHADES = 5
_NEAREST = 0.6  # points closer than this are one


@dataclass(frozen=True, slots=True)
class Area:
    """A place with its outline as GeoJSON has it (Polygon or MultiPolygon, degrees, WGS 84)."""

    code: str
    name: str
    geometry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Value:
    """`words` are written; a value that is withheld has neither number nor words."""

    number: float | None
    words: str = ""

    @property
    def is_hidden(self) -> bool:
        return self.number is None


@dataclass(frozen=True, slots=True)
class Shade:
    """One class of the legend: 1 is the lightest; the words of its smallest and largest value."""

    rank: int
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Map:
    """The drawing, its legend, and the codes of values for which there is no outline."""

    svg: str
    shades: tuple[Shade, ...]
    has_hidden: bool
    unmatched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Degrees → units of the drawing."""

    west: float
    north: float
    squeeze: float  # a degree of longitude, in degrees of latitude
    scale: float
    width: float
    height: float

    def at(self, point: Sequence[float]) -> Point:
        x = (point[0] - self.west) * self.squeeze * self.scale + MARGIN
        return x, (self.north - point[1]) * self.scale + MARGIN


def draw_map(name: str, title: str, areas: Sequence[Area], values: Mapping[str, Value]) -> Map:
    """The areas with values fill the drawing; others are drawn bare as far as they reach into it.

    `name` tells the maps of one page apart. Without any outline to draw, `svg` is "".
    """
    outlines = {area.code: area for area in areas}
    told = [area for area in areas if area.code in values]
    unmatched = tuple(sorted(code for code in values if code not in outlines))
    shades, rank_of = shades_of(values)
    has_hidden = any(value.is_hidden for value in values.values())
    if not told:
        return Map("", shades, has_hidden, unmatched)
    frame = _frame(told)
    lines = [
        f'<svg class="map" viewBox="0 0 {frame.width:.0f} {frame.height:.0f}" role="img"'
        f' aria-label="{escape(title, quote=True)}" xmlns="http://www.w3.org/2000/svg">',
        f'<defs><pattern id="{name}-hatch" width="6" height="6" patternUnits="userSpaceOnUse">'
        '<path class="hatch" d="M-1 1l2-2M0 6l6-6M5 7l2-2"></path></pattern></defs>',
    ]
    labels: list[Label] = []
    for area in sorted(areas, key=lambda area: area.code in values):  # bare ones below
        rings = [ring for ring in _rings(area, frame) if _is_seen(ring, frame)]
        value = values.get(area.code)
        if rings:
            lines.append(_path(area, rings, value, rank_of.get(area.code, 0), name))
        if rings and value is not None and not value.is_hidden:
            labels.append(Label(spot_of(rings), value.words, area.name))
    lines += place_labels(labels, frame.width, frame.height)
    return Map("".join([*lines, "</svg>"]), shades, has_hidden, unmatched)


def shades_of(values: Mapping[str, Value]) -> tuple[tuple[Shade, ...], dict[str, int]]:
    """Classes with about as many areas each, equal values in one; code → rank of its class."""
    known = sorted((v.number, code) for code, v in values.items() if v.number is not None)
    distinct = sorted({number for number, _ in known})
    most = min(MOST_SHADES, len(distinct))
    groups: list[list[str]] = []
    last = None
    for at, (number, code) in enumerate(known):
        due = at * most // len(known) + 1
        if number != last and (len(groups) < due or len(distinct) <= MOST_SHADES):
            groups.append([])
        groups[-1].append(code)
        last = number
    ranks = {code: rank for rank, group in enumerate(groups, 1) for code in group}
    shades = [
        Shade(rank, values[group[0]].words, values[group[-1]].words)
        for rank, group in enumerate(groups, 1)
    ]
    return tuple(shades), ranks


def _frame(areas: Sequence[Area]) -> _Frame:
    west, south, east, north = inf, inf, -inf, -inf
    for area in areas:
        for ring in _degrees(area.geometry):
            west, east = min(west, *(p[0] for p in ring)), max(east, *(p[0] for p in ring))
            south, north = min(south, *(p[1] for p in ring)), max(north, *(p[1] for p in ring))
    squeeze = cos(radians((south + north) / 2))
    across, down = max((east - west) * squeeze, 0.01), max(north - south, 0.01)
    scale = min((WIDTH - 2 * MARGIN) / across, (TALLEST - 2 * MARGIN) / down)
    return _Frame(
        west, north, squeeze, scale, across * scale + 2 * MARGIN, down * scale + 2 * MARGIN
    )


def _degrees(geometry: Mapping[str, Any]) -> Iterator[Sequence[Sequence[float]]]:
    """The rings of an outline, holes too."""
    found = geometry.get("coordinates") or ()
    polygons = [found] if geometry.get("type") == "Polygon" else found
    for polygon in polygons:
        yield from (ring for ring in polygon if len(ring) >= 3)


def _rings(area: Area, frame: _Frame) -> Iterator[Ring]:
    for degrees in _degrees(area.geometry):
        ring: Ring = []
        for point in map(frame.at, degrees):
            if not ring or abs(point[0] - ring[-1][0]) + abs(point[1] - ring[-1][1]) >= _NEAREST:
                ring.append(point)
        if len(ring) >= 3:
            yield ring


def _is_seen(ring: Ring, frame: _Frame) -> bool:
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return max(xs) > 0 and min(xs) < frame.width and max(ys) > 0 and min(ys) < frame.height


def _path(area: Area, rings: Sequence[Ring], value: Value | None, rank: int, name: str) -> str:
    drawn = "".join(_ring(ring) for ring in rings)
    if value is None:
        return f'<path class="bare" d="{drawn}"><title>{escape(area.name)}</title></path>'
    if value.is_hidden:
        fill = f'class="hidden" fill="url(#{name}-hatch)"'
        return f'<path {fill} d="{drawn}"><title>{escape(area.name)}</title></path>'
    words = escape(f"{area.name}: {value.words}")
    return f'<path class="shade-{rank}" d="{drawn}"><title>{words}</title></path>'


def _ring(ring: Ring) -> str:
    """Relative steps in tenths: half the length of absolute points."""
    tenths = [(round(x * 10), round(y * 10)) for x, y in ring]
    before = tenths[0]
    steps = [f"M{before[0] / 10:g} {before[1] / 10:g}l"]
    for point in tenths[1:]:
        steps.append(f"{(point[0] - before[0]) / 10:g} {(point[1] - before[1]) / 10:g} ")
        before = point
    return "".join(steps).rstrip() + "z"
