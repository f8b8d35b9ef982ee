"""The pinned model: bits a comparison level is worth, thresholds, and the ranges it must keep."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from surveys.linkage.births import LEVELS as BIRTH_LEVELS
from surveys.linkage.features import FEATURES_VERSION

_PINNED = Path(__file__).with_name("models") / "pinned.json"
_NAME_LEVELS = ("different", "initial", "alike", "near", "equal")


class ModelError(ValueError):
    """A model that is not used. `code`: model_unreadable, model_out_of_range, or
    model_features_differ."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True, slots=True)
class LinkModel:
    """What one version knows. All weights are bits; `weights`: comparison → level → bits.

    `name_bits`, `birth_bits`, `missing_member`, `most_rarity` say what a pair of members is worth
    inside a roster; `expected`: weight name → the range it must keep.
    """

    version: str
    trained_on: str
    match_share: float
    features_version: int
    auto: float
    review: float
    prior: float
    weights: Mapping[str, Mapping[str, float]]
    name_bits: tuple[float, ...]
    birth_bits: tuple[float, ...]
    missing_member: float
    most_rarity: float
    sexes_differ: float
    strong_bits: float
    matched_bits: float
    most_place: float
    expected: Mapping[str, tuple[float, float]]


@cache
def pinned_model() -> LinkModel:
    """The model that ships with this version."""
    return read_model(_PINNED.read_bytes())


def read_model(raw: bytes) -> LinkModel:
    """A model file → the model, or ModelError: cut short, of other features, out of range."""
    try:
        model = _from_json(json.loads(raw))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError("model_unreadable", f"This is no whole model file: {error!r}") from error
    if model.features_version != FEATURES_VERSION:
        raise ModelError(
            "model_features_differ",
            f"Made for features {model.features_version}; here are {FEATURES_VERSION}.",
        )
    if out := out_of_range(model):
        raise ModelError("model_out_of_range", "; ".join(out))
    return model


def _from_json(stored: dict[str, Any]) -> LinkModel:
    member = stored["member"]
    return LinkModel(
        version=str(stored["version"]),
        trained_on=str(stored.get("trained_on", "")),
        match_share=float(stored["match_share"]),
        features_version=int(stored["features_version"]),
        auto=float(stored["thresholds"]["auto"]),
        review=float(stored["thresholds"]["review"]),
        prior=float(stored["prior"]),
        weights={
            name: {level: float(bits) for level, bits in levels.items()}
            for name, levels in stored["weights"].items()
        },
        name_bits=tuple(float(member["name"][level]) for level in _NAME_LEVELS),
        birth_bits=tuple(float(member["birth"][level]) for level in BIRTH_LEVELS),
        missing_member=float(member["missing"]),
        most_rarity=float(member["most_rarity"]),
        sexes_differ=float(member["sexes_differ"]),
        strong_bits=float(member["strong"]),
        matched_bits=float(member["matched"]),
        most_place=float(stored["most_place"]),
        expected={
            name: (float(low), float(high)) for name, (low, high) in stored["expected"].items()
        },
    )


def out_of_range(model: LinkModel) -> list[str]:
    """Which weights leave their expected range, in words."""
    values = {"prior": model.prior, "match_share": model.match_share}
    for name, levels in model.weights.items():
        values |= {f"{name}.{level}": bits for level, bits in levels.items()}
    return [
        f"{name} is {values.get(name)}, expected {low} to {high}"
        for name, (low, high) in model.expected.items()
        if not low <= values.get(name, float("nan")) <= high
    ]


def model_json(model: LinkModel) -> dict[str, Any]:
    """The model as its file has it."""
    return {
        "version": model.version,
        "trained_on": model.trained_on,
        "features_version": model.features_version,
        "match_share": model.match_share,
        "thresholds": {"auto": model.auto, "review": model.review},
        "prior": model.prior,
        "most_place": model.most_place,
        "weights": {name: dict(levels) for name, levels in model.weights.items()},
        "member": {
            "name": dict(zip(_NAME_LEVELS, model.name_bits, strict=True)),
            "birth": dict(zip(BIRTH_LEVELS, model.birth_bits, strict=True)),
            "missing": model.missing_member,
            "most_rarity": model.most_rarity,
            "sexes_differ": model.sexes_differ,
            "strong": model.strong_bits,
            "matched": model.matched_bits,
        },
        "expected": {name: list(ends) for name, ends in model.expected.items()},
    }
