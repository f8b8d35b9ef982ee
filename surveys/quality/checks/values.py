"""Numbers that cannot be, that are seldom so, and that lie far from all others. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from math import expm1, log1p, sqrt
from typing import Any, TypeAlias

from surveys.quality.checks.timing import NoLimits
from surveys.quality.facts import Finding, Record, as_number
from surveys.quality.grouping import by_key

Ranges: TypeAlias = Mapping[str, tuple[float, float]]
_WEEK = (0.0, 7.0)  # days
FOOD = ("FCSStap", "FCSPulse", "FCSDairy", "FCSPr", "FCSVeg", "FCSFruit", "FCSFat", "FCSSugar")
FOOD_ALL = (*FOOD, "FCSCond")
COPING = ("rCSILessQlty", "rCSIBorrow", "rCSIMealSize", "rCSIMealAdult", "rCSIMealNb")
# The constraints of the programme's forms, held again: not every program that sends holds them.
POSSIBLE: Ranges = {
    **dict.fromkeys((*FOOD_ALL, *COPING), _WEEK),
    "hh_size": (1, 30),
    "hh_size_now": (1, 30),
    "migrants_now": (0, 30),
    "head_birth_year": (1910, 2000),
    "rooms": (1, 20),
    "power_hours": (0, 24),
    "land_sotka": (0, 5000),
    "cattle": (0, 1e6),
    "sheep": (0, 1e6),
    "poultry": (0, 1e6),
    "exp_total": (0, 1e9),
    "exp_food": (0, 1e9),
    "debt_amount": (0, 1e9),
    "hours": (0, 400),
    "person_line": (0, 30),
    "person_birth_year": (1910, 2008),
}
POSSIBLE_IN_ROWS: Ranges = {
    "m_age": (0, 110),
    "inc_amount": (0, 1e7),
    "inc_times": (1, 365),
    "mig_amount": (0, 1e9),
}
# Compared with those of the same country, on a scale where ten times is as far up as down.
COMPARED = ("hh_size", "land_sotka", "cattle", "sheep", "poultry", "exp_total", "debt_amount")


@dataclass(frozen=True, slots=True)
class Usual:
    """Up to here nobody need ask."""

    hh_size: float = 15
    rooms: float = 10
    land_sotka: float = 1000
    cattle: float = 50
    sheep: float = 300
    poultry: float = 150
    hours: float = 200


@dataclass(frozen=True, slots=True)
class Outlying:
    """Tukey's fences: so many times the distance of the quartiles beyond them, on a log scale."""

    times: float = 3
    least_of_its_kind: float = 30


def value_impossible(record: Record, limits: NoLimits) -> Iterator[Finding]:
    """A hard constraint: outside what the form allows."""
    yield from _outside(record, 0, record.answers, POSSIBLE)
    for rows in (record.members, record.incomes):
        for at, row in enumerate(rows, 1):
            yield from _outside(record, at, row, POSSIBLE_IN_ROWS)


def value_unusual(record: Record, limits: Usual) -> Iterator[Finding]:
    """A soft constraint: possible, and worth asking about."""
    for name, most in asdict(limits).items():
        value = record.number(name)
        if value is not None and most < value <= POSSIBLE[name][1]:
            yield Finding(record.id, name, measure={"value": value}, bounds={"most": most})


def value_outlying(records: Sequence[Record], limits: Outlying) -> Iterator[Finding]:
    """Far above the upper quartile, or far below the lower one, of its question and country."""
    for name in COMPARED:
        told = [r for r in records if (r.number(name) or 0) > 0]
        for group in by_key(told, partial(_kind, name=name)).values():
            if len(group) >= limits.least_of_its_kind:
                yield from _beyond(group, name, limits)


def _kind(record: Record, name: str) -> tuple[str, str, str]:
    """Money is compared with money of its currency."""
    currency = {"exp_total": "exp_currency", "debt_amount": "debt_currency"}.get(name, "")
    return record.form, record.country, record.code(currency) if currency else ""


def _beyond(group: Sequence[Record], name: str, limits: Outlying) -> Iterator[Finding]:
    values = [value for record in group if (value := record.number(name)) is not None]
    low, high = fences([log1p(v) for v in values], limits.times)
    if low == high:  # more than half of them are the same: nothing lies far from it by this measure
        return
    for record, value in zip(group, values, strict=True):
        if not low <= log1p(value) <= high:
            bounds = {"low": round(_back(low), 2), "high": round(_back(high), 2), "of": len(group)}
            yield Finding(record.id, name, measure={"value": value}, bounds=bounds)


def _back(value: float) -> float:
    """From the log scale; nothing is less than nothing."""
    return max(expm1(value), 0.0)


def fences(values: Iterable[float], times: float) -> tuple[float, float]:
    """Quartiles (by linear interpolation) and so many times their distance beyond them."""
    ordered = sorted(values)
    low, high = _quantile(ordered, 0.25), _quantile(ordered, 0.75)
    return low - times * (high - low), high + times * (high - low)


def _quantile(ordered: Sequence[float], share: float) -> float:
    at = share * (len(ordered) - 1)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])


def mean_and_sd(values: Sequence[float]) -> tuple[float, float]:
    """The sample's standard deviation; 0 of fewer than two values."""
    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, 0.0
    return mean, sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))


def _outside(
    record: Record,
    row: int,
    answers: Mapping[str, Any],
    possible: Mapping[str, tuple[float, float]],
) -> Iterator[Finding]:
    for name, (low, high) in possible.items():
        if name in answers:
            value = as_number(answers[name])
            if value is not None and not low <= value <= high:
                bounds = {"low": low, "high": high}
                yield Finding(record.id, name, row, {"value": value}, bounds)
