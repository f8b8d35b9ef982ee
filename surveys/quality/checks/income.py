"""The income module, which our first indicator is made of. Pure. Amounts are in their currency."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log10

from surveys.quality.checks.timing import NoLimits
from surveys.quality.facts import (
    FOLLOWUP,
    KNOWN,
    REGISTRATION,
    Answers,
    Finding,
    Record,
    annual,
    as_code,
    as_codes,
    as_number,
    totals,
)
from surveys.quality.grouping import latest_by_home, median_of


@dataclass(frozen=True, slots=True)
class Rounding:
    """By how much a sum may differ, in money."""

    money: float = 1


@dataclass(frozen=True, slots=True)
class Spending:
    """How many times the income of a year the spending of a year may be."""

    times: float = 3


@dataclass(frozen=True, slots=True)
class Against:
    """How many times more or less than at the baseline, in one currency."""

    times: float = 5


@dataclass(frozen=True, slots=True)
class Slip:
    """How near to ten, a hundred or a thousand times the median of its kind (0.1: about 25 %)."""

    near: float = 0.1
    least_of_its_kind: float = 20


FOREIGN = {"KG": "TJS", "TJ": "KGS"}  # the neighbour's money
LOCAL = {"KG": "KGS", "TJ": "TJS"}


def income_none(record: Record, limits: NoLimits) -> Iterator[Finding]:
    """A family lives on something: no source at all, or all of them brought nothing."""
    found = totals(record)
    if record.interviewed and found is not None and not any(found.values()):
        measure = {"sources": len(record.incomes)}
        yield Finding(record.id, "income_sources", measure=measure)


def income_sum_differs(record: Record, limits: Rounding) -> Iterator[Finding]:
    """The sums that the tablet calculated against the rows it was given."""
    sums: dict[str, float] = defaultdict(float)
    for row in record.incomes:
        sums[as_code(row.get("inc_currency"))] += annual(row) or 0.0
    for currency in ("KGS", "TJS", "RUB", "USD"):
        name = f"income_{currency.lower()}"
        told = record.number(name)
        if told is not None and abs(told - sums[currency]) > limits.money:
            measure = {"sum": told, "rows": round(sums[currency], 2)}
            yield Finding(record.id, name, measure=measure, bounds={"most": limits.money})


def income_row_missing(record: Record, limits: NoLimits) -> Iterator[Finding]:
    """A source was named, and there is no row that says what it brought."""
    named = [code for code in as_codes(record.answers.get("income_sources")) if code != "none"]
    if record.interviewed and len(named) != len(record.incomes):
        measure = {"named": len(named), "rows": len(record.incomes)}
        yield Finding(record.id, "income_sources", measure=measure)


def currency_foreign(record: Record, limits: NoLimits) -> Iterator[Finding]:
    """Som in Tajikistan or somoni in Kyrgyzstan: most often the line beside was touched."""
    wrong = FOREIGN.get(record.country)
    for row, income in enumerate(record.incomes, 1):
        if wrong and as_code(income.get("inc_currency")) == wrong:
            yield Finding(record.id, "inc_currency", row, {"currency": wrong})
    if wrong and record.code("exp_currency") == wrong:
        yield Finding(record.id, "exp_currency", measure={"currency": wrong})


def spending_beyond_income(record: Record, limits: Spending) -> Iterator[Finding]:
    """Where both are in one currency and wholly known."""
    income, currency = totals(record), record.code("exp_currency")
    spent = record.number("exp_total")
    if not income or set(income) != {currency} or record.code("exp_known") not in KNOWN:
        return
    earned = income[currency]
    if spent is not None and earned > 0 and 12 * spent > limits.times * earned:
        measure = {"times": round(12 * spent / earned, 1)}
        yield Finding(record.id, "exp_total", measure=measure, bounds={"most": limits.times})


def food_beyond_spending(record: Record, limits: NoLimits) -> Iterator[Finding]:
    food, spent = record.number("exp_food"), record.number("exp_total")
    if food is not None and spent is not None and food > spent:
        yield Finding(record.id, "exp_food", measure={"food": food, "spent": spent})


def remittance_unnamed(record: Record, limits: NoLimits) -> Iterator[Finding]:
    """A migrant sends money, and remittances are not among the sources."""
    sources = as_codes(record.answers.get("income_sources"))
    if not sources or "remit" in sources:
        return
    for row, member in enumerate(record.members, 1):
        often = as_code(member.get("mig_remit"))
        if often in {"monthly", "quarter"}:
            yield Finding(record.id, "mig_remit", row, {"often": often})


def remittance_from_nobody(record: Record, limits: NoLimits) -> Iterator[Finding]:
    """Remittances come in, and nobody of the family is abroad."""
    sources = as_codes(record.answers.get("income_sources"))
    if record.form != REGISTRATION or "remit" not in sources or not record.members:
        return
    if not any(as_code(member.get("m_present")) == "abroad" for member in record.members):
        yield Finding(record.id, "income_sources", measure={"abroad": 0})


def income_unit_slip(records: Sequence[Record], limits: Slip) -> Iterator[Finding]:
    """Ten, a hundred or a thousand times more or less than is usual for its source, currency and
    period: a nought too many, or thousands meant and written as ones.
    """
    kinds: dict[tuple[str, str, str], list[tuple[Record, int, float]]] = defaultdict(list)
    for record in records:
        for row, income in enumerate(record.incomes, 1):
            amount = as_number(income.get("inc_amount"))
            if amount and as_code(income.get("inc_known")) in KNOWN:
                kinds[_kind(income)].append((record, row, amount))
    for found in kinds.values():
        if len(found) < limits.least_of_its_kind:
            continue
        usual = median_of(amount for _, _, amount in found)
        for record, row, amount in found:
            power = log10(amount / usual)
            if abs(round(power)) >= 1 and abs(power - round(power)) <= limits.near:
                measure = {"value": amount, "times": float(f"{10**power:.3g}")}
                bounds = {"usual": usual, "of": len(found)}
                yield Finding(record.id, "inc_amount", row, measure, bounds)


def income_changed(records: Sequence[Record], limits: Against) -> Iterator[Finding]:
    """The year's income at a follow-up against the baseline, where both are in one currency."""
    first = latest_by_home(r for r in records if r.form == REGISTRATION and r.interviewed)
    for record in records:
        before = first.get(record.household)
        if record.form != FOLLOWUP or not record.interviewed or before is None:
            continue
        was, now = totals(before), totals(record)
        if not was or not now or set(was) != set(now) or len(was) != 1:
            continue
        (old,), (new,) = was.values(), now.values()
        if min(old, new) > 0 and not 1 / limits.times <= new / old <= limits.times:
            measure = {"times": float(f"{new / old:.3g}")}
            bounds = {"most": limits.times, "others": [str(before.id)]}
            yield Finding(record.id, "income_sources", measure=measure, bounds=bounds)


def _kind(income: Answers) -> tuple[str, str, str]:
    names = ("inc_src", "inc_currency", "inc_period")
    source, currency, period = (as_code(income.get(name)) for name in names)
    return source, currency, period
