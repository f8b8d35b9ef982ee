"""Rows as PostgreSQL gives them: a JSON text for each value, and what cells they become. Pure.

Nothing is an empty text, and a null that is stored is nothing too.

A file is millions of values, most of which stand in it as they stand in JSON. A writer takes those
as they are, remembers what others become, and asks for typed cells only where a row is unusual.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from typing import Any

import orjson

from surveys.datasets.files.sheets import Cell, CellColumn

Change = Callable[[Any], Any]
Texts = Sequence[str]  # of one row, a JSON text for each column, empty for nothing
LONGEST_SURE = 18  # digits that always fit into 64 bits
MANY = frozenset({"select_multiple", "geopoint", "geotrace", "geoshape"})


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A column of JSON texts: what a value becomes on its way out, and which cells it fills.

    `mixed`: its values may be of any type, since versions of the form differ.
    """

    column: CellColumn
    change: Change | None = None
    mixed: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether a value is one text or number, given out as it is stored."""
        kinds = MANY | {"date", "dateTime", "boolean"}
        return self.change is None and not self.mixed and self.column.type not in kinds

    @property
    def is_moment(self) -> bool:
        return self.change is None and not self.mixed and self.column.type == "dateTime"

    def cells(self, text: str, zone: tzinfo, between: str) -> tuple[Cell, ...]:
        value = _value(text)
        if value is not None and self.change is not None:
            value = self.change(value)
        return self.column.cells(value, zone, between)


@dataclass(frozen=True, slots=True)
class TextSheet:
    """One table of a file, as chunks of rows of JSON texts. `chunks` may be read once."""

    name: str
    columns: Sequence[TextColumn]
    chunks: Iterable[Sequence[Texts]]
    zone: tzinfo
    between: str = " "  # answers of one question

    @property
    def header(self) -> tuple[str, ...]:
        return tuple(name for each in self.columns for name in each.column.header())

    def readers(self) -> list[Callable[[str], tuple[Cell, ...]]]:
        """What makes the cells of each column's text."""
        return [partial(each.cells, zone=self.zone, between=self.between) for each in self.columns]


def _value(text: str) -> Any:
    """orjson makes a double of a whole number that has more than 64 bits."""
    if not text:
        return None
    is_long = len(text) > LONGEST_SURE and text.lstrip("-").isdecimal()
    return int(text) if is_long else orjson.loads(text)
