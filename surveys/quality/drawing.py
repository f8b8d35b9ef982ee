"""draw: interviews to be asked again, at random, some of every enumerator's. Pure."""

from collections.abc import Mapping, Sequence
from math import ceil
from random import Random
from uuid import UUID


def draw(
    interviews: Mapping[str, Sequence[UUID]], *, percent: int, seed: int
) -> dict[str, list[UUID]]:
    """Of each enumerator's interviews this share, rounded up, so that none is left out.

    The same interviews and seed give the same draw, in whatever order they come.
    """
    random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
    found = {}
    for name in sorted(interviews):
        ordered = sorted(interviews[name])
        found[name] = sorted(random.sample(ordered, ceil(len(ordered) * percent / 100)))
    return found
