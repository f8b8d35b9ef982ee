"""Answers that look as if nobody had been asked: all the same, all unknown, copied. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveys.quality.checks.values import COPING, FOOD, FOOD_ALL
from surveys.quality.facts import REGISTRATION, Finding, Record
from surveys.quality.grouping import by_enumerator

LCS = (
    "LcsEN_stress_DomAsset",
    "LcsEN_stress_Saving",
    "LcsEN_stress_BorrowCash",
    "LcsEN_stress_Utilities",
    "LcsEN_crisis_ProdAssets",
    "LcsEN_crisis_Health",
    "LcsEN_crisis_OutSchool",
    "LcsEN_em_ResAsset",
    "LcsEN_em_FemAnimal",
    "LcsEN_em_Begged",
)
UNKNOWN = frozenset({"dk", "refused"})
# What is the same for an enumerator's whole day, or differs for any two families, says nothing.
TRIVIAL = frozenset(
    (
        *("start", "end", "today", "deviceid", "username", "audit", "enum_code", "partner"),
        *("interview_lang", "consent", "consent_share", "consent_followup", "country", "oblast"),
        *(
            "district",
            "village",
            "village_other",
            "card_no",
            "address",
            "gps",
            "phone",
            "signature",
        ),
        *("resp_name", "head_name", "head_name_lat", "id_last4", "instanceID", "instanceName"),
        *("baseline_date", "followup_date", "household", "card_check", "comments"),
    )
)


@dataclass(frozen=True, slots=True)
class Items:
    """Items of a grid that were answered, at least."""

    answered: float = 7


@dataclass(frozen=True, slots=True)
class Unknowns:
    """Percent of the answers given with a choice, and how many at least."""

    percent: float = 30
    least_answers: float = 10


@dataclass(frozen=True, slots=True)
class Alike:
    """Percent of the questions that both answered, and how many of these at least."""

    percent: float = 90
    least_answers: float = 30


def straight_line(record: Record, limits: Items) -> Iterator[Finding]:
    """One figure for every food; or one answer, and not "no", for every way of coping."""
    food = [v for name in FOOD_ALL if (v := record.number(name)) is not None]
    if len(food) >= limits.answered and len(set(food)) == 1:
        yield Finding(record.id, FOOD_ALL[0], measure={"value": food[0], "items": len(food)})
    coping = [code for name in LCS if (code := record.code(name))]
    if len(coping) >= limits.answered and len(set(coping)) == 1 and coping[0] not in {"10", "9999"}:
        measure = {"value": coping[0], "items": len(coping)}
        yield Finding(record.id, LCS[0], measure=measure)


def staples_never(record: Record, limits: Items) -> Iterator[Finding]:
    """A week without bread, or without any food at all (WFP's plausibility checks)."""
    food = [v for name in FOOD if (v := record.number(name)) is not None]
    if len(food) >= limits.answered and record.number(FOOD[0]) == 0:
        yield Finding(record.id, FOOD[0], measure={"days": 0, "all": sum(food)})


def coping_contradicts(record: Record, limits: Items) -> Iterator[Finding]:
    """Every way of saving on food every day, and every food every day."""
    food = [record.number(name) for name in FOOD]
    coping = [record.number(name) for name in COPING]
    if all(v == 7 for v in food) and all(v == 7 for v in coping):
        yield Finding(record.id, COPING[0], measure={"days": 7})


def unknown_much(record: Record, limits: Unknowns) -> Iterator[Finding]:
    """Many "don't know" and "refused"."""
    rows = (record.answers, *record.members, *record.incomes)
    codes = [value for row in rows for value in row.values() if _is_code(value)]
    unknown = sum(code in UNKNOWN for code in codes)
    if len(codes) < limits.least_answers:
        return
    percent = round(100 * unknown / len(codes), 1)
    if percent > limits.percent:
        measure = {"percent": percent, "answers": len(codes)}
        yield Finding(record.id, "", measure=measure, bounds={"most": limits.percent})


def nearly_identical(records: Sequence[Record], limits: Alike) -> Iterator[Finding]:
    """Two interviews by one enumerator with nearly the same answers (Kuriakose and Robbins 2016).

    Flagged is the later one. Quadratic in the interviews of one enumerator, a row at a time.
    """
    asked = [r for r in records if r.form == REGISTRATION and r.interviewed]
    for theirs in by_enumerator(asked).values():
        table = _coded(theirs)
        for at in range(1, len(theirs)):
            same, both = _likeness(table, at)
            shares = np.where(both >= limits.least_answers, 100 * same / np.maximum(both, 1), 0)
            best = int(shares.argmax())
            if shares[best] > limits.percent:
                measure = {"percent": round(float(shares[best]), 1), "answers": int(both[best])}
                bounds = {"most": limits.percent, "others": [str(theirs[best].id)]}
                yield Finding(theirs[at].id, "", measure=measure, bounds=bounds)


def _likeness(table: NDArray[np.int32], at: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """With each record before: answers that are equal, answers that both gave."""
    mine, before = table[at], table[:at]
    both = (before != 0) & (mine != 0)
    return ((before == mine) & both).sum(axis=1), both.sum(axis=1)


def _coded(records: Sequence[Record]) -> NDArray[np.int32]:
    """One row a record, one column a question; each answer as a number, 0 where there is none."""
    names = sorted({name for r in records for name in r.answers} - TRIVIAL)
    seen: dict[str, int] = defaultdict(lambda: len(seen) + 1)
    table = np.zeros((len(records), max(len(names), 1)), dtype=np.int32)
    for at, record in enumerate(records):
        for column, name in enumerate(names):
            value = record.answers.get(name)
            if value is not None:
                table[at, column] = seen[_text(value)]
    return table


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _is_code(value: Any) -> bool:
    """An answer chosen from a list: no time stamp, no text with blanks, no number."""
    return isinstance(value, str) and value.isidentifier()
