"""What indicators are computed from: canonical households with what their records say. Pure.

Amounts are as answered, in the currency answered; days are civil days of the interview or service.
None is "not answered", never zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

KNOWN = frozenset({"exact", "estimate"})  # of `inc_known`, `exp_known`
YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Source:
    """One income source of an interview: an amount each time, in its currency, times a year."""

    kind: str
    known: str
    amount: float | None = None
    currency: str = ""
    times: int | None = None
    earner: str = ""
    is_complete: bool = field(init=False)  # once: every figure of income asks for it

    def __post_init__(self) -> None:
        told = self.known in KNOWN and self.amount is not None and self.times is not None
        object.__setattr__(self, "is_complete", told)


@dataclass(frozen=True, slots=True)
class Interview:
    """What baseline and endline ask alike. `sources` is None where the module was not answered."""

    on: date
    size: int | None = None
    sources: tuple[Source, ...] | None = None
    income_change: str = ""
    fcs: tuple[int | None, ...] = ()
    rcsi: tuple[int | None, ...] = ()
    lcs: tuple[str | None, ...] = ()
    spent: float | None = None  # last month, in one currency with `spent_on_food`
    spent_on_food: float | None = None


@dataclass(frozen=True, slots=True)
class Member:
    age: int | None = None
    marital: str = ""
    school: str = ""
    present: str = ""
    country: str = ""  # of stay, of a migrant
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Baseline:
    record: UUID
    interview: Interview
    vulnerable: bool = False
    score: int | None = None  # of the criteria of vulnerability
    head_sex: str = ""
    head_birth_year: int | None = None
    n_migrants: int | None = None
    cattle: int | None = None
    sheep: int | None = None
    poultry: int | None = None
    debt_any: str = ""
    debt_late: str = ""
    legal_need: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()  # the most important one first; "" where none is named
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """One service to one person. `name` is folded, to tell persons apart; no output has it."""

    record: UUID
    kind: str
    type: str
    on: date | None
    completed: bool = False
    value: float | None = None
    partner: str = ""
    satisfied: str = ""
    line: int | None = None
    name: str = ""
    sex: str = ""
    birth_year: int | None = None
    case: str = ""
    topics: tuple[str, ...] = ()
    form: str = ""
    first: bool = False
    outcome: str = ""
    order: int = 0  # of arrival: of two records of one day the later counts


@dataclass(frozen=True, slots=True)
class Household:
    """A canonical household: places are those of its baseline, wherever it lives now."""

    id: UUID
    country: str
    oblast: str
    district: str
    village: str
    baseline: Baseline | None
    midline: Interview | None = None
    endline: Interview | None = None
    trace: str = ""  # what the last endline visit found; "" before any
    services: tuple[Service, ...] = ()
    # Its groups as `grouping.py` finds them, once: each indicator asks for the same.
    known_groups: dict[Any, dict[str, str]] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All of it at one moment. `left_out`: records not counted, by reason."""

    households: tuple[Household, ...]
    as_of: date
    open_links: int = 0
    records: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    digest: str = ""
