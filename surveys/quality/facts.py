"""What checks are told: one record as cleaned, with its rows; and what they answer. Pure.

Answers are by the name of their question. Times are aware and in the time zone of the field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveys.quality.audit import Timing

REGISTRATION, FOLLOWUP, SERVICE = "rmp_registration", "rmp_followup", "rmp_service"
KNOWN = frozenset({"exact", "estimate"})
YES, NO, HEAD = "yes", "no", "head"
_LONGEST = timedelta(hours=12)  # a form left open for longer says nothing of the interview
Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `place`: codes from the country down, "" where it is not known."""

    id: UUID
    form: str
    answers: Answers
    members: Sequence[Answers] = ()
    incomes: Sequence[Answers] = ()
    enumerator: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    received: datetime | None = None
    household: UUID | None = None
    place: str = ""
    country: str = ""
    restricted: bool = False
    timing: Timing | None = None  # at night, where the tablet's log has come
    outside_km: float | None = None  # of its point from its district, at night

    @property
    def lasted(self) -> timedelta | None:
        """None where the clock went back, or the form was left open."""
        if self.started is None or self.ended is None:
            return None
        lasted = self.ended - self.started
        return lasted if timedelta(0) <= lasted <= _LONGEST else None

    def code(self, name: str) -> str:
        return as_code(self.answers.get(name))

    def number(self, name: str) -> float | None:
        return as_number(self.answers.get(name))

    @property
    def interviewed(self) -> bool:
        """Somebody agreed and was asked; a service is not an interview."""
        return self.form != SERVICE and self.code("consent") == YES


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: at which question, of which row of its repeat (from 1; 0: the root).

    `measure` is of the record itself and says whether it is still the same finding; `bounds` is
    what it was held against. Numbers, codes and ids of records: never what a person said.
    """

    record: UUID
    question: str = ""
    row: int = 0
    measure: Mapping[str, Any] = field(default_factory=dict)
    bounds: Mapping[str, Any] = field(default_factory=dict)


def as_code(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def as_codes(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def as_number(value: Any) -> float | None:
    """A calculated question is text, whatever it counts. Not a number is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None


def point_of(record: Record) -> tuple[float, float] | None:
    """Latitude and longitude of the interview, in degrees."""
    point = record.answers.get("gps")
    if not isinstance(point, Mapping):
        return None
    lat, lon = as_number(point.get("lat")), as_number(point.get("lon"))
    return None if lat is None or lon is None else (lat, lon)


def annual(row: Answers) -> float | None:
    """An income source's amount times its periods, in its currency; None where it is not known."""
    amount, times = as_number(row.get("inc_amount")), as_number(row.get("inc_times"))
    if as_code(row.get("inc_known")) not in KNOWN or amount is None or times is None:
        return None
    return amount * times


def totals(record: Record) -> dict[str, float] | None:
    """Currency → annual income; None where the income module was not answered in full."""
    named = as_codes(record.answers.get("income_sources"))
    if not named:
        return None
    found: dict[str, float] = {}
    for row in record.incomes:
        amount = annual(row)
        if amount is None:
            return None
        currency = as_code(row.get("inc_currency"))
        found[currency] = found.get(currency, 0.0) + amount
    return found


def district_of(record: Record) -> str:
    """The path of the record's place, down to its district."""
    return "/".join(record.place.split("/")[:3])
