"""variables_of: how each question was answered over all records of a form. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_DISTINCT = 1000  # then it is told as "many"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: its path, and which of its codes say that there is no answer, and why."""

    name: str
    path: str
    missing: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Variable:
    """Shares are percent of the rows. `distinct` counts different answers, up to 1,000.

    `constant`: one answer in at least 20 rows; `empty`: none at all.
    """

    name: str
    path: str
    rows: int
    unanswered: float
    refused: float
    dont_know: float
    not_applicable: float
    distinct: int
    constant: bool
    empty: bool


def variables_of(rows: Sequence[Mapping[str, Any]], asked: Iterable[Asked]) -> list[Variable]:
    """One line a question, in the form's order."""
    return [_variable(rows, question) for question in asked]


def _variable(rows: Sequence[Mapping[str, Any]], question: Asked) -> Variable:
    kinds: Counter[str] = Counter()
    seen: set[str] = set()
    for row in rows:
        value = row.get(question.name)
        if value is None or value in ("", []):
            kinds["unanswered"] += 1
            continue
        text = value if isinstance(value, str) else repr(value)
        kinds[question.missing.get(text, "")] += 1
        if len(seen) < MOST_DISTINCT:
            seen.add(text)
    answered = len(rows) - kinds["unanswered"]
    return Variable(
        name=question.name,
        path=question.path,
        rows=len(rows),
        unanswered=_percent(kinds["unanswered"], len(rows)),
        refused=_percent(kinds["refused"], len(rows)),
        dont_know=_percent(kinds["dont_know"], len(rows)),
        not_applicable=_percent(kinds["not_applicable"], len(rows)),
        distinct=len(seen),
        constant=answered >= 20 and len(seen) == 1,
        empty=len(rows) > 0 and answered == 0,
    )


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
