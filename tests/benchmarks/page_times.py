"""For a process of its own: fills the season of `indicators.py`, times the main pages over it."""

import json
import statistics
import time
import uuid
from random import Random

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.corrections.models import Correction, CorrectionStep
from surveys.datasets.models import Export
from surveys.indicators.compute import compute_indicators
from surveys.quality.check import check_quality
from surveys.quality.workbook import make_workbooks
from surveys.xforms.models import Form
from tests.benchmarks.indicators import fill
from tests.benchmarks.nightly import TELL_WHO

TIMES = 20
PROPOSED, EXPORTS = 200, 60
# Records came an hour after they were made, over the year.
ARRIVED = """
UPDATE cleaning_cleanrow SET submitted_at = at, received_at = at + interval '1 hour' FROM (
    SELECT id AS pk, COALESCE(
        (values->>'end')::timestamptz,
        (values->>'service_date')::timestamptz + interval '10 hours',
        (values->>'today')::timestamptz + interval '9 hours') AS at
    FROM cleaning_cleanrow WHERE repeat = ''
) AS told WHERE cleaning_cleanrow.id = told.pk
"""


def say() -> None:
    fill(Random(1))
    Client().force_login(_user())
    with connection.cursor() as cursor:
        cursor.execute(TELL_WHO)
        cursor.execute(ARRIVED)
    make_workbooks(check_quality())  # of the one user
    compute_indicators()
    _office_work()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(json.dumps(measure()))


def _office_work() -> None:
    """Corrections that wait and files that were asked for."""
    user = _user()
    rows = CleanRow.objects.filter(repeat="", values__has_key="hh_size")[:PROPOSED]
    proposed = Correction.objects.bulk_create(
        Correction(
            bundle=uuid.uuid4(),
            form_id=row.form_id,
            submission_id=row.submission_id,
            record_id=row.pk,
            row_id=row.pk,
            path="main/hh_size",
            action=Correction.Action.REPLACE,
            old="5",
            new="6",
            reason="The roster has six.",
            source=Correction.Source.OFFICE,
            proposed_by=user,
            proposed_at=timezone.now(),
        )
        for row in rows
    )
    CorrectionStep.objects.bulk_create(
        CorrectionStep(correction=each, step=each.state, by=user, at=each.proposed_at)
        for each in proposed
    )
    form = Form.objects.get(form_id="rmp_registration")
    Export.objects.bulk_create(Export(form=form, kind="csv", asked_by=user) for _ in range(EXPORTS))


def _user() -> User:
    """A manager, who sees everything."""
    found, _ = User.objects.get_or_create(
        username="bench", defaults={"role": User.Role.MANAGER, "sees_legal_aid": True}
    )
    return found


def addresses() -> dict[str, str]:
    """What a page is called → where it is."""
    form = Form.objects.get(form_id="rmp_registration")
    record = CleanRow.objects.filter(form=form, repeat="", submission__flags__isnull=False).first()
    assert record is not None
    return {
        "home": "/",
        "review": "/review/",
        "one record": f"/records/{form.form_id}/{record.pk}/",
        "records": f"/records/{form.form_id}/",
        "corrections": "/corrections/",
        "quality": "/quality/",
        "quality workbook": "/quality/report.xlsx",
        "flags": "/quality/flags/",
        "flags of one enumerator": "/quality/flags/?enumerator=K007",
        "enumerators": "/quality/enumerators/",
        "questions": "/quality/questions/",
        "checks": "/quality/checks/",
        "back-checks": "/quality/back-checks/",
        "field": "/field/",
        "field, 28 days": "/field/?days=28",
        "forms": "/forms/",
        "one form": f"/forms/{form.pk}/",
        "indicators": "/indicators/",
        "one indicator": "/indicators/O3.1/?by=district",
        "links": "/links/",
        "exports": "/exports/",
    }


def measure(only: str = "") -> dict[str, dict[str, float]]:
    """Each page, or those whose name has this in it, as a manager gets it."""
    client = Client()
    client.force_login(_user())
    return {name: _measured(client, at) for name, at in addresses().items() if only in name}


def _measured(client: Client, address: str) -> dict[str, float]:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    asked = len(queries)
    assert answer.status_code == 200, (address, answer.status_code)
    times, cpu = [], time.process_time()
    for _ in range(TIMES):
        began = time.perf_counter()
        client.get(address)
        times.append(1000 * (time.perf_counter() - began))
    return {
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
        "cpu_ms": round(1000 * (time.process_time() - cpu) / TIMES, 1),
        "queries": asked,
        "kb": round(len(answer.content) / 1024, 1),
    }
