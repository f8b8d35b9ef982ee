"""What the values of a variable are, taken as they go by: counts, least, most, mean. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from surveys.datasets.files.variables import EPOCH, Code, Codes, Flavor, Missing, Variable

FIRST_MOMENT = datetime(1970, 1, 1)  # noqa: DTZ001  by the clocks of the file


@dataclass(slots=True)
class Summary:
    """Of one variable. `gaps` counts empty cells by reason; `counts` labelled values."""

    variable: Variable
    flavor: Flavor
    valid: int = 0
    empty: int = 0
    least: float | None = None
    most: float | None = None
    total: float = 0.0
    gaps: Counter[Missing] = field(default_factory=Counter)
    counts: Counter[int] = field(default_factory=Counter)
    _reasons: dict[Code, Missing] = field(init=False)
    _kinds_of_reasons: frozenset[type] = field(init=False)

    def __post_init__(self) -> None:
        self._reasons = {self.flavor.missing(why): why for why in Missing}
        self._kinds_of_reasons = frozenset(map(type, self._reasons))

    def add(self, cells: Codes) -> None:
        if self.variable.is_text:
            self._tally(len(cells) - cells.count(None), len(cells))
            return
        numbers = self._numbers(cells)
        self._tally(len(numbers), len(cells))
        if self.variable.type in {"coded", "flag"}:
            self.counts.update(map(int, numbers))
        elif numbers:
            self.total += sum(numbers)
            self.least = min(numbers if self.least is None else [self.least, *numbers])
            self.most = max(numbers if self.most is None else [self.most, *numbers])

    @property
    def mean(self) -> float | None:
        return self.total / self.valid if self.valid and self.least is not None else None

    def words(self, number: float) -> str:
        """A number of this variable as people write it."""
        kind, flavor = self.variable.type, self.flavor
        if kind == "date":
            return date.fromordinal(
                round(number / flavor.day) - flavor.first_day + EPOCH
            ).isoformat()
        if kind == "moment":
            seconds = number / flavor.second - flavor.first_day * 86_400
            return (FIRST_MOMENT + timedelta(seconds=seconds)).isoformat(timespec="seconds")
        if kind == "time":
            return str(timedelta(seconds=number / flavor.second))
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)

    def _numbers(self, cells: Codes) -> Sequence[float]:
        """The cells that are values; the reasons among the others are counted."""
        kinds = set(map(type, cells))
        if self._kinds_of_reasons.isdisjoint(kinds):
            return [c for c in cells if type(c) is float]
        self.gaps.update(self._reasons[c] for c in cells if c in self._reasons)
        return [c for c in cells if type(c) is float and c not in self._reasons]

    def _tally(self, valid: int, cells: int) -> None:
        self.valid += valid
        self.empty += cells - valid
