"""A report's words and lengths → one A4 page as PDF. Pure; the only place that knows ReportLab.

The font is embedded, since a reader's may lack letters of Kyrgyz and Tajik. The same sheet gives
the same bytes: the file bears no day but those that stand on it.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

PLAIN, BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
FONTS = Path(__file__).parent / "fonts"
WIDTH, HEIGHT = A4  # in points, as all lengths here
MARGIN, GAP, LEFT = 40.0, 14.0, 205.0  # LEFT: the width of a section's left column
FOOT_ROW, HIGHEST_ROW, LOWEST_ROW = 9.5, 13.0, 7.5
INK, QUIET, MAIN, LINE, TINT = map(
    HexColor, ("#1c2430", "#5b6675", "#0b5f8a", "#d5dbe2", "#e9eef3")
)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the chart. Lengths are parts of the longest, None where the number is hidden."""

    label: str
    number: str
    length: float | None = None
    interval: tuple[float, float] | None = None
    is_sum: bool = False  # of the rows below it


@dataclass(frozen=True, slots=True)
class Section:
    """One indicator: its number, what it is measured by, where, and who is left out."""

    code: str
    title: str
    number: str
    label: str
    notes: Sequence[str] = ()
    progress: float | None = None  # of the target, 0 to 1
    rows: Sequence[Row] = ()
    left_out_title: str = ""
    left_out: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    language: str
    title: str
    subtitle: Sequence[str]
    sections: Sequence[Section]
    foot: Sequence[str]


def draw(sheet: Sheet) -> bytes:
    """The page. Its sections share the height: rows get narrower where there are many."""
    _load_fonts()
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1, pageCompression=1, lang=sheet.language)
    canvas.setTitle(sheet.title)
    canvas.setCreator("Oila")
    top = _head(canvas, sheet)
    foot = _wrapped(sheet.foot, PLAIN, 7.5, WIDTH - 2 * MARGIN)
    bottom = MARGIN - 8 + FOOT_ROW * len(foot)
    height = (top - bottom) / len(sheet.sections)
    for at, section in enumerate(sheet.sections):
        _section(canvas, section, top - at * height, height)
    _lines(canvas, foot, MARGIN, bottom - FOOT_ROW, size=7.5, step=FOOT_ROW, colour=QUIET)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


@cache
def _load_fonts() -> None:
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))


def _head(canvas: Canvas, sheet: Sheet) -> float:
    """The title and what it is of; gives the height at which sections begin."""
    top = HEIGHT - MARGIN - 8
    titles = _wrapped([sheet.title], BOLD, 17, WIDTH - 2 * MARGIN)
    top = _lines(canvas, titles, MARGIN, top, font=BOLD, size=17, step=20, colour=MAIN)
    words = _wrapped(sheet.subtitle, PLAIN, 9, WIDTH - 2 * MARGIN)
    return _lines(canvas, words, MARGIN, top + 3, size=9, step=12, colour=QUIET) + 4


def _section(canvas: Canvas, section: Section, top: float, height: float) -> None:
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.7)
    canvas.line(MARGIN, top, WIDTH - MARGIN, top)
    y = top - 15
    canvas.setFont(BOLD, 11)
    canvas.setFillColor(MAIN)
    canvas.drawString(MARGIN, y, section.code)
    at = MARGIN + stringWidth(section.code, BOLD, 11) + 6
    _fitted(canvas, section.title, at, y, WIDTH - MARGIN - at, font=BOLD, size=11)
    below = y - 12
    room = height - (top - below) - 8
    _number(canvas, section, below, room)
    _chart(canvas, section.rows, below, room)


def _number(canvas: Canvas, section: Section, top: float, room: float) -> None:
    """The left column: number, target, notes, who is left out; what has no room is not begun."""
    floor = top - room
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 22)
    canvas.drawString(MARGIN, top - 16, section.number)
    y = top - 28
    y = _lines(canvas, _wrapped([section.label], PLAIN, 8.5, LEFT), MARGIN, y, size=8.5, step=10.5)
    if section.progress is not None:
        _progress(canvas, section.progress, y)
        y -= 11
    notes = _wrapped(section.notes, PLAIN, 8, LEFT)
    y = _lines(canvas, notes, MARGIN, y, size=8, step=10, colour=QUIET, floor=floor)
    if not section.left_out or y - 12 < floor:
        return
    title = _wrapped([section.left_out_title], BOLD, 8, LEFT)
    y = _lines(canvas, title, MARGIN, y - 3, font=BOLD, size=8, step=10)
    for words, count in section.left_out:
        wrapped = _wrapped([words], PLAIN, 8, LEFT - 42)
        if y - 10 * (len(wrapped) - 1) < floor:
            return
        canvas.setFillColor(INK)
        canvas.setFont(PLAIN, 8)
        canvas.drawRightString(MARGIN + LEFT, y, count)
        y = _lines(canvas, wrapped, MARGIN, y, size=8, step=10)


def _progress(canvas: Canvas, progress: float, y: float) -> None:
    canvas.setFillColor(TINT)
    canvas.roundRect(MARGIN, y - 1, LEFT, 7, 2, stroke=0, fill=1)
    canvas.setFillColor(MAIN)
    if progress > 0:
        canvas.roundRect(MARGIN, y - 1, max(3.0, LEFT * min(progress, 1.0)), 7, 2, stroke=0, fill=1)


def _chart(canvas: Canvas, rows: Sequence[Row], top: float, room: float) -> None:
    """The right column: a bar a row, countries in bold above their oblasts."""
    if not rows:
        return
    step = min(HIGHEST_ROW, room / len(rows))
    size = max(LOWEST_ROW, min(8.5, step - 2.5)) if step >= LOWEST_ROW else step * 0.85
    begin = MARGIN + LEFT + GAP
    label, number = 142.0, 60.0
    bar = begin + label + 6
    scale = WIDTH - MARGIN - number - bar
    for at, row in enumerate(rows):
        y = top - step * (at + 1) + (step - size) / 2 + 1
        font = BOLD if row.is_sum else PLAIN
        indent = 0.0 if row.is_sum else 8.0
        _fitted(canvas, row.label, begin + indent, y, label - indent, font=font, size=size)
        end = _bar(canvas, row, bar, y, scale=scale, size=size)
        canvas.setFillColor(INK)
        canvas.setFont(font, size)
        canvas.drawString(end + 4, y, row.number)


def _bar(canvas: Canvas, row: Row, x: float, y: float, *, scale: float, size: float) -> float:
    """Gives where the bar, or the interval over it, ends."""
    if row.length is None:
        return x
    canvas.setFillColor(MAIN if row.is_sum else HexColor("#6fa8c7"))
    canvas.rect(x, y - 0.5, max(0.6, row.length * scale), size * 0.8, stroke=0, fill=1)
    if row.interval is None:
        return x + row.length * scale
    low, high = (x + part * scale for part in row.interval)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1)
    canvas.line(low, y + size * 0.33, high, y + size * 0.33)
    return max(x + row.length * scale, high)


def _fitted(
    canvas: Canvas, text: str, x: float, y: float, width: float, *, font: str, size: float
) -> None:
    """On one line: somewhat smaller where it is long, and cut where that is not enough."""
    wanted = stringWidth(text, font, size)
    if wanted > width:
        size = max(0.8 * size, size * width / wanted)
        while len(text) > 1 and stringWidth(text, font, size) > width:
            text = f"{text[:-2].rstrip()}…"
    canvas.setFillColor(INK)
    canvas.setFont(font, size)
    canvas.drawString(x, y, text)


def _lines(
    canvas: Canvas,
    lines: Iterable[str],
    x: float,
    y: float,
    *,
    size: float,
    step: float,
    font: str = PLAIN,
    colour: Color = INK,
    floor: float = 0.0,
) -> float:
    """One below the other, down to the floor; gives the height of the next one."""
    canvas.setFillColor(colour)
    canvas.setFont(font, size)
    for line in lines:
        if y < floor:
            break
        canvas.drawString(x, y, line)
        y -= step
    return y


def _wrapped(texts: Iterable[str], font: str, size: float, width: float) -> list[str]:
    """Each text on as many lines as its words need; a word is never broken."""
    lines: list[str] = []
    for text in texts:
        line = ""
        for word in text.split(" "):
            longer = f"{line} {word}".strip()
            if line and stringWidth(longer, font, size) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines
