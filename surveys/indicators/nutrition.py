"""FCS, rCSI, LCS and FES of baseline, mid round and endline. Pure. indicators.md § 4."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from surveys.indicators.clusters import effect_of_villages
from surveys.indicators.facts import Household, Interview, Snapshot
from surveys.indicators.figures import EFFECT, Drop, Kind, Measure, Outcome, Side, Unit
from surveys.indicators.food import (
    FCS_CLASSES,
    FES_CLASSES,
    LCS_CLASSES,
    RCSI_CLASSES,
    fcs,
    fcs_class,
    fes_class,
    lcs_class,
    rcsi,
    rcsi_class,
)
from surveys.indicators.grouping import BASELINE, ENDLINE, MIDLINE, ROUND, round_groups
from surveys.indicators.parameters import Parameters

SPLIT = (ROUND,)
FCS = (
    Measure("fcs_score", Kind.MEAN, split=SPLIT, interval=True),
    Measure("fcs_28_42", Kind.CLASSES, classes=FCS_CLASSES, split=SPLIT),
    Measure("fcs_21_35", Kind.CLASSES, classes=FCS_CLASSES, split=SPLIT),
)
RCSI = (
    Measure("rcsi_score", Kind.MEAN, split=SPLIT, interval=True),
    Measure("rcsi_class", Kind.CLASSES, classes=RCSI_CLASSES, split=SPLIT),
)
LCS = (Measure("lcs_class", Kind.CLASSES, classes=LCS_CLASSES, split=SPLIT),)
FES = (Measure("fes_class", Kind.CLASSES, classes=FES_CLASSES, split=SPLIT),)
Parts = list[tuple[str, float]]  # measure and value; none where answers are missing


def _compute(snapshot: Snapshot, told: Callable[[Interview], Parts]) -> Outcome:
    units: list[Unit] = []
    drops: list[Drop] = []
    for household, name, interview in interviews(snapshot):
        groups = round_groups(household, name)
        parts = told(interview)
        if not parts:
            drops.append(Drop(household.id, f"missing_{name}", groups))
        for measure, value in parts:
            units.append(Unit(measure, household.id, value, 1, groups, interview.on))
    return Outcome(tuple(units), tuple(drops))


def _with_effect(found: Outcome, measure: str, snapshot: Snapshot) -> Outcome:
    """With the design effect that the interval of a mean takes."""
    effect = effect_of_villages(
        found.units, measure, snapshot.households, split=ROUND, is_mean=True
    )
    return replace(found, notes={f"{EFFECT}{measure}": effect})


def interviews(snapshot: Snapshot) -> Iterator[tuple[Household, str, Interview]]:
    for household in snapshot.households:
        if household.baseline is not None:
            yield household, BASELINE, household.baseline.interview
            if household.midline is not None:
                yield household, MIDLINE, household.midline
            if household.endline is not None:
                yield household, ENDLINE, household.endline


def food_consumption(snapshot: Snapshot, parameters: Parameters) -> Outcome:
    def told(interview: Interview) -> Parts:
        score = fcs(interview.fcs, missing_as_zero=parameters.wfp_missing_as_zero)
        if score is None:
            return []
        first, second = parameters.fcs_cut_offs
        return [
            ("fcs_score", score),
            ("fcs_28_42", fcs_class(score, first)),
            ("fcs_21_35", fcs_class(score, second)),
        ]

    return _with_effect(_compute(snapshot, told), "fcs_score", snapshot)


def coping_index(snapshot: Snapshot, parameters: Parameters) -> Outcome:
    def told(interview: Interview) -> Parts:
        score = rcsi(interview.rcsi)
        return [] if score is None else [("rcsi_score", score), ("rcsi_class", rcsi_class(score))]

    return _with_effect(_compute(snapshot, told), "rcsi_score", snapshot)


def livelihood_coping(snapshot: Snapshot, parameters: Parameters) -> Outcome:
    def told(interview: Interview) -> Parts:
        worst = lcs_class(interview.lcs)
        return [] if worst is None else [("lcs_class", worst)]

    found = _compute(snapshot, told)
    return Outcome(found.units, found.drops, (_transitions(snapshot),))


def food_expenditure(snapshot: Snapshot, parameters: Parameters) -> Outcome:
    def told(interview: Interview) -> Parts:
        share = fes_class(interview.spent_on_food, interview.spent)
        return [] if share is None else [("fes_class", share)]

    return _compute(snapshot, told)


def _transitions(snapshot: Snapshot) -> Side:
    """Households with both rounds: the class at baseline down, at endline across, with margins."""
    moves: Counter[tuple[int, int]] = Counter()
    for household in snapshot.households:
        before = _class_of(household.baseline.interview if household.baseline else None)
        after = _class_of(household.endline)
        if before is not None and after is not None:
            moves[before, after] += 1
    span = range(len(LCS_CLASSES))
    rows: list[tuple[str | int | float | None, ...]] = [
        (LCS_CLASSES[b], *(moves[b, a] for a in span), sum(moves[b, a] for a in span)) for b in span
    ]
    rows.append(("all", *(sum(moves[b, a] for b in span) for a in span), moves.total()))
    return Side("transitions", ("baseline", *LCS_CLASSES, "all"), tuple(rows))


def _class_of(interview: Interview | None) -> int | None:
    return None if interview is None or not interview.lcs else lcs_class(interview.lcs)
