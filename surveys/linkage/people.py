"""Persons: the same one across the records of a household, and women across households.

Inside a household members are aligned one to one. Across households a woman is only ever a
candidate for a person to look at: marriage moves women between households, and two women may bear
one name and one birth.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from surveys.linkage import births, names
from surveys.linkage.blocking import LinkKey, link_key
from surveys.linkage.features import Features, Member
from surveys.linkage.frequencies import Frequencies
from surveys.linkage.model import LinkModel, pinned_model
from surveys.linkage.names import skeleton
from surveys.linkage.roster import Pair, align_rosters

# A pair of members this strong cannot be somebody else: an equal or near name and one full birth.
CERTAIN_BITS = 11.0
_SEEN_NOTHING = Frequencies({})

Place = tuple[str, int]  # record id, place in the roster


def align_persons(
    left: Features, right: Features, frequencies: Frequencies | None = None
) -> tuple[tuple[int, int], ...]:
    """Members of two records of one household that are one person, one to one."""
    aligned = align_rosters(left, right, frequencies or _SEEN_NOTHING, pinned_model())
    return tuple((pair.left, pair.right) for pair in aligned.pairs)


@dataclass(frozen=True, slots=True)
class Persons:
    """`groups`: who is one person, as places in rosters; nobody twice from one record.

    `two_of_one`: whether a certain pair had to be left out for that, since it would have made two
    members of one record one.
    """

    groups: tuple[frozenset[Place], ...]
    two_of_one: bool


# Two record ids, the lower first → their members that are one person.
Aligned = dict[tuple[str, str], tuple[Pair, ...]]


def same_persons(
    records: Sequence[Features],
    frequencies: Frequencies,
    model: LinkModel,
    aligned: Aligned | None = None,
) -> Persons:
    """The persons of a household's records, the best pairs first. Everybody is in one group.

    `aligned`: what earlier calls found of these records; this one adds to it.
    """
    aligned = {} if aligned is None else aligned
    groups = {
        (record.record_id, i): {(record.record_id, i)}
        for record in records
        for i in range(len(record.members))
    }
    two_of_one = False
    for left, right, pair in _best_pairs(records, frequencies, model, aligned):
        ours, theirs = groups[left, pair.left], groups[right, pair.right]
        if ours is theirs:
            continue
        if {record_id for record_id, _ in ours} & {record_id for record_id, _ in theirs}:
            two_of_one |= pair.bits >= CERTAIN_BITS
            continue
        ours |= theirs
        for place in theirs:
            groups[place] = ours
    distinct = {id(group): frozenset(group) for group in groups.values()}
    return Persons(tuple(distinct.values()), two_of_one)


def _best_pairs(
    records: Sequence[Features], frequencies: Frequencies, model: LinkModel, aligned: Aligned
) -> list[tuple[str, str, Pair]]:
    found = []
    for left, right in combinations(sorted(records, key=lambda r: r.record_id), 2):
        ids = left.record_id, right.record_id
        if ids not in aligned:
            aligned[ids] = align_rosters(left, right, frequencies, model).pairs
        found += [(*ids, pair) for pair in aligned[ids]]
    found.sort(key=lambda each: (-each[2].strong, -each[2].bits, each[0], each[1]))
    return found


def woman_keys(features: Features) -> Iterator[tuple[int, LinkKey]]:
    """(place in the roster, key) by which a grown woman is found in other households.

    By name and full birth, and by name, father and year: a woman keeps her father's name.
    """
    for i, member in enumerate(features.members):
        if member.sex != "F" or not member.birth.year or i in features.children:
            continue
        for given in member.given:
            bones = skeleton(given)
            if member.birth.day:
                yield i, link_key("woman", features.country, bones, *member.birth[:3])
            for family in (*member.fathers, *member.families):
                yield (
                    i,
                    link_key("woman", features.country, bones, skeleton(family), member.birth.year),
                )


@dataclass(frozen=True, slots=True)
class WomanCandidate:
    """Two women who may be one. `reasons`: what agrees: name, day, year, father, family."""

    left: int
    right: int
    weight: float
    reasons: tuple[str, ...]


def compare_women(
    left: Features, i: int, right: Features, j: int, frequencies: Frequencies
) -> WomanCandidate | None:
    """Whether two women of different households are worth a look; never more than that.

    Name at one edit at least, a birth that agrees, and either the full day or a name of the family.
    """
    ours, theirs = left.members[i], right.members[j]
    level = max(
        (names.given_level(a, b) for a in ours.given for b in theirs.given),
        default=names.DIFFERENT,
    )
    birth = births.birth_level(ours.birth, theirs.birth)
    if level < names.NEAR or birth not in births.WITHIN_TOLERANCE:
        return None
    reasons = ["name" if level == names.EQUAL else "name alike"]
    reasons += ["day"] if birth == births.DAY else ["year"] if birth in births.SAME_YEAR else []
    reasons += _family_reasons(ours, theirs)
    if birth != births.DAY and not {"father", "family"} & set(reasons):
        return None
    model = pinned_model()
    value = max((*ours.given, *theirs.given))
    rarity = frequencies.rarity("given", left.district, left.village, value)
    bits = model.name_bits[level] + min(rarity, model.most_rarity) + model.birth_bits[birth]
    return WomanCandidate(i, j, bits + 2 * (len(reasons) - 2), tuple(reasons))


def _family_reasons(ours: Member, theirs: Member) -> list[str]:
    """Her father's name may be written as a patronymic or as a family name."""
    fathers, others = {*ours.fathers, *ours.families}, {*theirs.fathers, *theirs.families}
    if set(ours.fathers) & others or set(theirs.fathers) & fathers:
        return ["father"]
    return ["family"] if set(ours.families) & set(theirs.families) else []
