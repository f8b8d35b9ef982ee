"""place_labels: where the values of a map are written, so that none covers another. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

Point = tuple[float, float]
Ring = list[Point]
Box = tuple[float, float, float, float]  # left, top, right, bottom

VALUE, NAME = 14.0, 10.5  # sizes of letters, in units of the drawing
_LETTER = 0.6  # width of one, of its size
_LINES = 9  # at which the widest place of an area is looked for
_AROUND = ((0, 0), (0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (1, -1), (-1, 1), (1, 1))
_FURTHEST = 9  # steps away from its area


@dataclass(frozen=True, slots=True)
class Spot:
    """The middle of the widest line across an area, and how wide that is."""

    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Label:
    spot: Spot
    words: str
    name: str


def spot_of(rings: Sequence[Ring]) -> Spot:
    """Of all levels of an outline, where a line inside it is longest."""
    top = min(y for ring in rings for _, y in ring)
    bottom = max(y for ring in rings for _, y in ring)
    found = Spot(rings[0][0][0], rings[0][0][1], 0)
    for line in range(1, _LINES + 1):
        y = top + (bottom - top) * line / (_LINES + 1)
        for left, right in _spans(rings, y):
            if right - left > found.width:
                found = Spot((left + right) / 2, y, right - left)
    return found


def _spans(rings: Sequence[Ring], y: float) -> Iterator[tuple[float, float]]:
    """The parts of a level that lie inside: between each odd crossing and the next."""
    crossings = sorted(
        a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
        for ring in rings
        for a, b in pairwise([*ring, ring[0]])
        if (a[1] <= y) != (b[1] <= y)
    )
    yield from zip(crossings[::2], crossings[1::2], strict=False)


def place_labels(labels: Sequence[Label], width: float, height: float) -> list[str]:
    """The values, the widest areas first; then names, where there is room for all of one."""
    taken: list[Box] = []
    values, named = [], []
    for label in sorted(labels, key=lambda label: -label.spot.width):
        x, y = _free(label, taken, width, height)
        taken.append(_box(x, y, label.words, VALUE))
        moved = abs(x - label.spot.x) + abs(y - label.spot.y) > VALUE
        values.append(_value(label, x, y, moved))
        if not moved:
            named.append((label, x, y))
    return [*values, *_names(named, taken)]


def _free(label: Label, taken: Sequence[Box], width: float, height: float) -> Point:
    """The nearest place around the spot where the value covers no other."""
    aside = len(label.words) * VALUE * _LETTER + 2
    for step in range(1, _FURTHEST + 1):
        for right, down in _AROUND:
            x = label.spot.x + right * aside * step / 2
            y = label.spot.y + down * VALUE * step * 0.6
            box = _box(x, y, label.words, VALUE)
            inside = box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height
            if inside and not any(_meet(box, other) for other in taken):
                return x, y
    return label.spot.x, label.spot.y


def _value(label: Label, x: float, y: float, moved: bool) -> str:
    lead = ""
    if moved:
        lead = (
            f'<path class="lead" d="M{label.spot.x:.1f} {label.spot.y:.1f}L{x:.1f} {y:.1f}"></path>'
        )
    return f'{lead}<text class="value" x="{x:.1f}" y="{y:.1f}">{escape(label.words)}</text>'


def _names(named: Sequence[tuple[Label, float, float]], taken: list[Box]) -> Iterator[str]:
    for label, x, y in named:
        below = y + VALUE * 0.9
        box = _box(x, below, label.name, NAME)
        if box[2] - box[0] <= label.spot.width and not any(_meet(box, other) for other in taken):
            taken.append(box)
            yield f'<text class="name" x="{x:.1f}" y="{below:.1f}">{escape(label.name)}</text>'


def _box(x: float, y: float, words: str, size: float) -> Box:
    half = len(words) * size * _LETTER / 2
    return x - half, y - size * 0.5, x + half, y + size * 0.5


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
