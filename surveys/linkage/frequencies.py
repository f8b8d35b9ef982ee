"""How common a name, a birth year, a phone or a card is where it is found."""

import math
from collections.abc import Iterator, Mapping

from surveys.linkage.features import Features

_TOTAL = ""
_WEIGHT_OF_WIDER_PLACE = 30.0  # as many persons as the district counts for in a village
_SHARE_OF_UNKNOWN = 0.004


def countables(features: Features) -> Iterator[tuple[str, str, str]]:
    """(kind, place, value) of all that is counted when a record is stored; totals have value ""."""
    for place in (f"d/{features.district}", f"v/{features.village}"):
        for member in features.members:
            yield "person", place, _TOTAL
            for given in member.given:
                yield "given", place, given
        yield "household", place, _TOTAL
        for family in sorted(features.families):
            yield "family", place, family
    for phone in features.phones:
        yield "phone", "", phone
    if features.card:
        yield "card", "", features.card


class Frequencies:
    """Rarity by place, from counts of countables. What was never counted is rare."""

    __slots__ = ("_bits", "_counts")

    def __init__(self, counts: Mapping[tuple[str, str, str], int]) -> None:
        self._counts = counts
        self._bits: dict[tuple[str, str, str, str], float] = {}

    def holders(self, kind: str, value: str) -> int:
        """How many records bear a phone or a card."""
        return self._counts.get((kind, "", value), 0)

    def rarity(self, kind: str, district: str, village: str, value: str) -> float:
        """-log2 of the share of persons ("given") or households ("family") there that bear it."""
        key = (kind, district, village, value)
        bits = self._bits.get(key)
        if bits is None:
            bits = self._bits[key] = -math.log2(self._share(*key))
        return bits

    def _share(self, kind: str, district: str, village: str, value: str) -> float:
        of = "person" if kind == "given" else "household"
        share = _SHARE_OF_UNKNOWN
        for place in (f"d/{district}", f"v/{village}"):
            here = self._counts.get((kind, place, value), 0)
            total = self._counts.get((of, place, _TOTAL), 0)
            share = (here + _WEIGHT_OF_WIDER_PLACE * share) / (total + _WEIGHT_OF_WIDER_PLACE)
        return min(share, 1.0)
