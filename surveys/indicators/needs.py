"""P15: what families need most, as they said at the baseline. Pure."""

from surveys.indicators.facts import Snapshot
from surveys.indicators.figures import Drop, Kind, Measure, Outcome, Unit
from surveys.indicators.parameters import Parameters
from surveys.indicators.profile import baselines

NEED = "need"
SCORE, FIRST = "need_score", "need_first"
WEIGHTS = (3, 2, 1)  # of the first need, the second, the third
MEASURES = (
    Measure(SCORE, Kind.COUNT, split=(NEED,), most=max(WEIGHTS)),
    Measure(FIRST, Kind.COUNT, split=(NEED,)),
)


def needs(snapshot: Snapshot, parameters: Parameters) -> Outcome:
    """Each need's sum of weights, and how many families named it first."""
    units: list[Unit] = []
    drops: list[Drop] = []
    for household, baseline, groups in baselines(snapshot):
        on = baseline.interview.on
        if not any(baseline.needs):
            drops.append(Drop(household.id, "no_answer", groups))
        for at, need in enumerate(baseline.needs):
            if need:
                told = {**groups, NEED: need}
                units.append(Unit(SCORE, household.id, WEIGHTS[at], 1, told, on))
                if at == 0:
                    units.append(Unit(FIRST, household.id, 1, 1, told, on))
    return Outcome(tuple(units), tuple(drops))
