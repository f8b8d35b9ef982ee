"""One record against a register of so many households: `python -m tests.benchmarks.linking 100000`.

Run as a process of its own with the server's environment: it fills the tables of linkage by COPY,
then links new records one at a time as the worker does, and prints what each took as JSON.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from random import Random
from uuid import UUID, uuid4

import django

django.setup()

import orjson  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from surveys.households.models import (  # noqa: E402
    Household,
    LinkDecision,
    LinkFeature,
    Membership,
)
from surveys.households.queue import Queued, queue_records  # noqa: E402
from surveys.lifecycle.link import link_waiting  # noqa: E402
from surveys.linkage.blocking import link_keys  # noqa: E402
from surveys.linkage.features import FEATURES_VERSION, features_of  # noqa: E402
from surveys.linkage.frequencies import countables  # noqa: E402
from surveys.linkage.record import HouseholdRecord  # noqa: E402
from tests.benchmarks.villages import make_households, told_again  # noqa: E402

ASKED, WARM, PORTION = 400, 40, 5000
Basis = Membership.Basis


def main(size: int) -> None:
    began = time.perf_counter()
    rng, sample = Random(7), []
    counts: Counter[tuple[str, str, str]] = Counter()
    portion: list[HouseholdRecord] = []
    for record in make_households(size):
        portion.append(record)
        if rng.random() < ASKED / size:
            sample.append(record)
        if len(portion) == PORTION:
            fill(portion, counts)
            portion = []
    fill(portion, counts)
    copy("linkfrequency (kind, place, value, count)", ((*k, n) for k, n in counts.items()))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    loaded = time.perf_counter() - began
    again = [told_again(rng, record, uuid4()) for record in sample]
    new = list(make_households(len(again), seed=2))
    mixed = [record for pair in zip(again, new, strict=True) for record in pair]
    for record in mixed[:WARM]:
        link_one(record)
    seconds = [link_one(record) for record in mixed[WARM:]]
    merged = LinkDecision.objects.filter(verdict="same").count()
    print(json.dumps({"loaded": loaded, "each": seconds, "again": len(again), "merged": merged}))


def fill(records: Sequence[HouseholdRecord], counts: Counter[tuple[str, str, str]]) -> None:
    now = timezone.now() - timedelta(days=100)
    homes = {record.record_id: uuid4() for record in records}
    features = [features_of(record) for record in records]
    for each in features:
        counts.update(countables(each))
    copy(
        "household (id, founder, created_at, unsettled)",
        ((home, record, now, False) for record, home in homes.items()),
    )
    copy(
        "membership (record_id, household_id, basis, form_id, registers, card)",
        ((r, home, "registration", "bench", True, "") for r, home in homes.items()),
    )
    copy(
        "linkfeature (record_id, record, features, features_version, registers, district, village,"
        " round, device, enumerator, arrived_at, state, attempts, error, linked_at, hits, trusted)",
        (
            (r.record_id, orjson.dumps(r).decode(), orjson.dumps(f.to_json()).decode(),
             FEATURES_VERSION, True, r.district, r.village, r.round, r.device, r.enumerator, now, 1,
             0, "", now, 0, False)
            for r, f in zip(records, features, strict=True)
        ),
    )  # fmt: skip
    copy(
        "linkkey (key, record_id, kind, size)",
        ((k.value, f.record_id, k.kind, len(f.members)) for f in features for k in link_keys(f)),
    )


def copy(table: str, rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY households_{table} FROM STDIN") as out:
        for row in rows:
            out.write_row(row)


def link_one(record: HouseholdRecord) -> float:
    """What stage one leaves behind, then stage two, timed."""
    record_id = UUID(record.record_id)
    with transaction.atomic():
        home = Household.objects.create(founder=record_id)
        Membership.objects.create(
            record_id=record_id,
            household=home,
            form_id="bench",
            registers=True,
            basis="registration",
        )
        queue_records([Queued(record, True, None, None)], stored={}, now=timezone.now())
    began = time.perf_counter()
    assert link_waiting(limit=1) == 1
    seconds = time.perf_counter() - began
    assert LinkFeature.objects.filter(pk=record_id, state=LinkFeature.State.LINKED).exists()
    return seconds


if __name__ == "__main__":
    main(int(sys.argv[1]))
