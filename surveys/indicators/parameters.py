"""Parameters of indicators and the tables of rates and prices that they are computed with. Pure.

`Rates` and `Prices` never guess: a month that is missing is an error that names it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

LOCAL = {"KG": "KGS", "TJ": "TJS"}
BASE_PRICES_BEFORE = date(2014, 4, 1)  # prices = 100 on the mean of the 12 months before
Month = tuple[int, int]


class ParameterMissing(Exception):
    """Months of a table that are needed and not there. `missing`: (month as text, of what).

    `table` is `fx_rates` (of a currency, in a local currency) or `cpi` (of a country).
    """

    def __init__(self, table: str, missing: Iterable[tuple[str, str]]) -> None:
        self.table = table
        self.missing = tuple(sorted(set(missing)))
        super().__init__(f"{table} lacks {len(self.missing)} months, first {self.missing[0]}")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Printed in every output. Shares are fractions; days are civil days, both included."""

    states: tuple[str, ...] = ("received", "edited", "approved")
    period_from: date = date(2014, 1, 1)
    period_until: date = date(2015, 3, 31)
    threshold: float = 0.10  # of a change of income
    floor: float = 0.05  # of the country's median, where the baseline is zero
    endline_is_census: bool = False
    draws: int = 2000
    seed: int = 20150331
    open_case_days: int = 90
    fcs_cut_offs: tuple[tuple[int, int], ...] = ((28, 42), (21, 35))
    wfp_missing_as_zero: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def window(on: date) -> tuple[Month, ...]:
    """The 12 full months before the month of this day, oldest first."""
    last = on.year * 12 + on.month - 1
    return tuple(divmod_month(at) for at in range(last - 12, last))


def divmod_month(at: int) -> Month:
    """A month counted from year 0 → year and month."""
    return at // 12, at % 12 + 1


def month_words(month: Month) -> str:
    return f"{month[0]:04d}-{month[1]:02d}"


@dataclass(frozen=True, slots=True)
class Rates:
    """Monthly mean rates: (month, currency, local currency) → local money for one unit of it."""

    months: Mapping[tuple[Month, str, str], float] = field(default_factory=dict)

    def mean(self, currency: str, local: str, on: date) -> float:
        """Over the 12 full months before. Raises ParameterMissing naming months and currency."""
        if currency == local:
            return 1.0
        wanted = window(on)
        found = [self.months.get((month, currency, local)) for month in wanted]
        missing = [m for m, rate in zip(wanted, found, strict=True) if rate is None]
        if missing:
            pair = f"{currency} in {local}"
            raise ParameterMissing("fx_rates", [(month_words(m), pair) for m in missing])
        return sum(rate for rate in found if rate is not None) / len(wanted)


@dataclass(frozen=True, slots=True)
class Prices:
    """Monthly consumer price indices: (country, month) → index, on any base."""

    months: Mapping[tuple[str, Month], float] = field(default_factory=dict)

    def level(self, country: str, on: date) -> float:
        """C: the mean over the 12 full months before, 100 on the 12 months before 2014-04.

        Raises ParameterMissing naming months and country.
        """
        return 100 * self._mean(country, on) / self._mean(country, BASE_PRICES_BEFORE)

    def _mean(self, country: str, on: date) -> float:
        wanted = window(on)
        found = [self.months.get((country, month)) for month in wanted]
        missing = [m for m, index in zip(wanted, found, strict=True) if index is None]
        if missing:
            raise ParameterMissing("cpi", [(month_words(m), country) for m in missing])
        return sum(index for index in found if index is not None) / len(wanted)
