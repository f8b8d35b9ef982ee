"""train_from_decisions: what persons decided, as labels for a new version of the model."""

from dataclasses import dataclass
from uuid import UUID

from surveys.households.keys import load_features, load_frequencies
from surveys.households.log import all_decisions
from surveys.households.projection import DIFFERENT, SAME, standing
from surveys.households.published import current_model
from surveys.linkage.train import labelled_pair, train


@dataclass(frozen=True, slots=True)
class Trained:
    """A model file, and the labels it was made from."""

    raw: bytes
    version: str
    same: int
    different: int


def train_from_decisions(*, version: str) -> Trained:
    """Fits a new version to the pairs that persons decided; it is neither stored nor published.

    Raises `ModelError`: too few pairs are labelled, or a weight or the share of matches leaves the
    range that the model it starts from expects.
    """
    decided = [d for d in standing(all_decisions()).values() if d.source == "person"]
    said = {d.pair: d.verdict == SAME for d in decided if d.verdict in (SAME, DIFFERENT)}
    features = load_features({end for pair in said for end in pair})
    known: dict[tuple[UUID, UUID], bool] = {
        pair: same for pair, same in said.items() if features.keys() >= set(pair)
    }
    frequencies, base = load_frequencies(features.values()), current_model()
    labels = [
        labelled_pair(features[a], features[b], same, frequencies, base)
        for (a, b), same in sorted(known.items())
    ]
    same = sum(known.values())
    words = f"{same} same and {len(known) - same} different pairs, by reviewers"
    _, raw = train(labels, base, version=version, trained_on=words)
    return Trained(raw, version, same, len(known) - same)
