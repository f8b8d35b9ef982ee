"""Income of a household in real local money, and how it changed (indicators.md § 3, O3.3). Pure."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from statistics import median

from surveys.indicators.facts import Interview, Source
from surveys.indicators.parameters import LOCAL, ParameterMissing, Prices, Rates

EARNED = frozenset(
    {"crop", "livestock", "farm_wage", "wage_public", "wage_private", "casual", "trade", "craft"}
    | {"services", "shg", "rent", "other"}
)
TRANSFERS = frozenset({"pension", "benefit", "remit", "gift"})
ALL = EARNED | TRANSFERS
INCREASED, STABLE, DECREASED = CHANGES = ("increased", "stable", "decreased")
FEWEST_TO_IMPUTE = 10
Amount = float | None | ParameterMissing
Fill = Callable[[Source], float | None]


@dataclass(frozen=True, slots=True)
class Money:
    """How amounts become real local money. The means of a month are looked up once."""

    rates: Rates
    prices: Prices
    _rates: dict[tuple[str, str, int], float | ParameterMissing]
    _prices: dict[tuple[str, int], float]
    # By the interview's id, so each is kept with its amounts.
    _amounts: dict[tuple[int, str], tuple[Interview, tuple[Amount, ...]]]

    @classmethod
    def of(cls, rates: Rates, prices: Prices) -> "Money":
        return cls(rates, prices, {}, {}, {})

    def amounts(self, interview: Interview, country: str) -> tuple[Amount, ...]:
        """Of each source of an interview, as `annual` gives it: several figures ask for the same.

        None of a source that is not complete; of one without its rate, what would be raised.
        """
        key = (id(interview), country)
        found = self._amounts.get(key)
        if found is None:
            told = tuple([self._amount(s, country, interview.on) for s in interview.sources or ()])
            found = self._amounts[key] = (interview, told)
        return found[1]

    def _amount(self, source: Source, country: str, on: date) -> Amount:
        try:
            return self.annual(source, country, on) if source.is_complete else None
        except ParameterMissing as missing:
            return missing

    def rate(self, currency: str, local: str, on: date) -> float:
        key = (currency, local, on.year * 12 + on.month)
        found = self._rates.get(key)
        if found is None:
            found = self._rates[key] = self._mean(currency, local, on)
        if isinstance(found, ParameterMissing):
            raise found
        return found

    def _mean(self, currency: str, local: str, on: date) -> float | ParameterMissing:
        try:
            return self.rates.mean(currency, local, on)
        except ParameterMissing as missing:  # asked for again by every such source
            return missing

    def price_level(self, country: str, on: date) -> float:
        key = (country, on.year * 12 + on.month)
        if key not in self._prices:
            self._prices[key] = self.prices.level(country, on)
        return self._prices[key]

    def annual(self, source: Source, country: str, on: date) -> float:
        """A complete source in nominal local money a year: amount by times by mean rate."""
        assert source.amount is not None
        assert source.times is not None
        local = LOCAL[country]
        rate = self.rate(source.currency or local, local, on)
        return source.amount * source.times * rate

    def real(self, nominal: float, country: str, on: date) -> float:
        return nominal / (self.price_level(country, on) / 100)


def is_complete(interview: Interview, figure: Collection[str]) -> bool:
    """Whether every source that the figure takes in has an amount; none at all is a true zero."""
    if interview.sources is None:
        return False
    return all(s.is_complete for s in interview.sources if s.kind in figure)


def nominal(
    interview: Interview,
    figure: Collection[str],
    country: str,
    money: Money,
    *,
    fill: Fill | None = None,
) -> float:
    """Annual income from the figure's sources in local money of the time.

    `fill` gives the amount of a source that has none; without it such a source counts nothing, so
    ask `is_complete` before. Raises ParameterMissing.
    """
    total = 0.0
    amounts = money.amounts(interview, country)
    for source, amount in zip(interview.sources or (), amounts, strict=True):
        if source.kind not in figure:
            continue
        if isinstance(amount, ParameterMissing):
            raise amount
        if amount is not None:
            total += amount
        elif fill is not None:
            total += fill(source) or 0.0
    return total


def change(baseline: float, endline: float) -> float | None:
    """Real endline over real baseline, less 1; None on a baseline of zero."""
    return endline / baseline - 1 if baseline else None


def change_class(
    baseline: float,
    endline: float,
    *,
    country_median: float | None,
    threshold: float = 0.10,
    floor: float = 0.05,
) -> str:
    """The class of a change of real income.

    From a baseline of zero: increased when the endline reaches the floor, a share of the country's
    median baseline among households with income (anything at all, where there is no such median).
    """
    ratio = change(baseline, endline)
    if ratio is None:
        reached = endline >= floor * country_median if country_median else endline > 0
        return INCREASED if reached else STABLE
    if ratio >= threshold or _close(ratio, threshold):
        return INCREASED
    return DECREASED if ratio <= -threshold or _close(ratio, -threshold) else STABLE


def _close(ratio: float, threshold: float) -> bool:
    """+10% computed of money is now and then 0.0999…96: the class must not hang on that."""
    return abs(ratio - threshold) < 1e-9


def positive_median(values: Iterable[float]) -> float | None:
    """Of households with income; None where there are none."""
    found = [value for value in values if value > 0]
    return median(found) if found else None


def fills(
    interviews: Iterable[tuple[str, Interview]], money: Money, country: str
) -> dict[str, float]:
    """Source → median annual amount among complete ones of one round, in this country's money.

    Of the country where it has ten, else of all countries, else the source is not there.
    """
    own: dict[str, list[float]] = {}
    every: dict[str, list[float]] = {}
    for there, interview in interviews:
        amounts = money.amounts(interview, country)
        for source, amount in zip(interview.sources or (), amounts, strict=True):
            # The other country's money may have no rate here: only this line would need it.
            if amount is None or isinstance(amount, ParameterMissing):
                continue
            every.setdefault(source.kind, []).append(amount)
            if there == country:
                own.setdefault(source.kind, []).append(amount)
    found = {kind: median(v) for kind, v in every.items() if len(v) >= FEWEST_TO_IMPUTE}
    return found | {kind: median(v) for kind, v in own.items() if len(v) >= FEWEST_TO_IMPUTE}


def check_tables(
    interviews: Iterable[tuple[str, Interview]],
    money: Money,
    *,
    kinds: Collection[str],
    prices: bool = False,
) -> None:
    """One error that names every missing month of a table, rather than one upload for each.

    Raises ParameterMissing.
    """
    missing: dict[str, list[tuple[str, str]]] = {}
    for country, interview in interviews:
        if country not in LOCAL or interview.sources is None:
            continue
        amounts = money.amounts(interview, country)
        for source, amount in zip(interview.sources, amounts, strict=True):
            if isinstance(amount, ParameterMissing) and source.kind in kinds:
                missing.setdefault(amount.table, []).extend(amount.missing)
        try:
            if prices:
                money.price_level(country, interview.on)
        except ParameterMissing as error:
            missing.setdefault(error.table, []).extend(error.missing)
    for table in sorted(missing, reverse=True):  # fx_rates before cpi
        raise ParameterMissing(table, missing[table])
