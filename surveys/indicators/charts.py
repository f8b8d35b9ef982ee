"""Figures → bars as inline SVG, drawn on the server; the table with the numbers stands beside.

Pure: no text but what it is given, no style but classes, so that a page's policy allows it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, ROW, BAR, NUMBER = 340, 40, 14, 70  # of the drawing, in its own units
MOST_BARS = 30
LONGEST_LABEL = 42  # letters: wide Cyrillic ones fit above the bars, on a phone too
SHORTEST_PART = 5
BETWEEN = " · "  # parts of a label


@dataclass(frozen=True, slots=True)
class Bar:
    """`value` is None where it is hidden: `words` are written in its place."""

    label: str
    value: float | None
    words: str
    low: float | None = None
    high: float | None = None


def bars(title: str, rows: Sequence[Bar]) -> str:
    """One bar a row below its label, an interval as a line over it; "" of nothing to draw."""
    drawn = rows[:MOST_BARS]
    most = max((max(r.value or 0, r.high or 0) for r in drawn), default=0)
    if most <= 0:
        return ""
    height = ROW * len(drawn)
    lines = [
        f'<svg class="bars" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{escape(title, quote=True)}" xmlns="http://www.w3.org/2000/svg">'
    ]
    scale = (WIDTH - NUMBER) / most
    for at, row in enumerate(drawn):
        lines += _row(row, at * ROW, scale)
    return "".join([*lines, "</svg>"])


def shortened(label: str) -> str:
    """As long as there is room for; of two parts the first one gives way."""
    if len(label) <= LONGEST_LABEL:
        return label
    first, between, last = label.rpartition(BETWEEN)
    room = LONGEST_LABEL - len(between) - len(last) - 1
    if between and room >= SHORTEST_PART:
        return f"{first[:room].rstrip()}…{between}{last}"
    return f"{label[: LONGEST_LABEL - 1].rstrip()}…"


def _row(row: Bar, top: int, scale: float) -> list[str]:
    middle = top + ROW - BAR
    label = escape(shortened(row.label))
    length = (row.value or 0) * scale
    end = max(length, (row.high or 0) * scale)
    parts = [f'<text x="0" y="{top + BAR / 2 + 2:.1f}">{label}</text>']
    if row.value is not None:
        parts.append(
            f'<rect x="0" y="{middle - BAR / 2:.1f}" width="{max(length, 1):.1f}"'
            f' height="{BAR}"></rect>'
        )
    if row.low is not None and row.high is not None:
        parts.append(
            f'<path class="interval" d="M{row.low * scale:.1f} {middle:.1f}'
            f'H{row.high * scale:.1f}"></path>'
        )
    parts.append(
        f'<text class="value" x="{end + 6:.1f}" y="{middle:.1f}">{escape(row.words)}</text>'
    )
    return parts
