"""What the rule says of pairs, written: decisions, candidates with their reasons.

The rule never speaks where a person or a form has; and what it no longer says it takes back, by
another row of the log.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from surveys.households.clusters import Surrounding
from surveys.households.log import append_decisions
from surveys.households.models import CandidateLink, LinkBrake, LinkDecision, LinkFeature
from surveys.households.projection import Decided, Pair, pair_of
from surveys.linkage.clusters import Outcome
from surveys.linkage.judge import Judgement
from surveys.linkage.model import LinkModel

Verdict, Source = LinkDecision.Verdict, LinkDecision.Source
_SAYS = ["decision", "weight", "reasons", "vetoes", "aligned", "place_id", "brake_id"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """The outcome of one pair, and how it came about; `brake` held it, where it is set."""

    outcome: Outcome
    judgement: Judgement
    place_id: int | None
    brake: LinkBrake | None = None

    @property
    def pair(self) -> Pair:
        return pair_of(UUID(self.outcome.left), UUID(self.outcome.right))


def write_rulings(
    rulings: Sequence[Ruling],
    around: Surrounding,
    batch: Mapping[UUID, LinkFeature],
    *,
    model: LinkModel,
) -> set[UUID]:
    """Makes what the rule says of the records of `batch` what it is now. Safe to run twice.

    Gives the records of whom it says something else than before.
    """
    merged = {r.pair: r for r in rulings if r.outcome.decision == "auto"}
    new = [r for pair, r in merged.items() if pair not in around.by_rule.keys() | around.spoken]
    old = [each for pair, each in around.by_rule.items() if pair not in merged]
    old.sort(key=lambda each: each.number)
    append_decisions([withdrawal_of(each, model) for each in old])
    append_decisions([merger_of(ruling.outcome, model) for ruling in new])
    known = [record for record, row in batch.items() if row.linked_at is not None]
    _drop_candidates({ruling.pair for ruling in rulings}, known, model.version)
    store_candidates(rulings, model)
    pairs = [each.pair for each in new] + [each.pair for each in old]
    return {end for pair in pairs for end in pair}


def merger_of(outcome: Outcome, model: LinkModel) -> LinkDecision:
    """The rule's word that two records are one household."""
    a, b = pair_of(UUID(outcome.left), UUID(outcome.right))
    return LinkDecision(
        a=a,
        b=b,
        verdict=Verdict.SAME,
        source=Source.RULE,
        model=model.version,
        weight=outcome.weight,
        reason="weight over the threshold, no veto",
    )


def withdrawal_of(decided: Decided, model: LinkModel) -> LinkDecision:
    """The rule's word that an earlier one of its own no longer holds."""
    a, b = decided.pair
    return LinkDecision(
        a=a,
        b=b,
        verdict=Verdict.WITHDRAWN,
        source=Source.RULE,
        model=model.version,
        reason="no longer holds",
        revokes_id=decided.number,
    )


def store_candidates(rulings: Sequence[Ruling], model: LinkModel) -> None:
    """Why, for each pair; one that is known keeps the time when it was found."""
    CandidateLink.objects.bulk_create(
        [_candidate(ruling, model) for ruling in rulings],
        update_conflicts=True,
        unique_fields=["a", "b", "model"],
        update_fields=_SAYS,
    )


def _candidate(ruling: Ruling, model: LinkModel) -> CandidateLink:
    a, b = ruling.pair
    outcome, judgement = ruling.outcome, ruling.judgement
    ordered = str(a) == outcome.left
    return CandidateLink(
        a=a,
        b=b,
        model=model.version,
        decision=outcome.decision,
        weight=outcome.weight,
        reasons=[[r.comparison, r.level, r.bits] for r in judgement.reasons],
        vetoes=list(outcome.vetoes),
        aligned=[[i, j, how] if ordered else [j, i, how] for i, j, how in judgement.aligned],
        state=CandidateLink.State.SETTLED,  # until `settle_candidates` has looked
        place_id=ruling.place_id,
        brake=ruling.brake,
    )


def _drop_candidates(pairs: set[Pair], batch: Collection[UUID], version: str) -> None:
    """Those that are gone go; those that stay keep the time when they were found."""
    if not batch:
        return
    records = CandidateLink.objects.filter(model=version, kind=CandidateLink.Kind.RECORDS)
    known = records.filter(Q(a__in=batch) | Q(b__in=batch)).values_list("pk", "a", "b")
    gone = [pk for pk, a, b in known if (a, b) not in pairs]
    if gone:
        CandidateLink.objects.filter(pk__in=gone).delete()
