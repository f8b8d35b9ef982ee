"""What the pages of indicators are filled with: numbers as written, tables, charts, choices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from backend.alphabets import Key
from surveys.indicators.charts import Bar, bars
from surveys.indicators.definitions import DEFINITIONS, Definition
from surveys.indicators.figures import Kind, Measure
from surveys.indicators.publish import Shown
from surveys.indicators.read import Told
from surveys.indicators.words import (
    COLUMNS,
    GROUPS,
    MEASURES,
    PARAMETERS,
    REASONS,
    SIDES,
    VALUES,
    word,
)
from surveys.places.naming import name_order

DRAWN = frozenset({Kind.COUNT, Kind.SHARE, Kind.MEAN, Kind.RATIO, Kind.MEDIAN})
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: the words of its groups, its number, and the list behind it."""

    groups: list[str]
    number: str
    interval: str
    detail: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One measure: its table, and its chart where bars say something."""

    key: str
    title: str
    columns: list[str]
    lines: list[Line]
    chart: str
    is_share: bool


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
        return _written(number, 0)
    if measure.kind in {Kind.SHARE, Kind.CLASSES} or _is_part(measure):
        return f"{_written(100 * number, 1)} %"
    return _written(number, 2)


def whole_words(number: float) -> str:
    return _written(number, 0)


def _written(number: float, digits: int) -> str:
    """Rounded first: Django's own cuts what it does not show."""
    return number_format(round(number, digits), digits, use_l10n=True, force_grouping=True)


def _is_part(measure: Measure) -> bool:
    """A share of money is a ratio of sums, and read as per cent."""
    return measure.key in {"remittance_share", "remittance_median", "women_share"}


def blocks(told: Told, names: Names, address: str) -> list[Block]:
    """`address` is that of the list of households, to which a line adds its groups."""
    definition = told.asked.definition
    found = []
    for measure in definition.measures:
        rows = [each for each in told.figures if each.measure == measure.key]
        if rows:
            found.append(_block(measure, rows, names, address))
    return found


def _block(measure: Measure, rows: Sequence[Shown], names: Names, address: str) -> Block:
    groups, rows = list(rows[0].group), _by_place(rows, names)
    lines = [_line(measure, row, names, address) for row in rows]
    title = word(MEASURES, measure.key)
    chart = ""
    if groups and len(rows) > 1 and measure.kind in {*DRAWN, Kind.CLASSES}:
        chart = bars(title, [_bar(line, row) for line, row in zip(lines, rows, strict=True)])
    columns = [word(GROUPS, name) for name in groups]
    return Block(measure.key, title, columns, lines, chart, measure.kind != Kind.COUNT)


def _by_place(rows: Sequence[Shown], names: Names) -> list[Shown]:
    """Places as their names are sorted; whatever else figures are of stays in its order."""
    columns = zip(*(row.group.values() for row in rows), strict=True)
    ranks = []
    for values in columns:
        known = sorted(dict.fromkeys(values), key=lambda v: (v not in names, _name(v, names)))
        ranks.append({value: at for at, value in enumerate(known)})
    return sorted(
        rows, key=lambda row: [r[v] for r, v in zip(ranks, row.group.values(), strict=True)]
    )


def _name(value: str, names: Names) -> Key:
    return name_order(names.get(value, ""))


def _bar(line: Line, row: Shown) -> Bar:
    return Bar(" · ".join(line.groups), row.number, line.number, row.low, row.high)


def _line(measure: Measure, row: Shown, names: Names, address: str) -> Line:
    interval = ""
    if row.low is not None and row.high is not None:
        ends = (number_words(measure, row.low), number_words(measure, row.high))
        interval = "{} – {}".format(*ends)
    query = "".join(f"&{name}={value}" for name, value in row.by if name != "class")
    link = f"{address}measure={measure.key}{query}" if address and row.n != 0 else ""
    return Line(
        [names.get(value) or word(VALUES, value) for value in row.group.values()],
        number_words(measure, row.number, row.words),
        interval,
        _detail(measure, row),
        link,
    )


def _detail(measure: Measure, row: Shown) -> str:
    """What a number rests on: `131 of 200`, or how many households."""
    of_base = measure.kind in {Kind.SHARE, Kind.CLASSES}
    if of_base and row.count is not None and row.base is not None:
        return _("%(count)s of %(base)s") % {
            "count": _written(row.count, 0),
            "base": _written(row.base, 0),
        }
    if measure.kind == Kind.COUNT or row.n is None:
        return ""
    households = _written(row.n, 0)
    return _("%(n)s households") % {"n": households}


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


def _cell(column: str, cell: Any, names: Names) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return names.get(cell) or word(VALUES, cell)
    is_share = column in _SHARES or (column in {"low", "high"} and 0 <= cell <= 1)
    if is_share:
        return f"{_written(100 * cell, 1)} %"
    return _written(cell, 0)


def reasons(counts: Mapping[str, int | None]) -> list[tuple[str, str, int | None]]:
    """Code, words and number of each reason, the largest first."""
    ordered = sorted(counts.items(), key=lambda pair: (-(pair[1] or 0), pair[0]))
    return [(code, word(REASONS, code), n) for code, n in ordered]


def tiles(listed: Sequence[Mapping[str, Any]], names: Names) -> list[Tile]:
    return [_tile(each, DEFINITIONS[each["code"]], names) for each in listed]


def _tile(each: Mapping[str, Any], definition: Definition, names: Names) -> Tile:
    measure, rows = definition.headline, each["headline"]
    label = word(MEASURES, measure.key)
    if each["missing"]:
        month, what = each["missing"]["months"][0]
        note = _("Rates or prices are missing: %(month)s, %(what)s") % {
            "month": month, "what": what,
        }  # fmt: skip
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
        note = _("of %(target)s planned") % {"target": _written(target, 0)}
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


def parameter_words(parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value of each, as a person reads them."""
    return [
        (word(PARAMETERS, name).replace("_", " "), _plain(value))
        for name, value in sorted(parameters.items())
    ]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join("/".join(map(str, v)) if isinstance(v, list) else str(v) for v in value)
    return f"{value:.2f}" if isinstance(value, float) else str(value)
