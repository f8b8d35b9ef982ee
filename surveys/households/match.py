"""match_records, stage two of linkage: a batch of records is found among all others, and decided.

The caller holds a transaction; here are the yards. What is written: features and keys, decisions
of the rule, candidates with their reasons, and the households that follow from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from surveys.households.brakes import Brakes
from surveys.households.clusters import (
    Clusters,
    Surrounding,
    read_surrounding,
    surrounding_records,
)
from surveys.households.keys import (
    drop_features,
    find_candidates,
    load_features,
    load_frequencies,
    store_features,
)
from surveys.households.locks import hold_yards, try_yards
from surveys.households.models import LinkFeature, Membership
from surveys.households.projection import pair_of
from surveys.households.published import current_model
from surveys.households.questions import ask_about_forms
from surveys.households.queue import record_from, yards_of
from surveys.households.recompute import recompute
from surveys.households.rulings import Ruling, write_rulings
from surveys.linkage.clusters import Match
from surveys.linkage.features import Features, features_of
from surveys.linkage.frequencies import Frequencies
from surveys.linkage.judge import judge
from surveys.linkage.model import LinkModel

State = LinkFeature.State


class WiderYardsNeeded(Exception):
    """A record is like one of a district that another worker is linking."""

    def __init__(self, yards: set[str]) -> None:
        super().__init__("begin again and hold these too")
        self.yards = yards


@dataclass(frozen=True, slots=True)
class Linked:
    """How a batch ended: for the log line of the worker."""

    records: int
    pairs: int
    skipped_keys: int


def match_records(rows: Sequence[LinkFeature], *, yards: set[str], now: datetime) -> Linked:
    """Links these rows of the queue, which the caller has locked. Safe to run twice.

    `yards`: locks needed beside those of the rows themselves. Raises WiderYardsNeeded.
    """
    features = {row.record_id: features_of(record_from(row.record)) for row in rows}
    held = {name for each in features.values() for name in _yards(each)} | yards
    hold_yards(held)
    memberships = Membership.objects.filter(record_id__in=features)
    there = dict(memberships.values_list("record_id", "registers"))
    registering = [row for row in rows if there.get(row.record_id)]
    forms = [row for row in rows if there.get(row.record_id) is False]
    gone = [row for row in rows if row.record_id not in there]
    store_features(registering, {row.record_id: features[row.record_id] for row in registering})
    drop_features(gone)
    done = _link(registering, held)
    recompute([row.record_id for row in [*registering, *gone]], now=now)
    ask_about_forms(forms, now=now)
    for row in [*registering, *forms]:
        row.state, row.linked_at = State.LINKED, now
        row.attempts, row.try_after, row.error = 0, None, ""
    LinkFeature.objects.bulk_update(
        [*registering, *forms],
        ["state", "linked_at", "attempts", "try_after", "error", "hits"],
    )
    return done


def _yards(features: Features) -> set[str]:
    """Where others may look for the same family at this moment."""
    named = {f"district {features.district}"} | {f"phone {phone}" for phone in features.phones}
    return named | {f"card {features.card}"} if features.card else named


def _link(rows: Sequence[LinkFeature], held: set[str]) -> Linked:
    if not rows:
        return Linked(0, 0, 0)
    batch = {row.record_id: row for row in rows}
    model = current_model()
    features = load_features(batch)
    found = find_candidates(features)
    met = set().union(*found.candidates.values())
    reached = surrounding_records({*batch, *met})
    _widen(yards_of(reached) - held)
    features |= load_features(reached - features.keys())
    around = read_surrounding(reached, features, batch)
    frequencies = load_frequencies(features.values())
    judging = _Judging(batch, around, frequencies, model)
    rulings = [r for row in rows for r in judging.judge(row, found.candidates[row.record_id])]
    write_rulings(rulings, around, batch, model=model)
    return Linked(len(rows), judging.pairs, found.skipped)


def _widen(yards: set[str]) -> None:
    if not try_yards(yards):
        raise WiderYardsNeeded(yards)


class _Judging:
    """One record after the other, each against those before it."""

    def __init__(
        self,
        batch: Mapping[UUID, LinkFeature],
        around: Surrounding,
        frequencies: Frequencies,
        model: LinkModel,
    ) -> None:
        self._around, self._frequencies, self._model = around, frequencies, model
        self._clusters = Clusters(around, frequencies, model)
        self._waiting = set(batch)
        self.brakes = Brakes(batch.values())
        self.pairs = 0

    def judge(self, row: LinkFeature, candidates: set[UUID]) -> list[Ruling]:
        """What becomes of a record and each that may be the same household."""
        self._waiting.discard(row.record_id)
        own = self._around.features[row.record_id]
        matches = []
        for other in sorted(candidates - self._waiting):
            if self._clusters.knows(str(other)):
                self.pairs += 1
                judgement = judge(self._around.features[other], own, self._frequencies, self._model)
                if judgement.decision != "none":
                    matches.append(Match(str(other), own.record_id, judgement))
        hits = [m.left for m in matches if m.judgement.decision == "auto"]
        brake = self.brakes.look(row, own, [self._around.features[UUID(hit)] for hit in hits])
        if brake is not None:
            matches = [m if self._is_merged(m) else _to_review(m) for m in matches]
        judged = {m.left: m.judgement for m in matches}
        return [
            Ruling(o, judged[o.left], row.place_id, brake)
            for o in self._clusters.join(matches)
            if o.decision != "none"
        ]

    def _is_merged(self, match: Match) -> bool:
        """A brake stops what is new; it parts nobody."""
        return pair_of(UUID(match.left), UUID(match.right)) in self._around.by_rule


def _to_review(match: Match) -> Match:
    return replace(match, judgement=replace(match.judgement, decision="review"))
