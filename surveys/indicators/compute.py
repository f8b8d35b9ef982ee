"""compute_indicators: all indicators of what stands in the database now, stored as one run."""

import gc
import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils import timezone

from surveys.indicators.columns import Columns, columns_of
from surveys.indicators.definitions import DEFINITIONS, VERSION, Definition
from surveys.indicators.facts import Snapshot
from surveys.indicators.figures import Outcome
from surveys.indicators.freeze import note_restatements
from surveys.indicators.group_table import GroupTable
from surveys.indicators.income import Money
from surveys.indicators.load import load_snapshot
from surveys.indicators.models import (
    FxRate,
    IndicatorResult,
    IndicatorRun,
    ParameterChange,
    PriceIndex,
)
from surveys.indicators.packing import FORMAT, figures_to_json, pack, sides_to_json
from surveys.indicators.parameters import LOCAL, ParameterMissing, Parameters, Prices, Rates
from surveys.indicators.tabulate import effects, tabulate_each
from surveys.places.models import Place

# Which review states count: what was not looked at yet too, or only what was approved.
STATES: Mapping[str, tuple[str, ...]] = {
    "default": ("received", "edited", "approved"),
    "strict": ("approved",),
}
_LOCK_SPACE = 7  # of PostgreSQL's advisory locks: one run at a time


@dataclass(frozen=True, slots=True)
class _Read:
    """All that goes into a run, as of one moment."""

    snapshot: Snapshot
    parameters: Parameters
    money: Money
    parents: dict[str, str]
    digest: str
    as_of: datetime


def compute_indicators(*, states: str = "default") -> IndicatorRun:
    """The newest run: a new one, or the last where nothing that goes into it has changed.

    Safe to run twice, and at the same time: the second waits, and finds that nothing has changed.
    """
    with transaction.atomic(), _no_collector():
        return _newest_run(states)


def _newest_run(states: str) -> IndicatorRun:
    """What it reads is gone when it returns: the collector would look through all of it."""
    began = time.monotonic()
    _one_at_a_time()
    read = _read_all(states)
    last = IndicatorRun.objects.filter(states=states).order_by("-as_of").first()
    if last is not None and (last.digest, last.version) == (read.digest, VERSION):
        last.checked_at = read.as_of
        last.save(update_fields=["checked_at"])
        return last
    run = IndicatorRun(
        states=states,
        as_of=read.as_of,
        checked_at=read.as_of,
        version=VERSION,
        digest=read.digest,
        parameters=orjson.loads(orjson.dumps(read.parameters.as_json())),
        records=read.snapshot.records,
        households=len(read.snapshot.households),
        left_out=read.snapshot.left_out,
        open_links=read.snapshot.open_links,
        parents=read.parents,
    )
    groups = GroupTable()
    results = [_result(run, each, read, groups) for each in DEFINITIONS.values()]
    run.seconds = time.monotonic() - began
    run.save()
    IndicatorResult.objects.bulk_create(results, batch_size=1)
    note_restatements(run, results)
    _forget_older(run)
    return run


def _one_at_a_time() -> None:
    """And no clock for an idle transaction: between reading and writing there are seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK_SPACE])


@contextmanager
def _no_collector() -> Iterator[None]:
    """Of millions of values none is garbage before the end; looking for it takes a third."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _read_all(states: str) -> _Read:
    now = timezone.now()
    parameters = current_parameters(states)
    rates, prices = read_rates(), read_prices()
    snapshot = load_snapshot(STATES[states], as_of=timezone.localdate(now))
    parents = {
        code: path.rpartition("/")[0].rpartition("/")[2]
        for code, path in Place.objects.filter(level__lte=2).values_list("code", "path")
    }
    tables = (sorted(rates.months.items()), sorted(prices.months.items()), snapshot.open_links)
    told = [parameters.as_json(), parents, str(tables), str(snapshot.as_of), FORMAT]
    words = orjson.dumps(told)
    digest = hashlib.sha256(snapshot.digest.encode() + words).hexdigest()
    return _Read(snapshot, parameters, Money.of(rates, prices), parents, digest, now)


def current_parameters(states: str = "default") -> Parameters:
    told = ParameterChange.objects.order_by("-pk").first()
    found = Parameters(states=STATES[states])
    if told is None:
        return found
    return replace(
        found,
        threshold=told.threshold,
        floor=told.floor,
        endline_is_census=told.endline_is_census,
        wfp_missing_as_zero=told.wfp_missing_as_zero,
    )


def read_rates() -> Rates:
    months = {}
    for rate in FxRate.objects.all():
        for local, value in (("KGS", rate.per_kgs), ("TJS", rate.per_tjs)):
            if value is not None:
                months[(rate.month.year, rate.month.month), rate.currency, local] = float(value)
    return Rates(months)


def read_prices() -> Prices:
    rows = PriceIndex.objects.filter(country__in=LOCAL)
    return Prices({(p.country, (p.month.year, p.month.month)): float(p.index) for p in rows})


def _result(
    run: IndicatorRun, definition: Definition, read: _Read, groups: GroupTable
) -> IndicatorResult:
    try:
        outcome = definition.compute(read.snapshot, read.parameters, read.money)
    except ParameterMissing as error:
        missing = {"table": error.table, "months": [list(pair) for pair in error.missing]}
        return IndicatorResult(run=run, code=definition.code, missing=missing)
    units = columns_of(outcome.units, groups)
    return IndicatorResult(
        run=run,
        code=definition.code,
        tables=_tables(definition, outcome, units),
        dropped=dict(Counter(drop.reason for drop in outcome.drops)),
        sides=sides_to_json(outcome.sides),
        notes=dict(outcome.notes),
        units=pack(outcome, units),
    )


def _tables(definition: Definition, outcome: Outcome, units: Columns) -> dict[str, Any]:
    """The whole, and each breakdown by one group."""
    groups = [g for g in ("", *definition.groups) if g not in definition.headline.split]
    tables = tabulate_each(
        units,
        definition.measures,
        [(group,) if group else () for group in groups],
        deff=effects(outcome.notes),
    )
    return {g: figures_to_json(table) for g, table in zip(groups, tables, strict=True)}


def _forget_older(run: IndicatorRun) -> None:
    """Of older runs the last of each day is kept, without the households behind it."""
    older = IndicatorRun.objects.filter(states=run.states).exclude(pk=run.pk).order_by("-as_of")
    IndicatorResult.objects.filter(run__in=older, units__isnull=False).update(units=None)
    seen = {timezone.localdate(run.as_of)}
    surplus = []
    for pk, as_of in older.values_list("pk", "as_of"):
        day = timezone.localdate(as_of)
        if day in seen:
            surplus.append(pk)
        seen.add(day)
    IndicatorRun.objects.filter(pk__in=surplus).delete()
