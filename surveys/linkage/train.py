"""train: labelled pairs → a new model. What it learns is kept near the model it starts from.

All levels are fitted together (logistic regression, pulled towards the base model), not counted
one by one as m/u: phone, point and surname, or roster and head, say the same thing twice in a yard
of relatives, and counted weights believe it twice. Never unattended: a model out of its expected
range is refused (linkage spec, section 1: EM on real batches drifted to "lives in the same place").
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from surveys.linkage.comparisons import COMPARISONS, PLACE
from surveys.linkage.features import Features
from surveys.linkage.frequencies import Frequencies
from surveys.linkage.judge import judge
from surveys.linkage.model import LinkModel, ModelError, model_json, read_model

FEWEST_LABELS = 200  # of each kind
_PULL = 3.0  # how many pairs' worth of doubt hold a level where it was
_ROUNDS = 120
_BITS = math.log(2)
_PRIOR = ("prior", "")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A pair a person (or a known truth) called the same household or not, with its levels."""

    levels: tuple[str, ...]
    vetoes: tuple[str, ...]
    same: bool


def labelled_pair(
    left: Features, right: Features, same: bool, frequencies: Frequencies, model: LinkModel
) -> Labelled:
    """A labelled pair as `train` wants it."""
    found = judge(left, right, frequencies, model)
    return Labelled(tuple(reason.level for reason in found.reasons[1:]), found.vetoes, same)


def train(
    labelled: Sequence[Labelled], base: LinkModel, *, version: str, trained_on: str
) -> tuple[LinkModel, bytes]:
    """The fitted model and its file; ModelError where labels are few or a weight leaves its range.

    Levels of which no pair is labelled keep the weight they had.
    """
    kinds = Counter(pair.same for pair in labelled)
    if min(kinds[True], kinds[False]) < FEWEST_LABELS:
        raise ModelError(
            "model_out_of_range",
            f"{kinds[True]} same and {kinds[False]} different pairs are labelled; each needs"
            f" {FEWEST_LABELS}.",
        )
    bits = _fit(labelled, base)
    weights = {
        name: {level: _rounded(name, bits.get((name, level), was)) for level, was in levels.items()}
        for name, levels in base.weights.items()
    }
    stored = model_json(base) | {
        "version": version,
        "trained_on": trained_on,
        "match_share": round(kinds[True] / len(labelled), 3),
        "prior": round(bits[_PRIOR], 1),
        "weights": weights,
    }
    raw = json.dumps(stored, ensure_ascii=False, indent=1).encode()
    return read_model(raw), raw


def _rounded(name: str, bits: float) -> float:
    """Place in half bits, since its cap is; the rest in tenths."""
    return round(bits * 2) / 2 if name in PLACE else round(bits, 1)


def _fit(labelled: Sequence[Labelled], base: LinkModel) -> dict[tuple[str, str], float]:
    """Gradient descent with momentum on the logistic loss; steps by how often a level occurs."""
    names = [name for name in COMPARISONS if name != "place_cap"]
    skip = COMPARISONS.index("place_cap")
    index: dict[tuple[str, str], int] = {_PRIOR: 0}
    rows = []
    for pair in labelled:
        levels = pair.levels[:skip] + pair.levels[skip + 1 :]
        at = [index.setdefault(item, len(index)) for item in zip(names, levels, strict=True)]
        rows.append(([0, *at], float(pair.same)))
    start = [base.prior, *(base.weights[n][level] for n, level in list(index)[1:])]
    fitted = _descend(rows, [bits * _BITS for bits in start])
    return {item: weight / _BITS for item, weight in zip(index, fitted, strict=True)}


def _descend(rows: Sequence[tuple[list[int], float]], start: list[float]) -> list[float]:
    weights, momentum = list(start), [0.0] * len(start)
    often = Counter(i for at, _ in rows for i in at)
    for _ in range(_ROUNDS):
        slope = [_PULL * (now - was) for now, was in zip(weights, start, strict=True)]
        for at, same in rows:
            score = max(-30.0, min(30.0, sum([weights[i] for i in at])))
            off = 1 / (1 + math.exp(-score)) - same
            for i in at:
                slope[i] += off
        for i, pull in enumerate(slope):
            momentum[i] = 0.8 * momentum[i] + pull / (_PULL + 1 + often[i] * 0.02)
            weights[i] -= 0.15 * momentum[i]
    return weights


def match_share(weights: Iterable[float], prior: float) -> float:
    """The share of pairs that are one household, by EM on weights that stay as they are.

    An audit of a register: where it leaves the model's range, the model does not fit the register.
    """
    odds = [2.0 ** min(60.0, weight - prior) for weight in weights]
    share = 2**prior / (1 + 2**prior)
    for _ in range(50):
        if not odds:
            break
        share = sum(share * each / (share * each + 1 - share) for each in odds) / len(odds)
        share = min(max(share, 1e-6), 1 - 1e-6)
    return share


def threshold(labelled: Iterable[Labelled], model: LinkModel, *, most_wrong: float) -> float | None:
    """The lowest weight (in half bits) above which pairs without a veto are wrong that rarely.

    `most_wrong`: share, held by the upper end of the 95 % interval (Wilson); None where none does.
    """
    weighed = sorted(
        ((weight_of(pair.levels, model), pair.same) for pair in labelled if not pair.vetoes),
        reverse=True,
    )
    found, wrong = None, 0
    for seen, (weight, same) in enumerate(weighed, start=1):
        wrong += not same
        if upper_bound(wrong, seen) <= most_wrong:
            found = math.ceil(weight * 2) / 2
    return found


def weight_of(levels: Sequence[str], model: LinkModel) -> float:
    """Bits of a vector of levels, prior included."""
    return model.prior + sum(
        model.weights[name][level] for name, level in zip(COMPARISONS, levels, strict=True)
    )


def upper_bound(wrong: int, seen: int) -> float:
    """The upper end of Wilson's 95 % interval of a share."""
    z, share = 1.96, wrong / seen
    middle = share + z * z / (2 * seen)
    reach = z * math.sqrt(share * (1 - share) / seen + z * z / (4 * seen * seen))
    return (middle + reach) / (1 + z * z / seen)


def counted_weights(
    labelled: Iterable[Labelled], random: Iterable[Sequence[str]]
) -> dict[str, dict[str, float]]:
    """log2(m/u) a level, to compare: m of pairs labelled same, u of random pairs of a village."""
    same: dict[str, Counter[str]] = {name: Counter() for name in COMPARISONS}
    other: dict[str, Counter[str]] = {name: Counter() for name in COMPARISONS}
    for pair in labelled:
        if pair.same:
            _count(pair.levels, same)
    for levels in random:
        _count(levels, other)
    return {name: _bits(same[name], other[name]) for name in COMPARISONS}


def _count(levels: Sequence[str], into: Mapping[str, Counter[str]]) -> None:
    for name, level in zip(COMPARISONS, levels, strict=True):
        into[name][level] += 1


def _bits(same: Counter[str], other: Counter[str]) -> dict[str, float]:
    m_total, u_total = same.total() + 0.5, other.total() + 0.5
    return {
        level: math.log2((same[level] + 0.5) / m_total) - math.log2((other[level] + 0.5) / u_total)
        for level in same | other
    }
