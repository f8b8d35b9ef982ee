"""What a file writer is given: named sheets of typed cells. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

Cell = str | int | float | Decimal | bool | date | datetime | None
# What a cell holds as it is; a file is millions of cells, so most of them end here.
PLAIN = frozenset({type(None), int, float, Decimal, bool})
GEO_PARTS = ("lat", "lon", "alt", "acc")
DATES = frozenset({"date", "dateTime"})
LINES = frozenset({"geotrace", "geoshape"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a file. `rows` may be read once."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]


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
