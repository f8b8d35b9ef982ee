"""What persons decide of pairs and clusters of records, and how that is taken back.

Each verb appends to the log, computes the households again and logs an audit event, in one
transaction. Entities and visits follow with the next run of linkage.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.log import log_event
from backend.problems import Problem
from surveys.households.followers import follow
from surveys.households.log import append_decisions, decisions_among
from surveys.households.models import LinkDecision, Membership
from surveys.households.projection import SAME, Decided, pair_of, standing, unrevoked
from surveys.households.recompute import hold_records, recompute, settle_candidates

Verdict, Source = LinkDecision.Verdict, LinkDecision.Source
SAYABLE = (Verdict.SAME, Verdict.DIFFERENT, Verdict.UNSURE)


@transaction.atomic
def decide_pair(*, a: UUID, b: UUID, verdict: str, by: User | None, reason: str) -> LinkDecision:
    """Says of two records that they are the same household, different ones, or cannot be told.

    The newest word counts. Raises `Problem`: `record_unknown`, `decision_invalid`.
    """
    return decide_cluster(pairs=[(a, b)], verdict=verdict, by=by, reason=reason)[0]


@transaction.atomic
def decide_cluster(
    *, pairs: Sequence[tuple[UUID, UUID]], verdict: str, by: User | None, reason: str
) -> list[LinkDecision]:
    """The same for several pairs at once, as a person sees them side by side.

    Raises `Problem`: `record_unknown`, `decision_invalid`.
    """
    if verdict not in SAYABLE or not pairs or any(a == b for a, b in pairs):
        raise Problem("decision_invalid")
    ordered = sorted({pair_of(a, b) for a, b in pairs})
    records = {record for pair in ordered for record in pair}
    hold_records(records)
    known = Membership.objects.filter(record_id__in=records)
    if missing := records - set(known.values_list("record_id", flat=True)):
        raise Problem("record_unknown", record=str(min(missing)))
    made = append_decisions(
        LinkDecision(a=a, b=b, verdict=verdict, source=Source.PERSON, by=by, reason=reason)
        for a, b in ordered
    )
    _carry_out(records)
    for each in made:
        log_event("link.decided", by=by, target=each, a=str(each.a), b=str(each.b), verdict=verdict)
    return made


@transaction.atomic
def revoke_decision(*, decision: LinkDecision, by: User | None, reason: str) -> LinkDecision:
    """Takes a decision back; the households are what they were before it.

    A merger by rule or form that a person undoes is "different" from then on, so that no later run
    merges it again. Taking back what a person said leaves the pair as it was, open to be decided;
    a revocation may be taken back too. Raises `Problem("decision_revoked")` where it no longer
    holds.
    """
    pair = {decision.a, decision.b}
    hold_records(pair)
    log = decisions_among(pair)
    if decision.pk not in unrevoked(log):
        raise Problem("decision_revoked")
    (revoking,) = append_decisions(
        [
            LinkDecision(
                a=decision.a,
                b=decision.b,
                verdict=_instead(decision, log),
                source=Source.PERSON,
                by=by,
                reason=reason,
                revokes=decision,
            )
        ]
    )
    _carry_out(pair)
    a, b = str(decision.a), str(decision.b)
    log_event("link.revoked", by=by, target=revoking, a=a, b=b, revokes=decision.pk)
    return revoking


def _instead(decision: LinkDecision, log: Sequence[Decided]) -> str:
    """What holds of the pair once a decision is taken back."""
    if decision.verdict != Verdict.SAME:
        return Verdict.WITHDRAWN
    others = [each for each in log if each.number != decision.pk]
    left = standing(others).get((decision.a, decision.b))
    merged = decision.source != Source.PERSON or (left is not None and left.verdict == SAME)
    return Verdict.DIFFERENT if merged else Verdict.WITHDRAWN


def _carry_out(records: Collection[UUID]) -> None:
    now = timezone.now()
    recompute(records, now=now)
    registrations = Membership.objects.filter(record_id__in=records, registers=True)
    follow(list(registrations), now=now)  # a form's record that a person put somewhere else
    settle_candidates(records)
