"""findings_of and check_quality: all checks over all records, at night or when somebody asks."""

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from django.db import connection, transaction
from django.utils import timezone

from surveys.quality.catalog import Check
from surveys.quality.closed import Closed
from surveys.quality.counting import COUNTS, records_counted
from surveys.quality.evaluate import evaluate
from surveys.quality.keep import Kept, Key, keep_findings
from surveys.quality.load import Loaded, Paths, changed_since, load_records
from surveys.quality.models import QualityRun, QualityTable
from surveys.quality.read_audits import with_timing
from surveys.quality.read_districts import with_districts
from surveys.quality.setting import checks_in_force
from surveys.quality.tables import tables_of

_LOCK_SPACE = 11  # of PostgreSQL's advisory locks: one run writes at a time
PATH_LENGTH = 300
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    findings: Mapping[Key, Kept]
    broken: Mapping[str, str]


def findings_of(loaded: Loaded, checks: Iterable[Check]) -> Found:
    """What the checks find, by record, code and path; of two of one key the first."""
    checks = list(checks)
    told = evaluate(loaded.records, checks)
    paths, closed = Paths(loaded.datasets), Closed(loaded.datasets)
    reads = {check.code: check.reads for check in checks}
    findings: dict[Key, Kept] = {}
    for code, finding in told.found:
        form = loaded.held[finding.record].form_id
        path = paths.of(form, finding.question, finding.row)[:PATH_LENGTH]
        key = Key(finding.record, code, path)
        restricted = closed.covers(form, path, reads[code])
        findings.setdefault(key, Kept(finding.measure, finding.bounds, restricted=restricted))
    return Found(findings, told.broken)


def check_quality() -> QualityRun:
    """All checks over all records that were not rejected; writes only what has changed.

    Reading and thinking hold no transaction open: on a small machine they take a minute. What came
    or changed meanwhile is left to its own arrival, and to the next run.
    """
    began, clock = timezone.now(), time.monotonic()
    checks = checks_in_force()
    loaded = with_districts(with_timing(load_records()))
    found = findings_of(loaded, checks.values())
    tables = tables_of(loaded)
    if found.broken:
        log.error("quality checks broke", extra={"checks": dict(found.broken)})
    with transaction.atomic():
        _wait_for_others()
        leave = changed_since(loaded)
        codes = checks.keys() - found.broken.keys()
        outcome = keep_findings(found.findings, codes=codes, held=loaded.held, leave=leave)
        run = QualityRun.objects.create(
            began_at=began,
            seconds=round(time.monotonic() - clock, 2),
            records=len(loaded.records),
            broken=dict(found.broken),
            **asdict(outcome),
        )
        tables[COUNTS] = records_counted(restricted=False)  # with the flags as they are now
        QualityTable.objects.all().delete()
        QualityTable.objects.bulk_create(
            QualityTable(run=run, name=name, rows=rows) for name, rows in tables.items()
        )
    return run


def _wait_for_others() -> None:
    """Until the end of the transaction nobody else writes the findings of a run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK_SPACE])
