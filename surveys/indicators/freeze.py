"""freeze_period: a period's figures as reported stay; note_restatements: what changed since."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from backend.said import Said
from surveys.indicators.definitions import DEFINITIONS, Definition
from surveys.indicators.figures import Figure
from surveys.indicators.models import FrozenResult, IndicatorResult, IndicatorRun, Restatement
from surveys.indicators.packing import figures_from_json, figures_to_json, unpack
from surveys.indicators.periods import TO_DATE, Period, quarter_period
from surveys.indicators.tabulate import effects, tabulate_each

LEAST_REASON = 10  # characters
BROKEN_DOWN = ("country", "oblast")  # a restatement says where


def freeze_period(*, result: IndicatorResult, period: str, reason: str, by: User) -> FrozenResult:
    """Keeps the figures of a quarter, or "to date", as they are in this result.

    Raises `Problem`: `value_invalid` for a period that is none, `purpose_missing`,
    `indicator_frozen` where it was frozen before, `parameters_missing` where there are no figures.
    """
    if len(reason.strip()) < LEAST_REASON:
        raise Problem("purpose_missing")
    days = period_named(period)
    if result.missing:
        raise Problem("indicator_no_data", indicator=result.code)
    definition, run = DEFINITIONS[result.code], result.run
    frozen = FrozenResult(
        code=result.code,
        period=period,
        since=days.since,
        until=days.until,
        states=run.states,
        figures=figures_to_json(_figures(result, definition, days)),
        parameters={**run.parameters, **result.notes},
        told=_told(result, run),
        version=run.version,
        digest=run.digest,
        as_of=run.as_of,
        reason=reason.strip()[:300],
        by=by,
    )
    try:
        with transaction.atomic():
            frozen.save()
            log_event("indicator.frozen", by=by, target=frozen, code=result.code, period=period)
    except IntegrityError as error:
        raise Problem("indicator_frozen", indicator=result.code, period=period) from error
    return frozen


def _told(result: IndicatorResult, run: IndicatorRun) -> dict[str, Any]:
    """What a report says beside the figures."""
    return {
        "dropped": result.dropped,
        "parents": run.parents,
        "records": run.records,
        "households": run.households,
        "open_links": run.open_links,
    }


def period_named(name: str) -> Period:
    """Raises `Problem("value_invalid")`."""
    try:
        return Period() if name == TO_DATE else quarter_period(name)
    except ValueError as error:
        raise Problem(
            "value_invalid", field="period", reason=Said("takes a quarter like 2014Q3, or: to date")
        ) from error


def note_restatements(run: IndicatorRun, results: Iterable[IndicatorResult]) -> None:
    """Writes down each frozen figure that this run finds to be another, once for each change."""
    by_code = {result.code: result for result in results if result.units is not None}
    for frozen in FrozenResult.objects.filter(states=run.states, code__in=by_code):
        result = by_code[frozen.code]
        days = Period(frozen.since, frozen.until)
        now = {_key(f): f.number for f in _figures(result, DEFINITIONS[frozen.code], days)}
        last = {_key(f): f.number for f in figures_from_json(frozen.figures)}
        for told in frozen.restatements.order_by("pk"):
            last[told.measure, tuple(sorted(told.group.items()))] = told.now
        Restatement.objects.bulk_create(
            Restatement(
                frozen=frozen,
                measure=key[0],
                group=dict(key[1]),
                was=last.get(key),
                now=now.get(key),
                version=run.version,
                digest=run.digest,
                at=run.as_of,
            )
            for key in {**last, **now}
            if not _same(last.get(key), now.get(key))
        )


def _figures(result: IndicatorResult, definition: Definition, days: Period) -> list[Figure]:
    assert result.units is not None
    units = unpack(bytes(result.units)).units.part(days.holds)
    tables = tabulate_each(
        units,
        definition.measures,
        [(), *((group,) for group in BROKEN_DOWN)],
        deff=effects(result.notes),
    )
    return [figure for table in tables for figure in table]


def _key(figure: Figure) -> tuple[str, tuple[tuple[str, str], ...]]:
    return figure.measure, tuple(sorted(figure.by))


def _same(was: float | None, now: float | None) -> bool:
    """A share that is computed twice differs in its last digits at most; no cell is a zero."""
    return abs((was or 0) - (now or 0)) < 1e-9 and (was is None or now is not None or was == 0)
