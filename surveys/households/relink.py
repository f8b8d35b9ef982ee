"""relink: everything again under one version of the model, by the batch path; first as a plan.

A plan changes nothing: it says which mergers by rule would be added or lost, and what would be
asked. Publishing writes that into the log of decisions; what persons and forms said stands. The
same plan published twice changes nothing the second time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from surveys.households.keys import load_frequencies, read_features, read_stored
from surveys.households.locks import hold_yards
from surveys.households.log import all_decisions, append_decisions
from surveys.households.models import CandidateLink, LinkFeature, Membership
from surveys.households.projection import (
    DIFFERENT,
    SAME,
    Decided,
    Pair,
    clusters_of,
    pair_of,
    standing,
)
from surveys.households.published import current_model, publish_model
from surveys.households.recompute import recompute, settle_candidates
from surveys.households.rulings import Ruling, merger_of, store_candidates, withdrawal_of
from surveys.linkage import batch
from surveys.linkage.clusters import Outcome
from surveys.linkage.features import FEATURES_VERSION
from surveys.linkage.judge import judge
from surveys.linkage.model import LinkModel, read_model
from surveys.places.tree import hold_tree

PORTION = 500  # records or pairs at a time, all in one transaction
_SAID = ("decision", "weight", "vetoes")
_SAME_BITS = 0.01


@dataclass(frozen=True, slots=True)
class Plan:
    """What a re-link would change. `households`: how many there are now, and would be."""

    model: LinkModel
    raw: bytes | None  # of a model that is not published yet
    taken_at: datetime
    records: int
    outcomes: tuple[Outcome, ...]
    merges_added: tuple[Pair, ...]
    merges_lost: tuple[Pair, ...]
    reviews_added: tuple[Pair, ...]
    households: tuple[int, int]


def plan_relink(*, raw: bytes | None = None, workers: int = 2) -> Plan:
    """Links all registrations anew, in memory and in files; writes nothing to the database.

    `raw`: a model file to try instead of the one that counts. Raises `ModelError`.
    """
    model = read_model(raw) if raw is not None else current_model()
    taken_at = timezone.now()
    log = all_decisions()
    counts = standing(log)
    apart = [(str(a), str(b)) for (a, b), each in counts.items() if each.verdict == DIFFERENT]
    done = batch.relink(
        _stored(),
        model,
        apart=apart,
        workers=workers,
        backend=settings.LINKAGE_BACKEND,
        session=_spark_session() if settings.LINKAGE_BACKEND == "spark" else None,
    )
    records = {UUID(record) for record in done.clusters}
    added, lost, asked, households = _compare(records, done.outcomes, log)
    return Plan(
        model=model,
        raw=raw,
        taken_at=taken_at,
        records=len(records),
        outcomes=done.outcomes,
        merges_added=added,
        merges_lost=lost,
        reviews_added=asked,
        households=households,
    )


def _compare(
    there: set[UUID], outcomes: Sequence[Outcome], log: list[Decided]
) -> tuple[tuple[Pair, ...], tuple[Pair, ...], tuple[Pair, ...], tuple[int, int]]:
    """Mergers added and lost, pairs newly asked about, households now and then."""
    counts = standing(log)
    spoken = {pair for pair, each in counts.items() if each.source != "rule"}
    by_rule = {
        pair
        for pair, each in counts.items()
        if each.source == "rule" and each.verdict == SAME and there.issuperset(pair)
    }
    merged = {_pair(o) for o in outcomes if o.decision == "auto"} - spoken
    asked = {_pair(o) for o in outcomes if o.decision == "review"} - spoken
    known = CandidateLink.objects.filter(decision="review").values_list("a", "b")
    dropped = {counts[pair].number for pair in by_rule - merged}
    last = max((each.number for each in log), default=0)
    then = [each for each in log if each.number not in dropped]
    then += [Decided(last + n, *pair, SAME) for n, pair in enumerate(sorted(merged - by_rule), 1)]
    return (
        tuple(sorted(merged - by_rule)),
        tuple(sorted(by_rule - merged)),
        tuple(sorted(asked - set(known))),
        (len(clusters_of(there, log)), len(clusters_of(there, then))),
    )


@transaction.atomic
def publish_relink(*, plan: Plan, by: User | None = None) -> None:
    """Writes a plan: decisions, candidates, households; records linked since then are left out.

    Entities and visits follow with the next run of linkage. Raises `ModelError`.
    """
    hold_tree()
    hold_yards(_all_yards())
    if plan.raw is not None:
        publish_model(plan.raw, trained_on="labelled pairs", by=by)
    since = LinkFeature.objects.exclude(
        state=LinkFeature.State.LINKED, linked_at__lte=plan.taken_at
    )
    newer = set(since.values_list("record_id", flat=True))
    outcomes = {_pair(o): o for o in plan.outcomes if newer.isdisjoint(_pair(o))}
    counts = standing(all_decisions())
    added = [p for p in plan.merges_added if p in outcomes and p not in counts]
    lost = [
        counts[p]
        for p in plan.merges_lost
        if newer.isdisjoint(p) and p in counts and counts[p].source == "rule"
    ]
    append_decisions([withdrawal_of(each, plan.model) for each in lost])
    append_decisions([merger_of(outcomes[pair], plan.model) for pair in added])
    _store_candidates(outcomes, plan, newer)
    moved = {end for pair in [*added, *(each.pair for each in lost)] for end in pair}
    now = timezone.now()
    for portion in _portions(sorted(moved)):
        recompute(portion, now=now)
    for portion in _portions(sorted({end for pair in outcomes for end in pair})):
        settle_candidates(portion)
    log_event(
        "links.relinked",
        by=by,
        model=plan.model.version,
        records=plan.records,
        merges_added=len(added),
        merges_lost=len(lost),
    )


def _store_candidates(outcomes: dict[Pair, Outcome], plan: Plan, newer: set[UUID]) -> None:
    """Those that are new or weigh something else, with their reasons; those that are gone go."""
    kept = CandidateLink.objects.filter(model=plan.model.version, kind=CandidateLink.Kind.RECORDS)
    stored = {(a, b): (pk, *said) for pk, a, b, *said in kept.values_list("pk", "a", "b", *_SAID)}
    gone = [
        pk for pair, (pk, *_) in stored.items() if pair not in outcomes and newer.isdisjoint(pair)
    ]
    for portion in _portions(gone):
        CandidateLink.objects.filter(pk__in=portion).delete()
    changed = [p for p, o in outcomes.items() if p not in stored or _differs(o, *stored[p][1:])]
    for portion in _portions(changed):
        records = {end for pair in portion for end in pair}
        features, _ = read_stored(records)
        frequencies = load_frequencies(features.values())
        places = dict(LinkFeature.objects.filter(pk__in=records).values_list("pk", "place_id"))
        rulings = []
        for outcome in (outcomes[pair] for pair in portion):
            left, right = UUID(outcome.left), UUID(outcome.right)
            if left in features and right in features:
                judged = judge(features[left], features[right], frequencies, plan.model)
                rulings.append(Ruling(outcome, judged, places[right]))
        store_candidates(rulings, plan.model)


def _differs(outcome: Outcome, decision: str, weight: float, vetoes: list[str]) -> bool:
    said = (decision, sorted(vetoes)) != (outcome.decision, sorted(outcome.vetoes))
    return said or abs(weight - outcome.weight) > _SAME_BITS


def _pair(outcome: Outcome) -> Pair:
    return pair_of(UUID(outcome.left), UUID(outcome.right))


def _stored() -> Iterator[bytes]:
    """The features of all registrations that are there, in order of arrival."""
    there = Membership.objects.filter(record_id=OuterRef("pk"), registers=True)
    rows = LinkFeature.objects.filter(Exists(there), features__isnull=False)
    rows = rows.annotate(text=Cast("features", TextField())).order_by("arrived_at", "record_id")
    stored = rows.values_list("features_version", "text", "pk").iterator(chunk_size=2000)
    for version, text, record_id in stored:
        if version == FEATURES_VERSION:
            yield text.encode()
        else:
            row = LinkFeature.objects.get(pk=record_id)
            yield orjson.dumps(read_features(row).to_json())


def _all_yards() -> set[str]:
    districts = LinkFeature.objects.values_list("district", flat=True).distinct()
    return {f"district {district}" for district in districts}


def _portions(each: Sequence[Any]) -> Iterator[list[Any]]:
    rest = iter(each)
    while portion := list(islice(rest, PORTION)):
        yield portion


def _spark_session() -> Any:
    sql = import_module("pyspark.sql")  # there only where Spark is wanted
    return sql.SparkSession.builder.appName("oila").getOrCreate()
