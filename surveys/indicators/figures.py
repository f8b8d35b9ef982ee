"""What an indicator gives: units that are counted, from which every table is made. Pure.

A unit is what one household (or woman, case, record) adds to one measure. Whatever table is asked
for, it is the same units added up, so that parts make up the whole and every number has its list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

Groups = Mapping[str, str | tuple[str, ...]]
UNKNOWN = "unknown"
EFFECT = "deff_"  # and the measure: the note of its design effect
FEWEST_HOUSEHOLDS = 20  # households: no share is shown on fewer (indicators.md § 8)


class Kind(StrEnum):
    """COUNT: a sum. SHARE, MEAN, RATIO: value over base. MEDIAN: of each unit's value over base.

    CLASSES: the value is the number of a class; one row a class.
    """

    COUNT = "count"
    SHARE = "share"
    MEAN = "mean"
    RATIO = "ratio"
    MEDIAN = "median"
    CLASSES = "classes"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of an indicator. `split`: groups it is never added over, such as two currencies.

    `interval`: one stands beside the share (Wilson) or the mean (normal). `told`: the measure whose
    count is that of the first class. `most`: what one household adds at most, where that is not 1.
    """

    key: str
    kind: Kind
    classes: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    interval: bool = False
    told: str = ""
    most: int = 1

    def smallest(self, households: int) -> int:
        """The smallest count that surely is of so many households."""
        return households * self.most


class Unit(NamedTuple):
    """A tuple: there are hundreds of thousands, and a frozen dataclass takes thrice as long."""

    measure: str
    household: UUID
    value: float
    base: float
    groups: Groups
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """A household that an indicator leaves out, and why: a stable code of `docs/indicators.md`.

    `on`, `score`: day and vulnerability score of its baseline, where the list is asked for them.
    """

    household: UUID | None
    reason: str
    groups: Groups = field(default_factory=dict)
    on: date | None = None
    score: int | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """A small table that stands beside the figures and is not made of units."""

    key: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | tuple[str, ...] | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What computing one indicator gave. `notes`: numbers and words printed with every output."""

    units: tuple[Unit, ...]
    drops: tuple[Drop, ...] = ()
    sides: tuple[Side, ...] = ()
    notes: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a table. `n` counts households, `total` and `base` what was added up."""

    measure: str
    by: tuple[tuple[str, str], ...]
    number: float | None
    n: int
    total: float
    base: float
    low: float | None = None
    high: float | None = None

    @property
    def group(self) -> dict[str, str]:
        return dict(self.by)
