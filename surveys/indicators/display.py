"""What the pages of indicators are filled with: numbers as written, tables beside them, tiles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from backend.moments import written_moment
from backend.percents import written_percent
from surveys.indicators.definitions import DEFINITIONS, Definition
from surveys.indicators.figures import EFFECT, Kind, Measure
from surveys.indicators.words import (
    COLUMNS,
    MEASURES,
    PARAMETERS,
    REASONS,
    SIDES,
    VALUES,
    word,
)
from surveys.submissions.models import Submission

Names = Mapping[str, str]
_STATES: Mapping[Any, Any] = dict(Submission.ReviewState.choices)
MOST_PARTS, FIRST_PARTS = 6, 3  # of more than six parts of a number the list shows the largest


@dataclass(frozen=True, slots=True)
class SideTable:
    title: str
    columns: list[str]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Tile:
    """One indicator in the list."""

    code: str
    title: str
    number: str
    label: str
    note: str = ""
    progress: float | None = None
    parts: list[tuple[str, str]] = field(default_factory=list)


def number_words(measure: Measure, number: float | None, hidden: str = "") -> str:
    """As written in the reader's language: shares as per cent, counts whole."""
    if number is None:
        return _("too few") if hidden.startswith("n<") else hidden or "–"
    if measure.kind == Kind.COUNT:
        return written(number, 0)
    if measure.kind in {Kind.SHARE, Kind.CLASSES} or _is_part(measure):
        return part_words(number)
    return written(number, 2)


def part_words(share: float) -> str:
    """A share as per cent."""
    return written_percent(share, 1)


def whole_words(number: float) -> str:
    return written(number, 0)


def written(number: float, digits: int) -> str:
    """Rounded first: Django's own cuts what it does not show."""
    return number_format(round(number, digits), digits, use_l10n=True, force_grouping=True)


def _is_part(measure: Measure) -> bool:
    """A share of money is a ratio of sums, and read as per cent."""
    return measure.key in {"remittance_share", "remittance_median", "women_share"}


def side_tables(sides: Sequence[Mapping[str, Any]], names: Names) -> list[SideTable]:
    return [
        SideTable(
            word(SIDES, side["key"]),
            [word(COLUMNS, word(VALUES, name)) for name in side["columns"]],
            [
                [_cell(name, cell, names) for name, cell in zip(side["columns"], row, strict=True)]
                for row in side["rows"]
            ],
        )
        for side in sides
        if side["rows"]
    ]


_SHARES = frozenset({"threshold", "share"})
_FINE = frozenset({"found_mean", "lost_mean", "standardised_difference"})  # with two decimals,
_LARGE = 1000  # but for money


def _cell(column: str, cell: Any, names: Names) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, list):
        return ", ".join(_cell(column, each, names) for each in cell)
    if isinstance(cell, str):
        return names.get(cell) or word(VALUES, cell)
    is_share = column in _SHARES or (column in {"low", "high"} and 0 <= cell <= 1)
    if is_share:
        return part_words(cell)
    return written(cell, 2 if column in _FINE and abs(cell) < _LARGE else 0)


def reasons(counts: Mapping[str, int | str]) -> list[tuple[str, str, str]]:
    """Code, words and number as written of each reason: the largest first, hidden ones last."""
    known = {code: n for code, n in counts.items() if isinstance(n, int)}
    ordered = sorted(counts.items(), key=lambda pair: (-known.get(pair[0], 0), pair[0]))
    return [
        (code, word(REASONS, code), n if isinstance(n, str) else whole_words(n))
        for code, n in ordered
    ]


def tiles(listed: Sequence[Mapping[str, Any]], names: Names) -> list[Tile]:
    return [_tile(each, DEFINITIONS[each["code"]], names) for each in listed]


def _tile(each: Mapping[str, Any], definition: Definition, names: Names) -> Tile:
    measure, rows = definition.headline, each["headline"]
    label = word(MEASURES, measure.key)
    if each["missing"]:
        note = missing_words(each["missing"]["months"], names)
        return Tile(definition.code, each["title"], "–", label, note)
    if not rows:
        return Tile(definition.code, each["title"], "–", label)
    first = rows[0]
    parts = [
        (" · ".join(names.get(v) or word(VALUES, v) for v in row["group"].values()),
         number_words(measure, row["value"], row["hidden"]))
        for row in rows
    ]  # fmt: skip
    target, value = each["target"], first["value"]
    progress = min(value / target, 1.0) if target and value is not None else None
    note = ""
    if target:
        note = _("of %(target)s planned") % {"target": written(target, 0)}
    if len(parts) > MOST_PARTS:
        ordered = sorted(zip(rows, parts, strict=True), key=lambda each: -(each[0]["value"] or 0))
        parts = [part for _, part in ordered[:FIRST_PARTS]]
    single = parts[0][1] if not first["group"] else ""
    return Tile(
        definition.code,
        each["title"],
        single,
        label,
        note,
        progress,
        [] if single else parts,
    )


def missing_words(months: Sequence[tuple[str, str]], names: Names) -> str:
    """The first month without a rate or price, and of which currency or country it is."""
    month, what = months[0]
    return _("Rates or prices are missing: %(month)s, %(what)s") % {
        "month": date_format(date.fromisoformat(f"{month}-01"), "YEAR_MONTH_FORMAT"),
        "what": names.get(what, what),
    }


def parameter_words(parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value of each, as a person reads them."""
    return [(_parameter(name), _plain(value)) for name, value in sorted(parameters.items())]


def _parameter(name: str) -> str:
    measure = name.removeprefix(EFFECT)
    if measure != name:
        return _("design effect: %(measure)s") % {"measure": word(MEASURES, measure)}
    return word(PARAMETERS, name).replace("_", " ")


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join("/".join(map(str, v)) if isinstance(v, list) else _plain(v) for v in value)
    if isinstance(value, float):
        return written(value, 2)
    return written_moment(str(_STATES.get(value, value)))
