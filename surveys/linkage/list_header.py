"""header_of: which row of a list names its columns, be it under a title or merged over two rows."""

from collections.abc import Sequence

from surveys.linkage.list_columns import guess_columns

LOOKED_AT = 20  # rows from the top
Cells = Sequence[str]
Header = tuple[int, tuple[str, ...]]


def header_of(rows: Sequence[Cells]) -> Header | None:
    """How many rows from the top are no data, and the names of the columns; None without either.

    The row that says most to us, or two of them where a merged cell stands over several. A row that
    says one thing may be data, so then it is the first with two cells.
    """
    top = rows[:LOOKED_AT]
    alone = [(at, column_names(cells)) for at, cells in enumerate(top, start=1)]
    paired = [
        (at + 1, column_names(_below(above, top[at])))
        for at, above in enumerate(top[:-1], start=1)
        if not any(map(_is_number, top[at]))
    ]
    best = max([*alone, *paired], key=_known, default=None)
    if best is not None and _known(best) >= 2:
        return best
    wide = (each for each, cells in zip(alone, top, strict=True) if sum(map(bool, cells)) >= 2)
    return next(wide, best if best and (_known(best) or len(rows) == 1) else None)


def column_names(cells: Cells) -> tuple[str, ...]:
    """Column names; those that are empty or come twice are told apart by their place."""
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = " ".join(cell.split())
        names.append(name if name and name not in names else f"{name or 'column'} {place}")
    return tuple(names)


def _known(header: Header) -> int:
    return len(guess_columns(header[1]))


def _below(above: Cells, below: Cells) -> list[str]:
    """Names of two rows in one: "Year of birth (Head)". A merged cell leaves those beside empty."""
    names, over = [], ""
    for at in range(max(len(above), len(below))):
        upper, lower = (row[at] if at < len(row) else "" for row in (above, below))
        over = upper or over
        names.append(f"{lower} ({over})" if lower and over else lower or upper)
    return names


def _is_number(cell: str) -> bool:
    """A phone, a year, a card: what stands in rows, not in headers."""
    return sum(map(str.isdigit, cell)) * 2 > len(cell)
