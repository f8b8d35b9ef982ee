"""compare: an interview and the one that checked it, question by question; rates of error. Pure.

Type 1 cannot change (a difference is the enumerator's), type 2 should be the same and is hard to
ask, type 3 may vary (IPA's `bcstats`). Numbers agree within an accepted range.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from surveys.quality.facts import FOLLOWUP, REGISTRATION, Record, as_code, as_codes, as_number

TYPES = (1, 2, 3)
ACTION_LINE = 0.10  # of type 1: above it somebody goes and looks


@dataclass(frozen=True, slots=True)
class Variable:
    """`within`: how far numbers may lie apart; `percent`: the same, of the greater one."""

    name: str
    type: int
    within: float = 0
    percent: float = 0


VARIABLES: Mapping[str, tuple[Variable, ...]] = {
    REGISTRATION: (
        Variable("village", 1),
        Variable("head_sex", 1),
        Variable("head_birth_year", 1, within=1),
        Variable("head_marital", 1),
        Variable("hh_size", 1),
        Variable("n_children", 1),
        Variable("tenure", 1),
        Variable("rooms", 2, within=1),
        Variable("water", 2),
        Variable("heating", 2),
        Variable("land_sotka", 2, percent=10),
        Variable("cattle", 2, within=1),
        Variable("sheep", 2, percent=10, within=2),
        Variable("income_sources", 2),
        Variable("debt_any", 2),
        Variable("shg_member", 2),
        Variable("exp_total", 3, percent=20),
        Variable("exp_food", 3, percent=20),
        Variable("FCSStap", 3, within=2),
        Variable("FCSPr", 3, within=2),
        Variable("FCSVeg", 3, within=2),
    ),
    FOLLOWUP: (
        Variable("hh_size_now", 1),
        Variable("head_sex_now", 1),
        Variable("migrants_now", 2),
        Variable("income_sources", 2),
        Variable("new_activity", 2),
        Variable("exp_total", 3, percent=20),
        Variable("FCSStap", 3, within=2),
        Variable("FCSPr", 3, within=2),
    ),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One question. `differs` is None where one of the two did not answer."""

    name: str
    type: int
    first: Any
    again: Any
    differs: bool | None


@dataclass(frozen=True, slots=True)
class Rate:
    """Differences among what both answered."""

    differing: int
    compared: int

    @property
    def share(self) -> float:
        return self.differing / self.compared

    @property
    def over(self) -> bool:
        return self.share > ACTION_LINE


def compare(first: Record, again: Record) -> list[Compared]:
    """In the order of the variables; nothing of a form that has none."""
    found = []
    for variable in VARIABLES.get(first.form, ()):
        one, other = first.answers.get(variable.name), again.answers.get(variable.name)
        differs = None if _blank(one) or _blank(other) else not _agree(variable, one, other)
        found.append(Compared(variable.name, variable.type, one, other, differs))
    return found


def rates(compared: Iterable[Compared]) -> dict[int, Rate]:
    """By type of variable, of the types of which anything was compared."""
    counts: dict[int, list[bool]] = defaultdict(list)
    for each in compared:
        if each.differs is not None:
            counts[each.type].append(each.differs)
    return {type_: Rate(sum(found), len(found)) for type_, found in sorted(counts.items())}


def _agree(variable: Variable, first: Any, again: Any) -> bool:
    one, other = as_number(first), as_number(again)
    if one is not None and other is not None and not isinstance(first, list):
        room = max(variable.within, variable.percent / 100 * max(abs(one), abs(other)))
        return abs(one - other) <= room
    if isinstance(first, list) or isinstance(again, list):
        return set(as_codes(first)) == set(as_codes(again))
    return as_code(first) == as_code(again)


def _blank(value: Any) -> bool:
    return value is None or value in ("", [])
