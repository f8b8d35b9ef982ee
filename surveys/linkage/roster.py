"""align_rosters: two member lists, one to one, and how strongly they say "the same family"."""

from dataclasses import dataclass
from functools import lru_cache

from surveys.linkage import births, names
from surveys.linkage.features import Features, Member
from surveys.linkage.frequencies import Frequencies
from surveys.linkage.model import LinkModel


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
    matched: int
    smaller: int
    bits: float


def align_rosters(
    left: Features, right: Features, frequencies: Frequencies, model: LinkModel
) -> Alignment:
    """The best pairs first, each member once. Sexes agree where both are known. Symmetric."""
    found = []
    for i, j in _worth_comparing(left, right):
        pair = _compare_members(left, i, right, j, frequencies=frequencies, model=model)
        if pair is not None:
            found.append(pair)
    pairs = _one_to_one(found) if len(found) > 1 else found
    smaller = min(len(left.members), len(right.members))
    bits = (smaller - len(pairs)) * model.missing_member
    strong = matched = 0
    for pair in pairs:
        bits += pair.bits
        strong += pair.strong
        matched += pair.bits >= model.matched_bits
    return Alignment(tuple(pairs), strong, matched, smaller, bits)


def _worth_comparing(left: Features, right: Features) -> set[tuple[int, int]]:
    """Members with names alike, or initials only, or born on one day."""
    ours, theirs = left.alikes, right.alikes
    masks = {
        (ours.by_variant[variant], theirs.by_variant[variant])
        for variant in ours.by_variant.keys() & theirs.by_variant.keys()
    }
    for day in ours.by_day.keys() & theirs.by_day.keys():
        masks.add((ours.by_day[day], theirs.by_day[day]))
    if ours.initials or theirs.initials:
        everyone, others = (1 << len(left.members)) - 1, (1 << len(right.members)) - 1
        masks.update((1 << i, others) for i in ours.initials)
        masks.update((everyone, 1 << j) for j in theirs.initials)
    return {(i, j) for mask, other in masks for i in _bits(mask) for j in _bits(other)}


@lru_cache(maxsize=10_000)
def _bits(mask: int) -> tuple[int, ...]:
    return tuple(i for i in range(mask.bit_length()) if mask >> i & 1)


def _one_to_one(found: list[Pair]) -> list[Pair]:
    found.sort(key=_best_first)
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    pairs = []
    for pair in found:
        if pair.left not in taken_left and pair.right not in taken_right:
            taken_left.add(pair.left)
            taken_right.add(pair.right)
            pairs.append(pair)
    return pairs


def _best_first(pair: Pair) -> tuple[bool, float, int, int]:
    # The last two settle ties, and the same from either side.
    return (not pair.strong, -pair.bits, pair.left + pair.right, abs(pair.left - pair.right))


def _compare_members(
    left: Features,
    i: int,
    right: Features,
    j: int,
    *,
    frequencies: Frequencies,
    model: LinkModel,
) -> Pair | None:
    """Two members as a pair, or None where they are surely two people."""
    member, other = left.members[i], right.members[j]
    level, value = name_level(member, other)
    birth = births.birth_level(member.birth, other.birth)
    if not _may_pair(level, birth):
        return None
    sexes_differ = member.sex != other.sex and member.sex and other.sex
    if sexes_differ and (level < names.NEAR or birth not in births.WITHIN_TOLERANCE):
        return None
    bits = model.name_bits[level] + model.birth_bits[birth]
    if level >= names.ALIKE:
        rarity = frequencies.rarity("given", left.district, left.village, value)
        if right.village != left.village or right.district != left.district:
            rarity = max(rarity, frequencies.rarity("given", right.district, right.village, value))
        bits += min(rarity, model.most_rarity)
    if sexes_differ:
        bits += model.sexes_differ
        return Pair(i, j, False, bits) if bits > 0 else None
    strong = (level >= names.NEAR and birth in births.WITHIN_TOLERANCE) or bits >= model.strong_bits
    return Pair(i, j, strong, bits) if bits > 0 else None


def _may_pair(level: int, birth: int) -> bool:
    if level >= names.NEAR:
        return True
    if level == names.ALIKE:
        return birth in births.SAME_YEAR
    if level == names.INITIAL:
        return birth in births.WITHIN_TOLERANCE
    return birth == births.DAY


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
    letters = {word[0] for word in member.given} or {member.initial}
    others = {word[0] for word in other.given} or {other.initial}
    return names.INITIAL if (letters & others) - {""} else names.DIFFERENT
