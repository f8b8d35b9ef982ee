"""decide_case, undo: what a person says of a whole case, and takes back as a whole.

Each is one transaction: a case is never decided by half, and of two people who decide the same one
the second is told to look again.
"""

from collections.abc import Collection, Iterator
from itertools import pairwise
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backend.accounts.models import User
from backend.problems import Problem
from backend.said import Said
from surveys.households.decide import decide_cluster, decide_pair, revoke_decision
from surveys.households.locks import hold_yards
from surveys.households.log import decisions_among, reached_from
from surveys.households.models import CandidateLink, LinkDecision, Membership
from surveys.households.projection import DIFFERENT, Pair, pair_of, standing
from surveys.households.queue import yards_of
from surveys.lifecycle.link import settle_households
from surveys.links.casefile import CaseFile, open_case
from surveys.links.claim import demand_free, release_claim
from surveys.links.gathering import gather
from surveys.links.looked import newest_decision
from surveys.links.models import Adjudication
from surveys.links.visible import demand_visible
from surveys.places.tree import hold_tree

Verdict = Adjudication.Verdict
LONGEST_REASON = 500  # characters


@transaction.atomic
def decide_case(
    *,
    candidate_id: int,
    verdict: str,
    ticked: Collection[UUID] = (),
    reason: str,
    looked: str,
    by: User,
    visit: str = "",
) -> Adjudication:
    """Says of a case that it is one household, several, or that it cannot be told yet.

    `ticked`: nodes of the case. "Same" with some of them: these are one household and the others
    are not; how the others stand to each other stays open. "Different" or "unsure" with some: only
    between these and the others. `looked`: the seal of the case as it was shown. Raises `Problem`:
    `link_changed`, `link_claimed`, `not_allowed`, `reason_missing`, `decision_invalid`.
    """
    reason = checked_reason(reason)
    file = _held(by, candidate_id, looked)
    if not file.decidable:
        raise Problem("not_allowed")
    demand_free(keys=file.case.keys, by=by)
    said = _verdicts(file, verdict, set(ticked))
    decisions: list[LinkDecision] = []
    for word, pairs in said:
        if pairs:
            decisions += decide_cluster(pairs=pairs, verdict=word, by=by, reason=reason)
    made = Adjudication.objects.create(
        verdict=verdict, reason=reason, by=by, candidates=[link.pk for link in file.links]
    )
    made.decisions.set(decisions)
    settle_households()
    release_claim(by=by, visit=visit)
    return made


@transaction.atomic
def undo(*, adjudication_id: int, by: User, reason: str) -> Adjudication:
    """Takes back all that was decided together; the households are what they were before.

    Raises `Problem`: `not_found`, `reason_missing`, `decision_revoked`.
    """
    reason = checked_reason(reason)
    made = Adjudication.objects.select_for_update().filter(pk=adjudication_id).first()
    if made is None:
        raise Problem("not_found")
    decisions = list(made.decisions.order_by("-pk"))
    ends = {end for each in decisions for end in (each.a, each.b)}
    demand_visible(by, ends)
    hold_records(ends)  # all at once: one by one, two people could wait for each other
    revoked = [_revoked(each, by, reason) for each in decisions]
    if not any(revoked):
        raise Problem("decision_revoked")
    settle_households()
    made.undone_at, made.undone_by, made.undone_because = timezone.now(), by, reason
    made.save(update_fields=["undone_at", "undone_by", "undone_because"])
    return made


@transaction.atomic
def say_of_pair(
    *, a: UUID, b: UUID, verdict: str, reason: str, by: User, newest: int | None = None
) -> LinkDecision:
    """Decides on one pair. `newest`: the number of the newest decision on either record as read;
    without it the pair is decided on whatever was said before.

    Raises `Problem`: `not_found`, `record_unknown`, `decision_invalid`, `reason_missing`,
    `link_changed`, `link_claimed`.
    """
    reason = checked_reason(reason)
    if a == b or verdict not in Verdict.values:
        raise Problem("decision_invalid")
    demand_visible(by, {a, b})
    hold_records([a, b])
    now = newest_decision([a, b])
    if newest is not None and newest != now:
        raise Problem("link_changed", newest=now)
    left, right = pair_of(a, b)
    keys = CandidateLink.objects.filter(a=left, b=right).values_list("pk", flat=True)
    demand_free(keys=list(keys), by=by)
    decision = decide_pair(a=a, b=b, verdict=verdict, by=by, reason=reason)
    settle_households()
    return decision


@transaction.atomic
def take_back(*, decision_id: int, reason: str, by: User) -> LinkDecision:
    """Revokes one decision. Raises `Problem`: `not_found`, `reason_missing`, `decision_revoked`."""
    reason = checked_reason(reason)
    decision = LinkDecision.objects.filter(pk=decision_id).first()
    if decision is None:
        raise Problem("not_found")
    demand_visible(by, {decision.a, decision.b})
    revoking = revoke_decision(decision=decision, by=by, reason=reason)
    settle_households()
    return revoking


def checked_reason(text: str) -> str:
    """Raises `Problem`: `reason_missing`, `value_invalid`."""
    words = text.strip()
    if not words:
        raise Problem("reason_missing")
    if "\0" in words or len(words) > LONGEST_REASON:
        raise Problem(
            "value_invalid",
            field="reason",
            reason=Said("at most {most} characters", most=LONGEST_REASON),
        )
    return words


def _revoked(decision: LinkDecision, by: User, reason: str) -> bool:
    """False where somebody has taken it back already."""
    try:
        revoke_decision(decision=decision, by=by, reason=reason)
    except Problem as problem:
        if problem.code != "decision_revoked":
            raise
        return False
    return True


def _held(by: User, candidate_id: int, looked: str) -> CaseFile:
    """The case as it is once nobody else can change it, if that is how it was looked at."""
    found = open_case(by, candidate_id)
    if found is not None:
        hold_records([side.record_id for side in found.sides.sides])
        found = open_case(by, candidate_id)
    if found is None or found.seal != looked:
        raise Problem("link_changed")
    return found


def hold_records(records: Collection[UUID]) -> None:
    """Nobody links or decides near these until the transaction ends."""
    hold_tree()
    hold_yards(yards_of(reached_from(records)))


def _verdicts(file: CaseFile, verdict: str, ticked: set[UUID]) -> list[tuple[str, list[Pair]]]:
    nodes = {file.node(end) for link in file.links for end in link.ends}
    if verdict not in Verdict.values or not ticked <= nodes:
        raise Problem("decision_invalid")
    if ticked == nodes:
        ticked = set()
    crossing = list(_pairs(file, ticked, inside=False)) if ticked else list(_pairs(file, nodes))
    if verdict != Verdict.SAME:
        return [(verdict, crossing)]
    if len(ticked) == 1:  # one alone is no household of several
        raise Problem("decision_invalid")
    joined = _joining(file, ticked or nodes)
    return [(Verdict.SAME, joined), (Verdict.DIFFERENT, crossing if ticked else [])]


def _pairs(file: CaseFile, chosen: set[UUID], *, inside: bool = True) -> Iterator[Pair]:
    """Of the candidates: those within the chosen nodes, or from them to the others."""
    for link in file.links:
        ends = [file.node(end) in chosen for end in link.ends]
        if all(ends) if inside else any(ends) and not all(ends):
            yield pair_of(*link.ends)


def _joining(file: CaseFile, nodes: set[UUID]) -> list[Pair]:
    """Pairs that make one household of these: their candidates, bridges where these do not reach
    all, and whatever was said to be different among them.
    """
    pairs = list(_pairs(file, nodes))
    sides = [s for s in file.sides.sides if s.node in nodes and s.member and s.member.registers]
    first = {side.node: side.record_id for side in reversed(sides)}
    joined = [(file.node(a), file.node(b)) for a, b in pairs]
    within = [ends for ends in joined if first.keys() >= set(ends)]
    linked = gather([*within, *((node, node) for node in first)])
    heads = [first[node] for node in sorted(set(linked.values()))]
    pairs += [pair_of(one, other) for one, other in pairwise(heads)]
    return [*pairs, *_apart(nodes)]


def _apart(nodes: Collection[UUID]) -> list[Pair]:
    """What was said to be different among all records of these nodes, shown or not."""
    near = Membership.objects.filter(Q(pk__in=nodes) | Q(household__in=nodes, registers=True))
    records = list(near.values_list("pk", flat=True))
    said = standing(decisions_among(records)).values()
    return [each.pair for each in said if each.verdict == DIFFERENT]
