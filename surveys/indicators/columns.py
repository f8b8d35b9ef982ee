"""Units as columns: a list for each field, in the order of the units. Pure.

Households, groups and days stand once and are named by their number, so that a table of fifty
thousand units is added up without looking at each of them, and little is stored.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from surveys.indicators.figures import Groups, Unit
from surveys.indicators.group_table import GroupTable

OF_UNITS = ("measure", "home", "value", "base", "group", "day")


@dataclass(frozen=True, slots=True)
class Columns:
    """`homes`, `groups`, `days`, `measures`: what the numbers in the other lists stand for."""

    homes: list[int] = field(default_factory=list)  # the integers of their UUIDs
    groups: GroupTable = field(default_factory=GroupTable)
    days: list[date | None] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)
    measure: list[int] = field(default_factory=list)
    home: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    base: list[float] = field(default_factory=list)
    group: list[int] = field(default_factory=list)
    day: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.measure)

    def part(
        self,
        holds: Callable[[date | None], bool] = lambda day: True,
        within: Callable[[Groups], bool] = lambda groups: True,
    ) -> "Columns":
        """Those of a day that `holds` takes, and of groups that are `within`."""
        days = [holds(day) for day in self.days]
        groups = [within(each) for each in self.groups.all]
        if all(days) and all(groups):
            return self
        pairs = enumerate(zip(self.day, self.group, strict=True))
        return self._at([at for at, (day, group) in pairs if days[day] and groups[group]])

    def of_measure(self, key: str) -> "Columns":
        number = self.measures.index(key) if key in self.measures else -1
        return self._at([at for at, each in enumerate(self.measure) if each == number])

    def cut(self, first: int, end: int) -> "Columns":
        return self._at(range(first, min(end, len(self))))

    def _at(self, kept: Collection[int]) -> "Columns":
        lists = {name: getattr(self, name) for name in OF_UNITS}
        picked: dict[str, Any] = {n: [each[at] for at in kept] for n, each in lists.items()}
        return replace(self, **picked)


class _Numbers(dict[Any, int]):
    """Value → its number, in the order in which they were first asked for."""

    def __missing__(self, value: Any) -> int:
        self[value] = number = len(self)
        return number


def columns_of(units: Collection[Unit], groups: GroupTable | None = None) -> Columns:
    """`groups`: those that other units have numbered before."""
    homes, days, measures = _Numbers(), _Numbers(), _Numbers()
    numbers = GroupTable() if groups is None else groups
    by_id, number = numbers.by_id, numbers.number
    rows = [
        (
            measures[measure],
            homes[household.int],
            value,
            base,
            by_id[id(said)] if id(said) in by_id else number(said),
            days[on],
        )
        for measure, household, value, base, said, on in units
    ]
    columns = map(list, zip(*rows, strict=True)) if rows else ([] for _ in OF_UNITS)
    told: dict[str, Any] = dict(zip(OF_UNITS, columns, strict=True))
    return Columns(list(homes), numbers, list(days), list(measures), **told)


def units_of_columns(columns: Columns) -> Iterable[Unit]:
    """The units again, one after the other: for a page of a list, not for a table."""
    lists = [getattr(columns, name) for name in OF_UNITS]
    for measure, home, value, base, group, day in zip(*lists, strict=True):
        yield Unit(
            columns.measures[measure],
            UUID(int=columns.homes[home]),
            value,
            base,
            columns.groups.all[group],
            columns.days[day],
        )
