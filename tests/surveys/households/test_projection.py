"""Households as a function of the log of decisions: nothing but the log counts."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.households.projection import (
    DIFFERENT,
    SAME,
    WITHDRAWN,
    Decided,
    Founded,
    Projection,
    clusters_of,
    project,
    standing,
)

# On a busy machine drawing a log takes long at times; that says nothing of the code.
calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
RECORDS = [UUID(int=n + 1) for n in range(7)]
FOUNDED = [
    Founded(record, UUID(int=100 + n), BEGAN + timedelta(minutes=n))
    for n, record in enumerate(RECORDS)
]
HOME = {each.record_id: each.household_id for each in FOUNDED}


def decided(number: int, a: int, b: int, verdict: str = SAME, source: str = "rule") -> Decided:
    return Decided(number, RECORDS[a], RECORDS[b], verdict, source)


def homes(log: list[Decided], *, without: int | None = None) -> Projection:
    return project([r for n, r in enumerate(RECORDS) if n != without], FOUNDED, log)


@st.composite
def logs(draw: st.DrawFn, verdicts: tuple[str, ...] = (SAME, DIFFERENT, "unsure")) -> list[Decided]:
    """A log as verbs write it: decisions of any source; some revoke an earlier one."""
    log: list[Decided] = []
    for number in range(1, draw(st.integers(0, 14)) + 1):
        if log and draw(st.booleans()):
            earlier = draw(st.sampled_from(log))
            verdict = draw(st.sampled_from([DIFFERENT, WITHDRAWN]))
            log.append(replace(earlier, number=number, verdict=verdict, source="person",
                               revokes=earlier.number))  # fmt: skip
        else:
            a, b = sorted(draw(st.sets(st.integers(0, 6), min_size=2, max_size=2)))
            source = draw(st.sampled_from(["rule", "form", "person"]))
            log.append(decided(number, a, b, draw(st.sampled_from(verdicts)), source))
    return log


def test_without_decisions_every_registration_is_a_household_of_its_own() -> None:
    assert homes([]).home == HOME
    assert set(homes([]).leads_to.values()) == {None}


def test_oldest_founders_household_stays_and_the_others_lead_there() -> None:
    found = homes([decided(1, 3, 5), decided(2, 1, 5)])
    stays = HOME[RECORDS[1]]
    assert {found.home[RECORDS[n]] for n in (1, 3, 5)} == {stays}
    assert found.leads_to[HOME[RECORDS[5]]] == found.leads_to[HOME[RECORDS[3]]] == stays
    assert found.leads_to[stays] is None


def test_person_outranks_form_outranks_rule_and_the_newer_word_the_older() -> None:
    log = [
        decided(1, 0, 1, DIFFERENT, "person"),
        decided(2, 0, 1, SAME, "form"),
        decided(3, 0, 1, SAME, "rule"),
        decided(4, 2, 3, DIFFERENT, "person"),
        decided(5, 2, 3, SAME, "person"),
    ]
    counts = {pair: each.number for pair, each in standing(log).items()}
    assert counts == {(RECORDS[0], RECORDS[1]): 1, (RECORDS[2], RECORDS[3]): 5}


def test_different_anywhere_between_two_clusters_keeps_them_apart() -> None:
    log = [
        decided(1, 0, 1),
        decided(2, 2, 3),
        decided(3, 0, 3, DIFFERENT, "person"),
        decided(4, 1, 2),
    ]
    clusters = set(clusters_of(RECORDS[:4], log))
    assert clusters == {frozenset(RECORDS[:2]), frozenset(RECORDS[2:4])}


def test_undoing_the_last_merger_gives_the_clusters_before_it_though_others_held_them() -> None:
    before = [decided(1, 0, 1)]
    log = [*before, decided(2, 0, 2), decided(3, 1, 2)]
    undone = Decided(4, RECORDS[0], RECORDS[2], DIFFERENT, "person", revokes=2)
    assert homes([*log, undone]) == homes(before)


def test_record_that_is_deleted_no_longer_holds_others_together_and_does_when_it_is_back() -> None:
    log = [decided(1, 0, 1), decided(2, 1, 2)]
    whole = homes(log)
    apart = homes(log, without=1)
    assert apart.home[RECORDS[0]] != apart.home[RECORDS[2]]
    assert homes(log) == whole


def test_household_of_a_deleted_founder_leads_to_that_of_the_records_it_was_one_with() -> None:
    log = [decided(1, 0, 1), decided(2, 1, 2)]
    found = homes(log, without=0)
    assert found.home[RECORDS[2]] == HOME[RECORDS[1]]
    assert found.leads_to[HOME[RECORDS[0]]] == HOME[RECORDS[1]]
    assert homes([], without=0).leads_to[HOME[RECORDS[0]]] is None


@calmly
@given(logs(), st.randoms(use_true_random=False))
def test_order_in_which_the_log_is_read_changes_nothing(
    log: list[Decided], chance: random.Random
) -> None:
    mixed, records = list(log), list(RECORDS)
    chance.shuffle(mixed)
    chance.shuffle(records)
    assert project(records, FOUNDED[::-1], mixed) == homes(log)


@calmly
@given(logs())
def test_households_are_whole_and_lead_straight_to_one_that_stays(log: list[Decided]) -> None:
    found = homes(log)
    assert found.home.keys() == set(RECORDS)
    for record, household in found.home.items():
        assert found.leads_to[household] is None
        assert found.leads_to[HOME[record]] in (household, None)


@calmly
@given(logs())
def test_no_household_holds_two_records_that_count_as_different(log: list[Decided]) -> None:
    found = homes(log).home
    for (a, b), each in standing(log).items():
        assert each.verdict != DIFFERENT or found[a] != found[b]


@calmly
@given(logs(verdicts=(SAME,)), st.permutations(range(1, 15)))
def test_order_in_which_mergers_came_changes_nothing(log: list[Decided], order: list[int]) -> None:
    mergers = [each for each in log if each.revokes is None]
    later = [replace(each, number=number) for each, number in zip(mergers, order, strict=False)]
    assert homes(later) == homes(mergers)


@calmly
@given(logs(), st.integers(0, 6), st.integers(0, 6), st.sampled_from([SAME, DIFFERENT, "unsure"]))
def test_what_is_said_and_taken_back_leaves_no_trace(
    log: list[Decided], a: int, b: int, verdict: str
) -> None:
    if a == b:
        return
    number = len(log) + 1
    said = decided(number, min(a, b), max(a, b), verdict, "person")
    back = replace(said, number=number + 1, verdict=WITHDRAWN, revokes=number)
    assert homes([*log, said, back]) == homes(log)


@calmly
@given(logs(), st.integers(0, 13))
def test_revocation_that_is_revoked_gives_what_was_there_before_it(
    log: list[Decided], which: int
) -> None:
    if not log:
        return
    number, each = len(log) + 1, log[which % len(log)]
    undone = replace(each, number=number, verdict=DIFFERENT, source="person", revokes=each.number)
    redone = replace(undone, number=number + 1, verdict=WITHDRAWN, revokes=number)
    assert homes([*log, undone, redone]) == homes(log)


@calmly
@given(logs())
def test_undoing_every_decision_gives_back_every_household(log: list[Decided]) -> None:
    last = len(log)
    undone = [
        replace(each, number=last + n, verdict=DIFFERENT, source="person", revokes=each.number)
        for n, each in enumerate(log, 1)
    ]
    assert homes([*log, *undone]).home == HOME
