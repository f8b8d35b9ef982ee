"""What a file writer is given: named sheets of typed cells. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from itertools import islice
from typing import Any

Cell = str | int | float | Decimal | bool | date | datetime | None
# What a cell holds as it is; a file is millions of cells, so most of them end here.
PLAIN = frozenset({type(None), int, float, Decimal, bool})
GEO_PARTS = ("lat", "lon", "alt", "acc")
DATES = frozenset({"date", "dateTime"})
LINES = frozenset({"geotrace", "geoshape"})
TEXTS = frozenset({str, type(None)})
MOST_KNOWN = 10_000  # different values of a column
Columns = Sequence[Sequence[Any]]


class CannotHold(ValueError):
    """This kind of file has no room for such a table, however often it is tried."""


class Known(dict[Any, Any]):
    """Value → what `read` makes of it, made once for each different value; `most` are remembered,
    then it begins anew."""

    def __init__(self, read: Callable[[Any], Any], *, most: int = MOST_KNOWN) -> None:
        super().__init__()
        self.read, self.most = read, most

    def __missing__(self, value: Any) -> Any:
        if len(self) >= self.most:
            self.clear()
        self[value] = found = self.read(value)
        return found


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a file, as blocks of columns of equal length. `blocks` may be read once."""

    name: str
    header: Sequence[str]
    blocks: Iterable[Columns]

    def rows(self) -> Iterator[tuple[Cell, ...]]:
        for columns in self.blocks:
            yield from zip(*columns, strict=True)


def sheet_of_rows(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Sheet:
    """A sheet whose rows come one by one."""
    return Sheet(name, header, _in_blocks(iter(rows)))


def _in_blocks(rows: Iterator[Sequence[Cell]]) -> Iterator[Columns]:
    while block := list(islice(rows, 1000)):
        yield list(zip(*block, strict=True))


@dataclass(frozen=True, slots=True)
class CellColumn:
    """A column of records and how its value becomes cells."""

    name: str
    type: str

    def header(self) -> tuple[str, ...]:
        if self.type == "geopoint":
            return tuple(f"{self.name}_{part}" for part in GEO_PARTS)
        return (self.name,)

    def cells(self, value: Any, zone: tzinfo, between: str) -> tuple[Cell, ...]:
        """A point fills four cells; a value of an unexpected kind is written as text."""
        if self.type == "geopoint":
            point = value if isinstance(value, Mapping) else {"lat": value}
            return tuple(point.get(part) for part in GEO_PARTS)
        if type(value) in PLAIN:
            return (value,)
        if isinstance(value, str):
            return (_typed(value, self.type, zone) if self.type in DATES else value,)
        if isinstance(value, list):
            return (_joined(value, "; " if self.type in LINES else between),)
        return (str(value),)


def _joined(values: list[Any], between: str) -> str:
    """Codes or labels side by side; a line of points as ODK writes it."""
    return between.join(
        value if isinstance(value, str) else " ".join(str(value.get(p) or 0) for p in GEO_PARTS)
        for value in values
    )


def _typed(text: str, kind: str, zone: tzinfo) -> Cell:
    try:
        if kind == "date":
            return date.fromisoformat(text)
        return datetime.fromisoformat(text).astimezone(zone)
    except (ValueError, OverflowError):
        return text
