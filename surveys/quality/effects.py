"""effects_of: what each enumerator's interviews say beside those of all the others. Pure.

Families differ; the families of one enumerator should not differ much from those of the rest. Of
each measure: mean, SD, least and most, and z, the distance of the mean from that of the others in
standard errors (SD of the others by the root of the enumerator's interviews). Far is a reason to
listen in or to check back, not a verdict.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import fsum, log, sqrt

from surveys.quality.checks.values import COPING, FOOD, mean_and_sd
from surveys.quality.facts import KNOWN, NO, Record, as_code, as_number, totals
from surveys.quality.grouping import by_enumerator

FAR = 3.0  # standard errors
LEAST = 10  # interviews of the enumerator, and of the others, before a figure can be far
NARROW = 0.5  # of the SD of all: answers that vary too little
LEAST_FOR_NARROW = 20
ROUND = 1000  # money
GATES = ("debt_any", "legal_know", "legal_had", "shg_member", "new_activity")  # "no" skips more
WORKING_AGES = range(23, 63)  # as in Whipple's index


@dataclass(frozen=True, slots=True)
class Effect:
    """One measure of one enumerator. `z` is None where there are too few interviews."""

    count: int
    mean: float
    sd: float
    least: float
    most: float
    others: float
    z: float | None
    far: bool
    narrow: bool


@dataclass(frozen=True, slots=True)
class Line:
    enumerator: str
    interviews: int
    refused: int
    places: tuple[str, ...]
    effects: Mapping[str, Effect]


def effects_of(records: Iterable[Record]) -> list[Line]:
    """One line an enumerator, by name. Legal-aid records are left out."""
    told = {
        name: [r for r in theirs if not r.restricted]
        for name, theirs in by_enumerator(records).items()
    }
    asked = {name: [r for r in theirs if r.interviewed] for name, theirs in told.items()}
    measured = {
        measure: {name: _values(theirs, find) for name, theirs in asked.items()}
        for measure, find in MEASURES.items()
    }
    totals_of = {
        measure: _Sums.of(v for theirs in values.values() for v in theirs)
        for measure, values in measured.items()
    }
    return [
        Line(
            enumerator=name,
            interviews=len(asked[name]),
            refused=sum(record.code("consent") == NO for record in theirs),
            places=tuple(sorted({record.place for record in theirs})),
            effects={
                measure: effect
                for measure, values in measured.items()
                if (effect := _effect(values[name], totals_of[measure])) is not None
            },
        )
        for name, theirs in sorted(told.items())
        if asked[name]
    ]


def _values(records: Sequence[Record], find: Callable[[Record], float | None]) -> list[float]:
    return [value for record in records if (value := find(record)) is not None]


@dataclass(frozen=True, slots=True)
class _Sums:
    """Count, sum and sum of squares: of all without one enumerator is then a subtraction."""

    count: int
    total: float
    squares: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "_Sums":
        told = list(values)
        return cls(len(told), fsum(told), fsum(v * v for v in told))

    def without(self, other: "_Sums") -> "_Sums":
        return _Sums(
            self.count - other.count, self.total - other.total, self.squares - other.squares
        )

    @property
    def mean(self) -> float:
        return self.total / self.count

    @property
    def sd(self) -> float:
        if self.count < 2:
            return 0.0
        square = (self.squares - self.total * self.mean) / (self.count - 1)
        # what is left of rounding where all are the same is none
        return sqrt(square) if square > 1e-9 * max(self.mean**2, 1.0) else 0.0


def _effect(mine: Sequence[float], everybody: _Sums) -> Effect | None:
    rest = everybody.without(_Sums.of(mine))
    if not mine or rest.count < 1:
        return None
    (mean, sd), (usual, spread) = mean_and_sd(mine), (rest.mean, rest.sd)
    enough = min(len(mine), rest.count) >= LEAST and spread > 0
    z = round((mean - usual) / (spread / sqrt(len(mine))), 2) if enough else None
    return Effect(
        count=len(mine),
        mean=round(mean, 3),
        sd=round(sd, 3),
        least=round(min(mine), 3),
        most=round(max(mine), 3),
        others=round(usual, 3),
        z=z,
        far=z is not None and abs(z) >= FAR,
        narrow=enough and len(mine) >= LEAST_FOR_NARROW and sd < NARROW * spread,
    )


def _minutes(record: Record) -> float | None:
    lasted = record.lasted
    return None if lasted is None else lasted / timedelta(minutes=1)


def _size(record: Record) -> float | None:
    size = record.number("hh_size")
    return record.number("hh_size_now") if size is None else size


def _alone(record: Record) -> float | None:
    size = _size(record)
    return None if size is None else float(size == 1)


def _abroad(record: Record) -> float | None:
    if not record.members:
        return None
    return float(sum(as_code(m.get("m_present")) == "abroad" for m in record.members))


def _unknown_amounts(record: Record) -> float | None:
    known = [as_code(row.get("inc_known")) in KNOWN for row in record.incomes]
    return 1 - sum(known) / len(known) if known else None


def _round_amounts(record: Record) -> float | None:
    """Digit preference: the share of amounts that are whole thousands."""
    amounts = [a for row in record.incomes if (a := as_number(row.get("inc_amount")))]
    return sum(a % ROUND == 0 for a in amounts) / len(amounts) if amounts else None


def _heaped_ages(record: Record) -> float | None:
    """The share of ages from 23 to 62 that end in 0 or 5; a fifth would be chance."""
    ages = [int(a) for m in record.members if (a := as_number(m.get("m_age"))) is not None]
    adult = [age for age in ages if age in WORKING_AGES]
    return sum(age % 5 == 0 for age in adult) / len(adult) if adult else None


def _skipping(record: Record) -> float | None:
    """The share of "no" where "yes" would have opened more questions."""
    codes = [code for name in GATES if (code := record.code(name))]
    return sum(code == NO for code in codes) / len(codes) if codes else None


def _unknowns(record: Record) -> float | None:
    codes = [v for v in record.answers.values() if isinstance(v, str) and v.isidentifier()]
    return sum(code in {"dk", "refused"} for code in codes) / len(codes) if codes else None


def _sum_of(names: Sequence[str]) -> Callable[[Record], float | None]:
    def total(record: Record) -> float | None:
        values = [record.number(name) for name in names]
        return None if None in values else sum(v for v in values if v is not None)

    return total


def _income(record: Record) -> float | None:
    """The logarithm of the income, where it is in one currency: on it ranges can be compared."""
    found = totals(record)
    if not found or len(found) != 1:
        return None
    (amount,) = found.values()
    return log(amount) if amount > 0 else None


def _others_named(record: Record) -> float | None:
    return float(any(record.code(n) for n in ("partner_other", "income_source_other")))


MEASURES: Mapping[str, Callable[[Record], float | None]] = {
    "minutes": _minutes,
    "size": _size,
    "alone": _alone,
    "abroad": _abroad,
    "unknown_amounts": _unknown_amounts,
    "round_amounts": _round_amounts,
    "heaped_ages": _heaped_ages,
    "skipping": _skipping,
    "unknowns": _unknowns,
    "others_named": _others_named,
    "food": _sum_of(FOOD),
    "coping": _sum_of(COPING),
    "income": _income,
}
