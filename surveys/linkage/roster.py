"""align_rosters: two member lists, one to one, and how strongly they say "the same family"."""

from dataclasses import dataclass

from surveys.linkage import births, names
from surveys.linkage.features import Features, Member
from surveys.linkage.frequencies import Frequencies
from surveys.linkage.model import LinkModel

NAME_LEVELS = ("different", "initial", "alike", "near", "equal")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two members taken for one person. `bits`: evidence of the pair alone."""

    left: int
    right: int
    strong: bool
    bits: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """`strong`: pairs that count; `smaller`: the length of the shorter list."""

    pairs: tuple[Pair, ...]
    strong: int
    smaller: int
    bits: float

    def partner(self, left: int) -> int:
        """Who on the right is the left one; -1 where nobody."""
        return next((pair.right for pair in self.pairs if pair.left == left), -1)


def align_rosters(
    left: Features, right: Features, frequencies: Frequencies, model: LinkModel
) -> Alignment:
    """The best pairs first, each member once. Sexes agree where both are known. Symmetric."""
    found = []
    for i, member in enumerate(left.members):
        for j, other in enumerate(right.members):
            pair = compare_members(i, member, j, other, left, right, frequencies, model)
            if pair is not None:
                found.append(pair)
    found.sort(
        key=lambda pair: (
            -pair.strong,
            -pair.bits,
            pair.left + pair.right,
            abs(pair.left - pair.right),
        )
    )
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    pairs = []
    for pair in found:
        if pair.left not in taken_left and pair.right not in taken_right:
            taken_left.add(pair.left)
            taken_right.add(pair.right)
            pairs.append(pair)
    smaller = min(len(left.members), len(right.members))
    missing = smaller - len(pairs)
    bits = sum(pair.bits for pair in pairs) + missing * model.missing_member
    return Alignment(tuple(pairs), sum(pair.strong for pair in pairs), smaller, bits)


def compare_members(
    i: int,
    member: Member,
    j: int,
    other: Member,
    left: Features,
    right: Features,
    frequencies: Frequencies,
    model: LinkModel,
) -> Pair | None:
    """Two members as a pair, or None where they are surely two people."""
    if member.sex != other.sex and member.sex and other.sex:
        return None
    level, value = name_level(member, other)
    birth = births.birth_level(
        (member.year, member.month, member.day, member.estimated),
        (other.year, other.month, other.day, other.estimated),
    )
    if level == names.DIFFERENT and birth != births.DAY:
        return None
    if level == names.ALIKE and birth not in births.SAME_YEAR:
        return None
    if level == names.INITIAL and birth not in births.WITHIN_TOLERANCE:
        return None
    bits = model.name_bits[level] + model.birth_bits[birth]
    if level >= names.ALIKE:
        rarity = max(
            frequencies.rarity("given", left.district, left.village, value),
            frequencies.rarity("given", right.district, right.village, value),
        )
        bits += min(rarity, model.most_rarity)
    strong = level >= names.NEAR and birth in births.WITHIN_TOLERANCE
    return Pair(i, j, strong, bits) if bits > 0 else None


def name_level(member: Member, other: Member) -> tuple[int, str]:
    """How the given names agree, and the name whose rarity counts."""
    ours, theirs = member.given, other.given
    if len(ours) == 1 and len(theirs) == 1:
        return names.given_level(ours[0], theirs[0]), max(ours[0], theirs[0])
    if not ours or not theirs:
        return _initial_level(member, other), ""
    best, value = names.DIFFERENT, ""
    for word in _given_but(ours, other):
        for another in _given_but(theirs, member):
            level = names.given_level(word, another)
            if level > best:
                best, value = level, max(word, another)
    return best, value


def _given_but(words: tuple[str, ...], other: Member) -> tuple[str, ...]:
    """Without the words that the other bears as a family name."""
    if len(words) < 2 or not other.families:
        return words
    return tuple(word for word in words if names.stem(word) not in other.families) or words


def _initial_level(member: Member, other: Member) -> int:
    letters = {member.initial} if not member.given else {word[0] for word in member.given}
    others = {other.initial} if not other.given else {word[0] for word in other.given}
    return names.INITIAL if letters & others - {""} else names.DIFFERENT
