"""Invented households as the pure indicators take them; sensible unless a test says otherwise."""

from datetime import date
from typing import Any
from uuid import UUID

from surveys.indicators.facts import (
    Baseline,
    Household,
    Interview,
    Member,
    Service,
    Snapshot,
    Source,
)
from surveys.indicators.income import Money
from surveys.indicators.parameters import Prices, Rates, divmod_month

BASELINE_ON, ENDLINE_ON = date(2014, 5, 10), date(2015, 4, 20)


def number(n: int) -> UUID:
    return UUID(int=n)


def interview(on: date = BASELINE_ON, *sources: Source, **said: Any) -> Interview:
    return Interview(on=on, **{"size": 5, "sources": tuple(sources), **said})


def source(
    kind: str, amount: float | None, times: int = 12, currency: str = "KGS", **said: Any
) -> Source:
    known = said.pop("known", "exact" if amount is not None else "dk")
    return Source(kind, known, amount, currency, times if amount is not None else None, **said)


def baseline(
    n: int = 1, *, vulnerable: bool = True, members: tuple[Member, ...] = (), **said: Any
) -> Baseline:
    told = said.pop("interview", None) or interview(size=said.pop("size", 5))
    fixed = {"head_sex": "female", "head_birth_year": 1975, "n_migrants": 1, **said}
    return Baseline(number(10_000 + n), told, vulnerable=vulnerable, members=members, **fixed)


def service(
    on: str = "2014-07-01", type: str = "shg", kind: str = "livelihood", **said: Any
) -> Service:
    day = date.fromisoformat(on)
    return Service(
        number(said.pop("record", 1)),
        kind,
        type,
        day,
        **{"completed": True, "partner": "ng_01", **said},
    )


def aid(on: str = "2014-07-01", **said: Any) -> Service:
    told = {
        "sex": "female",
        "birth_year": 1980,
        "line": 1,
        "case": "LK-2014-0001",
        "outcome": "open",
        **said,
    }
    return service(on, "legal_aid", "legal", completed=False, **told)


def household(n: int = 1, *services: Service, **said: Any) -> Household:
    fixed = {
        "country": "KG", "oblast": "KG06000000000", "district": "KG06207000000",
        "village": f"village {n % 12}", "baseline": baseline(n), **said,
    }  # fmt: skip
    return Household(number(n), services=services, **fixed)


def snapshot(*households: Household, **said: Any) -> Snapshot:
    return Snapshot(households, as_of=date(2015, 5, 1), **said)


def money(
    rates: dict[tuple[str, str], dict[date, float]] | None = None,
    prices: dict[str, dict[date, float]] | None = None,
) -> Money:
    """Rates and prices that hold from a day on; prices are 100 everywhere unless said."""
    months = [divmod_month(at) for at in range(2013 * 12 + 3, 2015 * 12 + 6)]
    by_rate = {
        (month, currency, local): _since(steps, month)
        for (currency, local), steps in (rates or {}).items()
        for month in months
    }
    by_price = {
        (country, month): _since((prices or {}).get(country, {date(2000, 1, 1): 100.0}), month)
        for country in ("KG", "TJ")
        for month in months
    }
    return Money.of(Rates(by_rate), Prices(by_price))


def _since(steps: dict[date, float], month: tuple[int, int]) -> float:
    return [rate for since, rate in sorted(steps.items()) if (since.year, since.month) <= month][-1]
