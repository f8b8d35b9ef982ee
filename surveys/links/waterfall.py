"""Reasons → the bars of a waterfall: each begins where the one before it ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.links.words import comparison_words, sentence

WIDTH, ROW = 320, 22  # of the drawing, in its own units
_PAD = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One reason. `x`, `width`, `y` in units of the drawing; `ends` is where the next begins."""

    title: str
    words: str
    bits: float
    x: float
    width: float
    y: int
    ends: float

    @property
    def tone(self) -> str:
        return "for" if self.bits > 0 else "against" if self.bits < 0 else "neither"

    @property
    def middle(self) -> int:
        return self.y + ROW // 2


@dataclass(frozen=True, slots=True)
class Waterfall:
    """`zero`, `auto`: where no bits and the threshold of automatic merging stand."""

    bars: tuple[Bar, ...]
    total: float
    zero: float
    auto: float
    height: int
    width: int = WIDTH


def waterfall(reasons: Sequence[tuple[str, str, float]], auto: float) -> Waterfall:
    """Reasons (comparison, level, bits), the prior first; those worth nothing are left out."""
    told = [r for at, r in enumerate(reasons) if at == 0 or round(r[2], 2)]
    sums = [0.0]
    for _, _, bits in told:
        sums.append(sums[-1] + bits)
    low, high = min(*sums, 0.0), max(*sums, auto)
    scale = (WIDTH - 2 * _PAD) / (high - low or 1.0)

    def at(bits: float) -> float:
        return round(_PAD + (bits - low) * scale, 1)

    bars = tuple(
        Bar(
            title=comparison_words(comparison),
            words=sentence(comparison, level),
            bits=bits,
            x=min(at(sums[i]), at(sums[i + 1])),
            width=max(round(abs(bits) * scale, 1), 1.0),
            y=i * ROW,
            ends=at(sums[i + 1]),
        )
        for i, (comparison, level, bits) in enumerate(told)
    )
    return Waterfall(bars, sums[-1], at(0.0), at(auto), len(bars) * ROW)
