"""The nightly quality run over 10,000 households, 50,000 members, 40,000 services; and the pages.

`python -m tests.benchmarks.alone nightly` starts engines for it. The season is that of
`indicators.py`, with who asked, when and where; CPU seconds stand beside the wall clock.
"""

import json
import resource
import statistics
import time
from random import Random
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow, QualityFlag
from surveys.quality.check import check_quality
from tests.benchmarks.indicators import fill, step_cost

# Forty enumerators, each in one district, eight interviews a day of forty minutes; a few cards and
# points stand for two households.
TELL_WHO = """
UPDATE cleaning_cleanrow SET values = values || jsonb_build_object(
    'enum_code', 'K' || lpad((n % 40)::text, 3, '0'),
    'card_no', 'KG-06-' || lpad((n - (n % 500 = 1)::int)::text, 5, '0'),
    'country', 'KG',
    'start', to_char(begun, 'YYYY-MM-DD"T"HH24:MI:SS.MS"+00:00"'),
    'end', to_char(begun + interval '40 min', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+00:00"'),
    'gps', jsonb_build_object('lat', 40 + (n % 1000) / 1e3, 'lon', 72 + n / 1e5, 'acc', n % 60)
) FROM (
    SELECT id AS pk, n, timestamp '2014-04-01 03:00' + (n / 320) * interval '1 day'
        + (n / 40 % 8) * interval '1 hour' AS begun
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM cleaning_cleanrow
          WHERE repeat = '' AND NOT values ? 'service_kind') AS numbered
) AS told WHERE cleaning_cleanrow.id = told.pk
"""
PAGES = ("", "flags/", "flags/?severity=serious", "flags/?enumerator=K007", "enumerators/",
         "questions/", "checks/", "back-checks/", "report.xlsx")  # fmt: skip


def measure_runs() -> list[dict[str, float]]:
    """The first night, which opens all flags, and the second, which finds them all again."""
    found = []
    for _ in range(2):
        began, cpu = time.perf_counter(), time.process_time()
        run = check_quality()
        found.append(
            {
                "seconds": round(time.perf_counter() - began, 1),
                "cpu": round(time.process_time() - cpu, 1),
                "records": run.records,
                "found": run.found,
                "opened": run.opened,
                "closed": run.closed,
                "broken": len(run.broken),
            }
        )
    return found


def measure_pages(runs: int = 15) -> dict[str, dict[str, float]]:
    """Of each page: median and 95th percentile of this process's time, and its queries."""
    user = User.objects.create_user("bench", role=User.Role.MANAGER, sees_legal_aid=True)
    client = Client()
    client.force_login(user)
    found = {}
    for page in PAGES:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"/quality/{page}")
        asked = len(queries)
        assert answer.status_code == 200, (page, answer.status_code)
        times = []
        for _ in range(runs if not page.endswith("xlsx") else 2):
            began = time.perf_counter()
            client.get(f"/quality/{page}")
            times.append(1000 * (time.perf_counter() - began))
        found[page or "report"] = {
            "median_ms": round(statistics.median(times), 1),
            "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
            "queries": asked,
            "kb": round(len(answer.content) / 1024, 1),
        }
    return found


def measure() -> dict[str, Any]:
    fill(Random(1))
    with connection.cursor() as cursor:
        cursor.execute(TELL_WHO)
        cursor.execute("ANALYZE")
    told = {"rows": CleanRow.objects.count(), "step_cost": step_cost(), "runs": measure_runs()}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does, a minute after so many flags
    flags = dict.fromkeys(QualityFlag.objects.values_list("code", flat=True), 0)
    for code in flags:
        flags[code] = QualityFlag.objects.filter(code=code).count()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**told, "flags": flags, "peak_mb": round(peak), "pages": measure_pages()}


def say() -> None:
    print(json.dumps(measure(), indent=1))
