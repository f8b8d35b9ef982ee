"""compare: two households → one comparison level a comparison.

A level is a word; what it is worth stands in the model. Phone, GPS, village and surname are
evidence of a place: together they are worth at most `most_place`, and what goes beyond is taken
away by the comparison `place_cap`, whose levels are half bits. So a weight is a plain sum.
"""

import math
from collections.abc import Mapping

from surveys.linkage.features import Features
from surveys.linkage.frequencies import Frequencies
from surveys.linkage.model import LinkModel
from surveys.linkage.names import is_one_edit
from surveys.linkage.roster import Alignment

COMPARISONS = (
    "roster", "coverage", "head", "children", "phone", "gps", "village", "surname", "place_cap",
    "card",
)  # fmt: skip
PLACE = ("phone", "gps", "village", "surname")
ROSTER_EDGES = (0, 4, 8, 12, 16, 20, 25, 30, 40, 55)
# What fewer records bear needs no count: it is rare.
RARE_PHONE = 6
_RARE_CARD = 12
_SHARED = 40
_RARE_FAMILY_BITS = 3.5
_MISREAD = {frozenset("17"), frozenset("06")}


def compare(
    left: Features,
    right: Features,
    alignment: Alignment,
    frequencies: Frequencies,
    model: LinkModel,
) -> dict[str, str]:
    """The level of each comparison, in the order of COMPARISONS. Symmetric."""
    levels = {
        "roster": _roster(alignment),
        "coverage": _coverage(alignment),
        "head": _head(left, right, alignment),
        "children": _children(left, right, alignment),
        "phone": _phone(left, right, frequencies),
        "gps": _gps(left, right),
        "village": _same(left.village, right.village),
        "surname": _surname(left, right, frequencies),
    }
    levels["place_cap"] = place_cap(levels, model.weights, model.most_place)
    levels["card"] = _card(left.card, right.card, frequencies)
    return levels


def place_cap(
    levels: Mapping[str, str], weights: Mapping[str, Mapping[str, float]], most: float
) -> str:
    """How many half bits of place evidence are too many."""
    place = sum(weights[name][levels[name]] for name in PLACE)
    return str(max(0, math.ceil(round((place - most) * 2, 6))))


def _roster(alignment: Alignment) -> str:
    if not alignment.smaller:
        return "missing"
    over = sum(alignment.bits >= edge for edge in ROSTER_EDGES)
    return f"over_{ROSTER_EDGES[over - 1]}" if over else "under_0"


def _coverage(alignment: Alignment) -> str:
    if not alignment.smaller:
        return "missing"
    share = alignment.strong / alignment.smaller
    if share == 1:
        return "all"
    if share >= 0.75:
        return "most"
    if share >= 0.5:
        return "half"
    return "some" if alignment.strong else "none"


def _head(left: Features, right: Features, alignment: Alignment) -> str:
    if left.head < 0 or right.head < 0:
        return "missing"
    found_left = found_right = False
    for pair in alignment.pairs:
        if pair.left == left.head and pair.right == right.head:
            return "same" if pair.strong else "same_weak"
        found_left |= pair.left == left.head
        found_right |= pair.right == right.head
    if found_left and found_right:
        return "swapped"
    return "elsewhere" if found_left or found_right else "nowhere"


def _children(left: Features, right: Features, alignment: Alignment) -> str:
    ours, theirs = left.children, right.children
    fewer = min(len(ours), len(theirs))
    if not fewer:
        return "missing"
    common = sum(pair.left in ours or pair.right in theirs for pair in alignment.pairs)
    if common >= fewer:
        return "all" if fewer >= 2 else "all_of_one"
    if common == 0:
        return "none" if fewer >= 2 else "none_of_one"
    return "half" if common * 2 >= fewer else "few"


def _phone(left: Features, right: Features, frequencies: Frequencies) -> str:
    if not left.phones or not right.phones:
        return "missing"
    common = [phone for phone in left.phones if phone in right.phones]
    if not common:
        return "different"
    holders = min(frequencies.holders("phone", phone) for phone in common)
    if holders <= RARE_PHONE:
        return "equal"
    return "equal_shared" if holders <= _SHARED else "missing"


def metres(left: Features, right: Features) -> float | None:
    """How far apart two households are, as the crow flies; None where a point is missing."""
    if left.latitude is None or right.latitude is None:
        return None
    if left.longitude is None or right.longitude is None:
        return None
    north = (left.latitude - right.latitude) * 111_195
    middle = math.radians((left.latitude + right.latitude) / 2)
    east = abs(left.longitude - right.longitude)
    east = min(east, 360 - east) * 111_195 * math.cos(middle)
    return math.hypot(north, east)


def _gps(left: Features, right: Features) -> str:
    apart = metres(left, right)
    if apart is None:
        return "missing"
    for level, most in (("within_40_m", 40), ("within_150_m", 150), ("within_700_m", 700)):
        if apart < most:
            return level
    return "within_4_km" if apart < 4_000 else "far"


def _same(left: str, right: str) -> str:
    if not left or not right:
        return "missing"
    return "same" if left == right else "different"


def _surname(left: Features, right: Features, frequencies: Frequencies) -> str:
    if not left.families or not right.families:
        return "missing"
    common = left.families & right.families
    if not common:
        return "alike" if _are_alike(left.families, right.families) else "different"
    rarity = max(
        max(
            frequencies.rarity("family", place.district, place.village, family)
            for place in (left, right)
        )
        for family in common
    )
    return "same_rare" if rarity >= _RARE_FAMILY_BITS else "same"


def _are_alike(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    return any(
        min(len(family), len(other)) >= 4 and is_one_edit(family, other)
        for family in ours
        for other in theirs
    )


def _card(left: str, right: str, frequencies: Frequencies) -> str:
    if not left or not right:
        return "missing"
    if left == right:
        holders = frequencies.holders("card", left)
        if holders <= _RARE_CARD:
            return "equal"
        return "equal_shared" if holders <= _SHARED else "missing"
    return "misread" if is_misread(left, right) else "different"


def is_misread(left: str, right: str) -> bool:
    """Whether two card numbers differ in one digit that is read wrong: 1 and 7, 0 and 6."""
    if len(left) != len(right):
        return False
    off = [frozenset(pair) for pair in zip(left, right, strict=True) if pair[0] != pair[1]]
    return len(off) == 1 and off[0] in _MISREAD
