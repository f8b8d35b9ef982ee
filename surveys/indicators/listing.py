"""The households behind an indicator: those counted, those left out and why; by role."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from backend.accounts.models import User
from backend.problems import Problem
from backend.said import Said
from surveys.indicators.columns import units_of_columns
from surveys.indicators.definitions import Definition
from surveys.indicators.figures import UNKNOWN, Groups
from surveys.indicators.grouping import DISTRICT
from surveys.indicators.read import Asked, check_computable, drops_of, result_of, units_of

COUNTED, DROPPED = STATUSES = ("counted", "dropped")
PAGE_SIZE, LARGEST_PAGE = 100, 1000
CONTROLS = frozenset({"status", "measure", "reason", "days", "page", "page_size"})
MOST_DAYS = 100_000


@dataclass(frozen=True, slots=True)
class HouseholdPage:
    rows: list[dict[str, Any]]
    count: int
    page: int
    next: str
    previous: str


def check_may_list(user: User, definition: Definition) -> None:
    """Whose families had legal aid is for people named for it. Raises `Problem("not_allowed")`."""
    if definition.restricted and not user.sees_legal_aid:
        raise Problem("not_allowed")


def households_page(asked: Asked, query: Mapping[str, str]) -> HouseholdPage:
    """`query`: status, measure, reason, a group's value (`district=`), page, page_size; `days`: of
    dropped ones those whose baseline is more than so many days ago.

    Raises `Problem`: `not_allowed`, `value_invalid`, `field_unknown`, `indicator_no_data`,
    `rates_missing`.
    """
    check_may_list(asked.user, asked.definition)
    status = query.get("status") or COUNTED
    if status not in STATUSES:
        raise Problem(
            "value_invalid",
            field="status",
            reason=Said("one of {allowed}", allowed=", ".join(("counted", "dropped"))),
        )
    page, size = (
        _number(query, "page", 1, 100_000),
        _number(query, "page_size", PAGE_SIZE, LARGEST_PAGE),
    )
    first = (page - 1) * size
    listed = _counted if status == COUNTED else _dropped
    rows, count = listed(asked, query, first, first + size)
    return HouseholdPage(
        rows,
        count,
        page,
        _address(query, page + 1) if first + size < count else "",
        _address(query, page - 1) if page > 1 else "",
    )


def _counted(
    asked: Asked, query: Mapping[str, str], first: int, end: int
) -> tuple[list[dict[str, Any]], int]:
    """The rows of a page, and how many there are."""
    measures = [m.key for m in asked.definition.measures]
    measure = query.get("measure") or measures[0]
    if measure not in measures:
        raise Problem(
            "value_invalid",
            field="measure",
            reason=Said("one of {allowed}", allowed=", ".join(measures)),
        )
    result = result_of(asked)
    check_computable(result)
    wanted = _wanted(asked, query)
    units = units_of(asked, result).of_measure(measure)
    units = units.part(within=lambda groups: _matches(groups, wanted))
    rows = [
        {
            "household": str(unit.household),
            "on": unit.on.isoformat() if unit.on else None,
            "value": unit.value,
            "base": unit.base,
            "reason": None,
            "score": None,
            "days": None,
            "place": unit.groups.get(DISTRICT) or None,
        }
        for unit in units_of_columns(units.cut(first, end))
    ]
    return rows, len(units)


def _dropped(
    asked: Asked, query: Mapping[str, str], first: int, end: int
) -> tuple[list[dict[str, Any]], int]:
    result = result_of(asked)
    check_computable(result)
    wanted, reason = _wanted(asked, query), query.get("reason")
    today = timezone.localdate(result.run.as_of)
    known = _number(query, "days", 0, MOST_DAYS)
    drops = [
        drop
        for drop in drops_of(asked, result)
        if reason in {None, "", drop.reason}
        and _matches(drop.groups, wanted)
        and (not known or (drop.on and (today - drop.on).days > known))
    ]
    rows = [
        {
            "household": str(drop.household) if drop.household else None,
            "on": drop.on.isoformat() if drop.on else None,
            "value": None,
            "base": None,
            "reason": drop.reason,
            "score": drop.score,
            "days": (today - drop.on).days if drop.on else None,
            "place": drop.groups.get(DISTRICT) or None,
        }
        for drop in drops[first:end]
    ]
    return rows, len(drops)


def _wanted(asked: Asked, query: Mapping[str, str]) -> dict[str, str]:
    """Group → the value asked for. Raises `Problem("field_unknown")`."""
    known = {*asked.definition.groups, *asked.definition.headline.split}
    others = CONTROLS | {"by", "from", "until", "period", "states", "exact", "format"}
    for name in query:
        if name not in known | others:
            raise Problem("field_unknown", field=name)
    return {name: query[name] for name in query if name in known}


def _matches(groups: Groups, wanted: Mapping[str, str]) -> bool:
    for name, value in wanted.items():
        said = groups.get(name) or UNKNOWN
        if value not in (said if isinstance(said, tuple) else (said,)):
            return False
    return True


def _number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name) or str(default)
    least = min(default, 1)
    if not text.isascii() or not text.isdecimal() or not least <= int(text[:9]) <= most:
        reason = Said("a number from {least} to {most}", least=least, most=most)
        raise Problem("value_invalid", field=name, reason=reason)
    return int(text)


def _address(query: Mapping[str, str], page: int) -> str:
    return "?" + urlencode({**query, "page": page})
