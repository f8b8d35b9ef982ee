"""match_records, stage two of linkage: a batch of records is found among all others, and decided.

The caller holds a transaction; here are the yards. What is written: features and keys, decisions
of the rule, candidates with their reasons, and the households that follow from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    load_frequencies,
    read_stored,
    save_linked,
    store_keys,
)
from surveys.households.locks import hold_yards, try_yards
from surveys.households.models import LinkFeature, Membership
from surveys.households.people import found_people
from surveys.households.projection import pair_of
from surveys.households.published import current_model
from surveys.households.questions import ask_about_forms
from surveys.households.queue import record_from
from surveys.households.recompute import recompute, settle_candidates
from surveys.households.rulings import Ruling, write_rulings
from surveys.households.women import find_women
from surveys.linkage.clusters import Match
from surveys.linkage.features import Features, features_of
from surveys.linkage.frequencies import Frequencies
from surveys.linkage.judge import judge
from surveys.linkage.model import LinkModel


class WiderYardsNeeded(Exception):
    """A record is like one of a district that another worker is linking."""

    def __init__(self, yards: set[str]) -> None:
        super().__init__("begin again and hold these too")
        self.yards = yards


@dataclass(frozen=True, slots=True)
class Linked:
    """How a batch ended. `changed`: records whose household may have; `asked`: of candidates."""

    records: int = 0
    pairs: int = 0
    skipped_keys: int = 0
    changed: set[UUID] = field(default_factory=set)
    asked: set[UUID] = field(default_factory=set)


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
    drop_features(gone)
    own = {row.record_id: features[row.record_id] for row in registering}
    store_keys(registering, own)
    done = _link(registering, own, held)
    save_linked([*registering, *forms], own, now=now)
    moved = done.changed | {row.record_id for row in gone}
    seen = recompute(moved, now=now) if moved else set()
    found_people({r: len(each.members) for r, each in own.items() if r not in seen})
    settle_candidates(done.asked)
    find_women(own)
    ask_about_forms(forms, now=now)
    return done


def _yards(features: Features) -> set[str]:
    """Where others may look for the same family at this moment."""
    named = {f"district {features.district}"} | {f"phone {phone}" for phone in features.phones}
    return named | {f"card {features.card}"} if features.card else named


def _link(rows: Sequence[LinkFeature], own: Mapping[UUID, Features], held: set[str]) -> Linked:
    if not rows:
        return Linked()
    batch = {row.record_id: row for row in rows}
    model = current_model()
    found = find_candidates(own)
    reached = surrounding_records({*batch, *set().union(*found.candidates.values())})
    features, districts = read_stored(reached - own.keys())
    _widen({f"district {district}" for district in districts} - held)
    around = read_surrounding(reached, {**features, **own}, batch)
    judging = _Judging(batch, around, load_frequencies(around.features.values()), model)
    rulings = [r for row in rows for r in judging.judge(row, found.candidates[row.record_id])]
    changed = write_rulings(rulings, around, batch, model=model)
    changed |= {r for r, row in batch.items() if row.linked_at or r in around.decided}
    asked = {end for r in rulings if r.outcome.decision == "review" for end in r.pair}
    return Linked(len(rows), judging.pairs, found.skipped, changed, asked)


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
