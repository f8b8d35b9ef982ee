"""All indicators of 10,000 households, 50,000 members and 40,000 services, and their pages.

`python -m tests.benchmarks.alone indicators` starts engines for it. Beside the wall clock stand CPU
seconds and what a million steps of Python cost at that moment, since the machine may be shared.
"""

import json
import statistics
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.households.models import Household
from surveys.indicators.compute import compute_indicators
from surveys.indicators.definitions import DEFINITIONS
from surveys.indicators.food import FCS_NAMES, LCS_NAMES, RCSI_NAMES
from surveys.indicators.models import FxRate, IndicatorRun, PriceIndex
from surveys.indicators.parameters import divmod_month
from surveys.places.models import Place
from surveys.submissions.models import Submission
from surveys.xforms.models import Form
from tests.surveys.datasets.records import publish
from tests.surveys.datasets.season import INCOME, MEMBER, schema_of

HOUSEHOLDS, MEMBERS, SERVICES, ENDLINES = 10_000, 5, 4, 7_000
START = datetime(2014, 4, 1, tzinfo=UTC)
SOURCES = ("craft", "crop", "trade", "casual", "pension", "shg")
TOPICS = ("alimony", "divorce", "id_docs", "land", "benefits", "violence")
BATCH = 2000
PAGES = (
    "",
    "O3.1/",
    "O3.1/?by=district",
    "O3.1/?by=district&period=2014Q3",
    "O3.2/?by=topic",
    "O3.3/",
    "O3.3/?by=oblast",
    "P9/?by=district",
    "FCS/?by=head_sex",
    "LCS/",
    "O3.1/households/",
    "tables/",
)
Row = dict[str, Any]


def fill(random: Random) -> None:
    """Places, forms, rates, and the season's records, as cleaning and linkage leave them."""
    forms = {name: publish(schema_of(name)) for name in ("registration", "service", "followup")}
    districts = _places()
    months = [date(*divmod_month(at), 1) for at in range(2013 * 12 + 3, 2015 * 12 + 6)]
    FxRate.objects.bulk_create(
        FxRate(month=m, currency="RUB", per_kgs=1.4, per_tjs=0.14) for m in months
    )
    PriceIndex.objects.bulk_create(
        PriceIndex(country=c, month=m, index=100 + n)
        for c in ("KG", "TJ")
        for n, m in enumerate(months)
    )
    homes = [(Household(place=random.choice(districts)), n) for n in range(HOUSEHOLDS)]
    Household.objects.bulk_create([home for home, _ in homes], batch_size=BATCH)
    _store(forms["registration"], (_registered(h, n, random) for h, n in homes))
    _store(
        forms["service"], (_served(h, n, at, random) for h, n in homes for at in range(SERVICES))
    )
    _store(forms["followup"], (_ended(h, random) for h, _ in homes[:ENDLINES]))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _places() -> list[Place]:
    found: list[Place] = []
    for country, oblasts in (("KG", 7), ("TJ", 4)):
        top = Place.objects.create(code=country, level=0, path=country, name_en=country)
        for o in range(oblasts):
            code = f"{country}{o:02}"
            oblast = Place.objects.create(
                code=code, level=1, path=f"{country}/{code}", name_en=code, parent=top
            )
            found += [
                Place.objects.create(
                    code=f"{code}D{d}",
                    level=2,
                    path=f"{country}/{code}/{code}D{d}",
                    name_en=f"{code}D{d}",
                    parent=oblast,
                )
                for d in range(8)
            ]
    return found


def _interview(random: Random, currency: str) -> tuple[Row, list[Row]]:
    kinds = random.sample(SOURCES, 2)
    rows = [
        {
            "inc_src": k,
            "inc_known": "exact",
            "inc_amount": random.randint(5, 60) * 100.0,
            "inc_currency": currency,
            "inc_times": 12,
            "inc_earner": random.choice(("woman", "man", "both")),
        }
        for k in kinds
    ]
    rows.append(
        {
            "inc_src": "remit",
            "inc_known": "exact" if random.random() > 0.06 else "dk",
            "inc_amount": random.randint(5, 15) * 1000.0,
            "inc_currency": "RUB",
            "inc_times": 8,
        }
    )
    told: Row = {
        "income_sources": [*kinds, "remit"],
        "income_change": random.choice(("more", "less", "same")),
        "exp_known": "exact",
        "exp_total": 9000.0,
        "exp_food": random.randint(30, 90) * 100.0,
        **{name: random.randint(0, 7) for name in FCS_NAMES},
        **{name: random.randint(0, 3) for name in RCSI_NAMES},
        **{name: random.choice(("10", "10", "20", "30", "9999")) for name in LCS_NAMES},
    }
    return told, rows


def _registered(
    home: Household, n: int, random: Random
) -> tuple[Household, Row, dict[str, list[Row]]]:
    assert home.place is not None
    told, incomes = _interview(random, "KGS" if home.place.path.startswith("KG") else "TJS")
    members = [
        {
            "m_age": random.randint(0, 80),
            "m_sex": random.choice(("female", "male")),
            "m_marital": random.choice(("never", "reg", "nikoh", "wid")),
            "m_school": random.choice(("yes", "no")),
            "m_present": "abroad" if at == 0 and random.random() < 0.7 else "home",
            "mig_country": "RU",
            "mig_contact": random.choice(("week", "month", "lost")),
        }
        for at in range(MEMBERS)
    ]
    filler = {f"other_{at}": f"Ҷавоби дигар {n} {at}" for at in range(40)}  # what else a form asks
    answers = {
        **filler,
        **told,
        "consent": "yes",
        "today": str(date(2014, 4, 1) + timedelta(days=n % 120)),
        "vulnerable": "yes" if n % 5 else "no",
        "head_sex": random.choice(("female", "male")),
        "head_birth_year": random.randint(1940, 1995),
        "hh_size": MEMBERS,
        "n_migrants": str(random.randint(0, 2)),
        "village": f"{home.place.code}-V{n % 12}",
        "cattle": n % 3,
        "sheep": n % 7,
        "poultry": 4,
        "debt_any": random.choice(("yes", "no")),
        "legal_need": ["alimony"] if n % 3 else [],
    }
    return home, answers, {MEMBER: members, INCOME: incomes}


def _served(
    home: Household, n: int, at: int, random: Random
) -> tuple[Household, Row, dict[str, list[Row]]]:
    on = date(2014, 5, 1) + timedelta(days=random.randint(0, 330))
    told: Row = {
        "service_kind": "livelihood",
        "service_type": random.choice(("shg", "grant", "loan", "training_agri")),
        "service_date": str(on),
        "completed": random.choice(("yes", "yes", "no")),
        "partner": f"ng_0{n % 4}",
        "satisfied": random.choice(("yes", "no")),
    }
    if at == 0 and n % 3 == 0:
        told |= {
            "service_kind": "legal",
            "service_type": "legal_aid",
            "person_sex": "female",
            "person_birth_year": random.randint(1950, 1998),
            "person_line": 1,
            "person_name": "Асанова Гүлнара",
            "legal_case": f"LK-2014-{n:04}",
            "legal_topics": random.sample(TOPICS, 2),
            "legal_form": "oral",
            "legal_outcome": random.choice(("open", "solved", "partly")),
        }
    return home, told, {}


def _ended(home: Household, random: Random) -> tuple[Household, Row, dict[str, list[Row]]]:
    assert home.place is not None
    told, incomes = _interview(random, "KGS" if home.place.path.startswith("KG") else "TJS")
    answers = {
        **told,
        "round": "end",
        "trace": "found",
        "consent": "yes",
        "today": "2015-04-20",
        "hh_size_now": MEMBERS,
    }
    return home, answers, {INCOME: incomes}


def _store(form: Form, records: Iterator[tuple[Household, Row, dict[str, list[Row]]]]) -> None:
    """In batches: the submission, its root row, and the rows of its repeats."""
    batch: list[tuple[Household, Row, dict[str, list[Row]]]] = []
    for record in records:
        batch.append(record)
        if len(batch) == BATCH:
            _store_batch(form, batch)
            batch = []
    _store_batch(form, batch)


def _store_batch(form: Form, batch: list[tuple[Household, Row, dict[str, list[Row]]]]) -> None:
    submissions = [
        Submission(
            form=form,
            form_version=form.current,
            record_id=(pk := uuid.uuid4()),
            instance_id=f"uuid:{pk}",
            raw_xml=b"<x/>",
            sha256=b"0" * 32,
            received_at=START,
            state=Submission.State.PROCESSED,
        )
        for _ in batch
    ]
    Submission.objects.bulk_create(submissions)
    rows = []
    for submission, (home, answers, repeats) in zip(submissions, batch, strict=True):
        common = {
            "record_id": submission.record_id,
            "submission": submission,
            "form": form,
            "verbatim": {},
            "place": home.place,
            "household_id": home.pk,
            "instance_id": submission.instance_id,
            "received_at": START,
            "updated_at": START,
        }
        rows.append(CleanRow(id=submission.record_id, values=answers, **common))
        rows += [
            CleanRow(
                id=uuid.uuid4(),
                repeat=path,
                parent_id=submission.record_id,
                index=at,
                values=row,
                **common,
            )
            for path, found in repeats.items()
            for at, row in enumerate(found, 1)
        ]
    CleanRow.objects.bulk_create(rows, batch_size=BATCH)


def measure_compute(runs: int = 3) -> dict[str, float]:
    """The best of several runs, each from nothing."""
    found = []
    for _ in range(runs):
        IndicatorRun.objects.all().delete()
        began, cpu = time.perf_counter(), time.process_time()
        run = compute_indicators()
        found.append((time.perf_counter() - began, time.process_time() - cpu, run.records))
    wall, cpu, records = min(found)
    return {"seconds": wall, "cpu": min(c for _, c, _ in found), "records": records}


def measure_pages(runs: int = 20) -> dict[str, dict[str, float]]:
    """Of each page: median and 95th percentile of this process's time, and its queries."""
    user = User.objects.filter(username="bench").first() or User.objects.create_user(
        "bench", role=User.Role.MANAGER, sees_legal_aid=True
    )
    client = Client()
    client.force_login(user)
    found = {}
    for page in PAGES:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"/indicators/{page}")
        asked = len(queries)
        assert answer.status_code == 200, (page, answer.status_code)
        times = []
        for _ in range(runs):
            began = time.perf_counter()
            client.get(f"/indicators/{page}")
            times.append(1000 * (time.perf_counter() - began))
        found[page or "list"] = {
            "median_ms": round(statistics.median(times), 1),
            "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
            "queries": asked,
            "kb": round(len(answer.content) / 1024, 1),
        }
    return found


def step_cost() -> float:
    """CPU seconds of a million steps on a dictionary: compare runs by it."""
    began, counts = time.process_time(), dict[int, int]()
    for n in range(1_000_000):
        counts[n & 1023] = counts.get(n & 1023, 0) + 1
    return time.process_time() - began


def measure() -> dict[str, Any]:
    if not CleanRow.objects.filter(repeat="").exists():
        fill(Random(1))
    counts = {
        "indicators": len(DEFINITIONS),
        "rows": CleanRow.objects.count(),
    }
    costs = {"step_cost_before": step_cost()}
    told = {"compute": measure_compute(), "pages": measure_pages()}
    return {**counts, **costs, "step_cost_after": step_cost(), **told}


def say() -> None:
    print(json.dumps(measure(), indent=1))
