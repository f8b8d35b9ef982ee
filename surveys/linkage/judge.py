"""judge: whether two records are one household, with the reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from surveys.linkage.comparisons import compare
from surveys.linkage.features import Features
from surveys.linkage.frequencies import Frequencies
from surveys.linkage.model import LinkModel
from surveys.linkage.roster import Alignment, align_rosters
from surveys.linkage.vetoes import pair_vetoes


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of the waterfall: what a comparison found, and what that is worth."""

    comparison: str
    level: str
    bits: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """`weight`: bits, prior included; the sum of the reasons, of which the prior is the first.

    `decision`: "auto", "review" or "none". `aligned`: member of the left, member of the right,
    "strong" or "weak".
    """

    weight: float
    reasons: tuple[Reason, ...]
    vetoes: tuple[str, ...]
    decision: str
    aligned: tuple[tuple[int, int, str], ...]


def judge(left: Features, right: Features, frequencies: Frequencies, model: LinkModel) -> Judgement:
    """Whether two records are one household. Symmetric but for the order within `aligned`."""
    return _judged(left, right, _compared(left, right, frequencies, model), model)


def match(
    left: Features, right: Features, frequencies: Frequencies, model: LinkModel
) -> Judgement | None:
    """The same where the decision is not none; what lacks the weight is not looked at further."""
    compared = _compared(left, right, frequencies, model)
    if compared.weight < model.review and compared.levels["card"] != "equal":
        return None
    judgement = _judged(left, right, compared, model)
    return None if judgement.decision == "none" else judgement


@dataclass(frozen=True, slots=True)
class _Compared:
    alignment: Alignment
    levels: dict[str, str]
    weight: float


def _compared(
    left: Features, right: Features, frequencies: Frequencies, model: LinkModel
) -> _Compared:
    alignment = align_rosters(left, right, frequencies, model)
    levels = compare(left, right, alignment, frequencies, model)
    weight = model.prior
    for name, level in levels.items():
        weight += model.weights[name][level]
    return _Compared(alignment, levels, weight)


def _judged(left: Features, right: Features, compared: _Compared, model: LinkModel) -> Judgement:
    alignment, levels = compared.alignment, compared.levels
    vetoes = pair_vetoes(left, right, alignment, levels)
    steps = (_reason(name, level, model.weights[name][level]) for name, level in levels.items())
    return Judgement(
        compared.weight,
        (_reason("prior", "", model.prior), *steps),
        vetoes,
        decide(compared.weight, vetoes, alignment.strong, levels, model),
        tuple((p.left, p.right, "strong" if p.strong else "weak") for p in alignment.pairs),
    )


_reason = lru_cache(maxsize=10_000)(Reason)


def decide(
    weight: float,
    vetoes: tuple[str, ...],
    strong: int,
    levels: Mapping[str, str],
    model: LinkModel,
) -> str:
    """Auto at the upper threshold without a veto; review where a person can tell; else none.

    One card that few bear merges by rule unless the rosters contradict it; where they do, a member
    in common is enough to ask a person (indicators spec, section 2). `strong`: members that are
    the same for sure.
    """
    one_card = levels["card"] == "equal"
    enough = weight >= model.auto or (
        one_card and (weight >= model.review or levels["roster"] == "missing")
    )
    if enough and not vetoes:
        return "auto"
    if one_card and strong:
        return "review"
    person_can_tell = not vetoes or strong or one_card or levels["card"] == "misread"
    return "review" if weight >= model.review and person_can_tell else "none"
