"""report_of: the logframe in one period, as frozen where it is, else of the newest run.

Everything is read from what is stored, so that the same snapshot makes the same report. Small
numbers are hidden from everybody, since a report is passed on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from backend.accounts.models import User
from backend.problems import Problem
from backend.said import Said
from surveys.indicators.definitions import Definition
from surveys.indicators.figures import Figure
from surveys.indicators.models import FrozenResult, IndicatorResult, IndicatorRun, Target
from surveys.indicators.packing import figures_from_json
from surveys.indicators.periods import TO_DATE, Period
from surveys.indicators.publish import Shown, published
from surveys.indicators.read import Asked, ask, codes_of, newest_run, shown_drops, told_of

CODES = ("O3.1", "O3.2", "O3.3")
TABLES = ("", "country", "oblast")  # the whole, and where
LANGUAGES = tuple(code for code, _ in settings.LANGUAGES)


@dataclass(frozen=True, slots=True)
class Output:
    """One indicator of the report. `tables`: figures by TABLES. `missing`: why there are none."""

    definition: Definition
    tables: Mapping[str, Sequence[Shown]]
    dropped: Mapping[str, int | str]
    target: float | None
    digest: str
    frozen: FrozenResult | None = None
    missing: Mapping[str, Any] | None = None

    def first(self, measure: str, table: str = "") -> Shown | None:
        return next((f for f in self.tables[table] if f.measure == measure), None)


@dataclass(frozen=True, slots=True)
class Basis:
    """What the report rests on: the newest run, or where all is frozen, that of the freeze."""

    as_of: datetime
    version: str
    parameters: Mapping[str, Any]
    records: int
    households: int
    open_links: int


@dataclass(frozen=True, slots=True)
class Report:
    """`parents`: code of a place → of the one above it."""

    period: str
    days: Period
    basis: Basis
    parents: Mapping[str, str]
    outputs: Sequence[Output]


def report_of(user: User, query: Mapping[str, str]) -> Report:
    """`query`: `period` (a quarter, or "to date"), `states`.

    Raises `Problem`: `value_invalid`, `indicator_no_data` before anything was computed.
    """
    period = query.get("period") or TO_DATE
    said = {"period": "" if period == TO_DATE else period, "states": query.get("states", "")}
    asked = {code: ask(user, code, said) for code in CODES}
    first = asked[CODES[0]]
    run = newest_run(first.states)
    if run is None:
        raise Problem("indicator_no_data", indicator=CODES[0])
    results = {r.code: r for r in run.results.defer("units").filter(code__in=CODES)}
    frozen = {} if first.codes is not None else _frozen(period, first.states)
    targets = _targets(said["period"]) if first.codes is None else {}
    outputs = [
        _of_frozen(each, frozen[code], run, targets)
        if code in frozen
        else _of_run(each, results[code], run, targets)
        for code, each in asked.items()
    ]
    basis = _basis(run, outputs)
    return Report(period, first.period, basis, run.parents, outputs)


def _basis(run: IndicatorRun, outputs: Sequence[Output]) -> Basis:
    """Of outputs that were frozen on several days, that of the first."""
    frozen = outputs[0].frozen
    told = frozen.told if frozen is not None else {}
    if frozen is None or not told or any(each.frozen is None for each in outputs):
        counts = (run.records, run.households, run.open_links)
        return Basis(run.as_of, run.version, run.parameters, *counts)
    counts = (told["records"], told["households"], told["open_links"])
    return Basis(frozen.as_of, frozen.version, frozen.parameters, *counts)


def language_of(query: Mapping[str, str]) -> str:
    """Raises `Problem("value_invalid")`."""
    language = query.get("language") or settings.LANGUAGE_CODE
    if language not in LANGUAGES:
        raise Problem(
            "value_invalid",
            field="language",
            reason=Said("one of {allowed}", allowed=", ".join(LANGUAGES)),
        )
    return language


def _frozen(period: str, states: str) -> dict[str, FrozenResult]:
    rows = FrozenResult.objects.filter(period=period, states=states, code__in=CODES)
    return {each.code: each for each in rows.select_related("by")}


def _targets(period: str) -> dict[str, float]:
    rows = Target.objects.filter(period=period, indicator__in=CODES)
    return {code: float(value) for code, value in rows.values_list("indicator", "value")}


def _of_run(
    asked: Asked, result: IndicatorResult, run: IndicatorRun, targets: Mapping[str, float]
) -> Output:
    definition = asked.definition
    result.run = run
    target = targets.get(definition.code)
    if result.missing:
        empty: dict[str, Sequence[Shown]] = dict.fromkeys(TABLES, ())
        return Output(definition, empty, {}, target, run.digest, missing=result.missing)
    told = {name: told_of(asked.broken_down(name), result) for name in TABLES}
    tables = {name: each.figures for name, each in told.items()}
    return Output(definition, tables, told[""].dropped, target, run.digest)


def _of_frozen(
    asked: Asked, frozen: FrozenResult, run: IndicatorRun, targets: Mapping[str, float]
) -> Output:
    definition = asked.definition
    parents = frozen.told.get("parents") or run.parents
    figures = figures_from_json(frozen.figures)
    tables = {
        name: published([f for f in figures if _table(f) == name], definition, parents)
        for name in TABLES
    }
    dropped = shown_drops(definition, frozen.told.get("dropped", {}))
    target = targets.get(definition.code)
    return Output(definition, tables, dropped, target, frozen.digest, frozen)


def _table(figure: Figure) -> str:
    """By what a figure is broken down, its class left aside."""
    return ",".join(name for name, _ in figure.by if name != "class")


def places_of(user: User) -> list[str]:
    """Codes of the places that a report is limited to; none where it is of all."""
    return sorted(user.place_codes) if codes_of(user) is not None else []
