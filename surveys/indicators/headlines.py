"""Every indicator with its headline, for the list: two queries, however many places one may see."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, Func, JSONField, Value

from surveys.indicators.add_up import add_up
from surveys.indicators.answers import named_json, shown_json
from surveys.indicators.definitions import DEFINITIONS, Definition
from surveys.indicators.figures import Figure
from surveys.indicators.grouping import DISTRICT, OBLAST
from surveys.indicators.models import IndicatorResult, IndicatorRun, Target
from surveys.indicators.packing import figures_from_json
from surveys.indicators.publish import published
from surveys.indicators.tabulate import effects


def listed(run: IndicatorRun | None, codes: frozenset[str] | None) -> list[dict[str, Any]]:
    """`codes`: the places it is limited to. A target is the whole programme's."""
    results = _results(run, ("",) if codes is None else (OBLAST, DISTRICT)) if run else {}
    parents = run.parents if run else {}
    targets = dict(Target.objects.filter(period="").values_list("indicator", "value"))
    return [
        {
            **named_json(definition),
            "headline": _headline(definition, results.get(code), codes, parents),
            "missing": results[code].missing if code in results else {},
            "target": float(targets[code]) if code in targets and codes is None else None,
        }
        for code, definition in DEFINITIONS.items()
    ]


def _results(run: IndicatorRun, tables: Sequence[str]) -> dict[str, Any]:
    """Of each indicator these tables only: all of them are megabytes."""
    wanted = {f"table_{at}": _table(name) for at, name in enumerate(tables)}
    rows = IndicatorResult.objects.filter(run=run).annotate(**wanted)
    return {row.code: row for row in rows.defer("units", "sides", "tables")}


def _table(name: str) -> Func:
    path = (F("tables"), Value(name))
    return Func(*path, function="jsonb_extract_path", output_field=JSONField())


def _headline(
    definition: Definition,
    result: Any,
    codes: frozenset[str] | None,
    parents: Mapping[str, str],
) -> list[dict[str, Any]]:
    if result is None or result.missing:
        return []
    measure = definition.headline
    if codes is None:
        stored = figures_from_json(result.table_0 or [])
        figures = [f for f in stored if f.measure == measure.key]
    else:
        inside = _within(result, measure.key, codes, parents)
        figures = add_up(inside, measure, (OBLAST, DISTRICT), deff=effects(result.notes))
    return [shown_json(f) for f in published(figures, definition, {})]


def _within(
    result: Any, measure: str, codes: frozenset[str], parents: Mapping[str, str]
) -> list[Figure]:
    """Whole oblasts that are seen, and districts of the others: no household twice."""
    found = []
    for group, table in ((OBLAST, result.table_0), (DISTRICT, result.table_1)):
        for figure in figures_from_json(table or []):
            place = figure.group.get(group, "")
            counted = group == DISTRICT and parents.get(place) in codes
            if figure.measure == measure and place in codes and not counted:
                found.append(figure)
    return found
