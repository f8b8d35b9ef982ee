"""What is told of indicators, as JSON: figures, definition, drop-outs, history."""

from collections.abc import Iterable, Iterator
from typing import Any

from surveys.indicators.consultations import with_consultations
from surveys.indicators.definitions import Definition
from surveys.indicators.figures import FEWEST_HOUSEHOLDS, Kind
from surveys.indicators.models import FrozenResult, IndicatorResult, Target
from surveys.indicators.packing import figures_from_json
from surveys.indicators.publish import Shown, published
from surveys.indicators.read import Asked, Told
from surveys.indicators.so_far import so_far
from surveys.indicators.words import MEANINGS, MEASURES, TITLES, word

RUNS_SHOWN = 60
ZONE = "Asia/Bishkek, Asia/Dushanbe"  # civil days are those of the household's country


def told_json(told: Told) -> dict[str, Any]:
    """The answer of `indicators/{code}/`: all that every output carries (indicators.md § 10)."""
    definition, run = told.asked.definition, told.run
    return {
        **named_json(definition),
        "version": run.version,
        "as_of": run.as_of,
        "time_zone": ZONE,
        "states": run.parameters["states"],
        "parameters": {**run.parameters, **told.result.notes},
        "from": told.asked.period.since,
        "until": told.asked.period.until,
        "by": list(told.asked.by),
        "rows": list(_rows(told)),
        "additive": not definition.overlapping.intersection(told.asked.by),
        "targets": targets_json(definition.code),
        "lower_bound": told.lower_bound,
        "records": run.records,
        "households": run.households,
        "left_out": run.left_out,
        "dropped": {r: None if isinstance(n, str) else n for r, n in told.dropped.items()},
        "tables": sides_json(told),
        "open_links": run.open_links,
        "snapshot": run.digest,
    }


def _rows(told: Told) -> Iterator[dict[str, Any]]:
    """The figures; by quarter alone each count with what it comes to so far."""
    sums = {m.key: so_far(m, told.figures) for m in told.asked.definition.measures}
    for each in told.figures:
        mine = sums[each.measure]
        yield {**shown_json(each), **({"so_far": mine[each.by]} if mine else {})}


def named_json(definition: Definition) -> dict[str, Any]:
    return {
        "code": definition.code,
        "title": word(TITLES, definition.code),
        "definition": word(MEANINGS, definition.code),
        "measures": {m.key: word(MEASURES, m.key) for m in definition.measures},
        "groups": list(definition.groups),
    }


def shown_json(each: Shown) -> dict[str, Any]:
    return {
        "measure": each.measure,
        "group": each.group,
        "value": each.number,
        "count": each.count,
        "base": each.base,
        "households": each.n,
        "low": each.low,
        "high": each.high,
        "hidden": each.words,
    }


def sides_json(told: Told) -> list[dict[str, Any]]:
    """The tables beside the figures: of all places, so for people who see all of them only.

    Their small counts stand as they are: for who may see exact numbers, or rests on none.
    """
    asked, sides = told.asked, told.result.sides
    if asked.codes is not None:
        return []
    if not asked.exact:
        sides = [_hidden_side(side, asked.definition.smallest) for side in sides]
    return [with_consultations(side, asked.user) for side in sides]


def _hidden_side(side: dict[str, Any], smallest: int) -> dict[str, Any]:
    """With a list of households left out, and every table of counts as it may be published."""
    columns = side["columns"]
    if "household" in columns:
        return {**side, "rows": []}
    if "mean_change" in columns:
        return {**side, "rows": [_unless_few(row, columns) for row in side["rows"]]}
    if "lost_households" in columns:
        return {**side, "rows": [_unless_both(row, columns) for row in side["rows"]]}
    counted = {at for at, name in enumerate(columns) if name in _COUNTS}
    if not any(0 < (row[at] or 0) < smallest for row in side["rows"] for at in counted):
        return side
    # A table that adds up to a published sum: with one small cell, no number of it is told.
    return {**side, "rows": [_without_numbers(row, columns) for row in side["rows"]]}


_COUNTS = frozenset(
    {
        "families",
        "none",
        "stress",
        "crisis",
        "emergency",
        "all",
        "increased",
        "households",
        "open_cases",
        "open_long",
    }
)


def _unless_few(row: list[Any], columns: list[str]) -> list[Any]:
    """No mean or median is shown on fewer than twenty households."""
    at = columns.index("households")
    return row if row[at] >= FEWEST_HOUSEHOLDS else [*row[:at], *[None] * (len(row) - at)]


def _unless_both(row: list[Any], columns: list[str]) -> list[Any]:
    """No mean of two groups is shown where one of them has fewer than twenty households."""
    counts = [row[columns.index(name)] for name in ("found_households", "lost_households")]
    return row if min(counts) >= FEWEST_HOUSEHOLDS else _without_numbers(row, columns)


def _without_numbers(row: list[Any], columns: list[str]) -> list[Any]:
    return [
        cell if isinstance(cell, str) or name == "threshold" else None
        for name, cell in zip(columns, row, strict=True)
    ]


def targets_json(code: str) -> dict[str, float]:
    """Period → what is to be reached; "" for the whole programme."""
    rows = Target.objects.filter(indicator=code).values_list("period", "value")
    return {period: float(value) for period, value in rows}


def history_json(asked: Asked) -> dict[str, Any]:
    """The headline of each day's last run, and what was frozen with its restatements.

    Both are of all places, so for people who see all of them.
    """
    code = asked.definition.code
    if asked.codes is not None:
        return {**named_json(asked.definition), "runs": [], "frozen": []}
    return {
        **named_json(asked.definition),
        "runs": runs_json(asked),
        "frozen": [frozen_json(f, asked) for f in frozen_results(code, asked.states)],
    }


def frozen_results(code: str, states: str) -> Iterable[FrozenResult]:
    rows = FrozenResult.objects.filter(code=code, states=states)
    return rows.select_related("by").prefetch_related("restatements")


def runs_json(asked: Asked) -> list[dict[str, Any]]:
    definition = asked.definition
    rows = IndicatorResult.objects.filter(code=definition.code, run__states=asked.states)
    newest = rows.defer("units", "sides").select_related("run").order_by("-run__as_of")
    return [
        {
            "as_of": each.run.as_of,
            "version": each.run.version,
            "snapshot": each.run.digest,
            "rows": [
                shown_json(f)
                for f in published(
                    figures_from_json(each.tables.get("", [])), definition, each.run.parents
                )
            ],
        }
        for each in newest[:RUNS_SHOWN]
    ]


def frozen_json(frozen: FrozenResult, asked: Asked) -> dict[str, Any]:
    figures = [f for f in figures_from_json(frozen.figures) if not _is_placed(f.group)]
    return {
        "period": frozen.period,
        "from": frozen.since,
        "until": frozen.until,
        "states": frozen.states,
        "version": frozen.version,
        "snapshot": frozen.digest,
        "as_of": frozen.as_of,
        "frozen_at": frozen.at,
        "by": frozen.by.username,
        "reason": frozen.reason,
        "rows": [shown_json(f) for f in published(figures, asked.definition, {})],
        "restatements": [
            {
                "at": told.at,
                "measure": told.measure,
                "group": told.group,
                "was": _unless_small(told.was, told.measure, asked),
                "now": _unless_small(told.now, told.measure, asked),
                "version": told.version,
                "snapshot": told.digest,
            }
            for told in frozen.restatements.all()
            if not _is_placed(told.group)
        ],
    }


def _unless_small(number: float | None, measure: str, asked: Asked) -> float | None:
    """A small count is hidden in a restatement as it is in the table."""
    counts = any(m.key == measure and m.kind == Kind.COUNT for m in asked.definition.measures)
    hidden = counts and not asked.exact and 0 < (number or 0) < asked.definition.smallest
    return None if hidden else number


def _is_placed(group: dict[str, str]) -> bool:
    return bool({"country", "oblast"} & group.keys())
