"""Which cells of a table of counts are hidden, so that no small one can be worked out. Pure.

Primary: a count from 1 up to the limit. Secondary: where a line and its sum would give a hidden
cell away, the smallest other cell of the line is hidden too (indicators.md § 8).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Cell = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Cells whose sum is published elsewhere, or, `sealed`, is hidden there itself."""

    cells: tuple[Cell, ...]
    sealed: bool = False


def hidden_cells(
    counts: Mapping[Cell, float],
    lines: Sequence[Line],
    *,
    smallest: int,
    told: frozenset[Cell] = frozenset(),
    withheld: frozenset[Cell] = frozenset(),
) -> frozenset[Cell]:
    """The cells to hide. A count of zero is no secret, but may be hidden to protect another.

    A line with hidden cells hides at least two, that add up to the limit at least; a sealed line
    hides one at least, or its cells would give its sum.
    """
    hidden = {cell for cell, count in counts.items() if 0 < count < smallest}
    # Hiding a cell that is a published sum by itself hides nothing.
    given = set(told) | {
        line.cells[0] for line in lines if len(line.cells) == 1 and not line.sealed
    }
    grown = True
    while grown:
        grown = False
        for line in lines:
            cell = _next_to_hide(line, counts, hidden, given, smallest)
            if cell is not None:
                hidden.add(cell)
                grown = True
    return frozenset(hidden)


def _next_to_hide(
    line: Line, counts: Mapping[Cell, float], hidden: set[Cell], given: set[Cell], smallest: int
) -> Cell | None:
    inside = [counts[cell] for cell in line.cells if cell in hidden]
    if line.sealed:
        enough = bool(inside)
    else:
        enough = not inside or (len(inside) > 1 and sum(inside) >= smallest)
    rest = [] if enough else [cell for cell in line.cells if cell not in hidden | given]
    if not rest:
        return None
    return min(rest, key=lambda cell: (counts[cell] == 0, counts[cell], cell))


def lines_above(coarser: Mapping[Cell, Cell], hidden: frozenset[Cell]) -> list[Line]:
    """The lines that a coarser table draws through a finer one: finer cell → its coarser one."""
    found: dict[Cell, list[Cell]] = defaultdict(list)
    for cell, coarse in coarser.items():
        found[coarse].append(cell)
    return [Line(tuple(members), coarse in hidden) for coarse, members in found.items()]


def sums(counts: Mapping[Cell, float], coarser: Mapping[Cell, Cell]) -> dict[Cell, float]:
    """The counts of the coarser table."""
    found: dict[Cell, float] = defaultdict(float)
    for cell, count in counts.items():
        found[coarser[cell]] += count
    return dict(found)


def as_written(count: float, smallest: int) -> str:
    """How a hidden count is written: `<5` for a small one, a dash for one that protects another."""
    return f"<{smallest}" if 0 < count < smallest else "–"


def hidden_in_table(
    counts: Mapping[Cell, float],
    coarsenings: Iterable[Mapping[Cell, Cell]],
    hidden_above: Iterable[frozenset[Cell]],
    *,
    smallest: int,
    told: frozenset[Cell] = frozenset(),
    withheld: frozenset[Cell] = frozenset(),
) -> frozenset[Cell]:
    """The cells to hide of a table whose coarser ones hide these."""
    lines = [
        line
        for coarser, hidden in zip(coarsenings, hidden_above, strict=True)
        for line in lines_above(coarser, hidden)
    ]
    return hidden_cells(counts, lines, smallest=smallest, told=told, withheld=withheld)
