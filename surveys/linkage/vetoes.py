"""What forbids an automatic merge however high the weight, one function each (spec, section 4)."""

from datetime import datetime
from itertools import permutations

from surveys.linkage import births, names
from surveys.linkage.comparisons import metres
from surveys.linkage.features import Features
from surveys.linkage.roster import Alignment, name_level

TOO_FAR_M = 4_000
_DOOR_TO_DOOR_M = 60
_RESENT_MINUTES = 15
_AT_THE_DOOR = ("within_40_m", "within_150_m")


def pair_vetoes(
    left: Features, right: Features, alignment: Alignment, levels: dict[str, str]
) -> tuple[str, ...]:
    """The stable codes of what speaks against one household, in the order of the spec."""
    found = {
        "roster_too_weak": roster_too_weak(left, right, alignment, levels),
        "children_differ": children_differ(left, right, alignment),
        "heads_differ": heads_differ(left, right, alignment, levels),
        "too_far": too_far(left, right, levels),
        "split_household": split_household(left, right, alignment, levels),
        "spouses_differ": spouses_differ(left, right, alignment, levels),
        "couples_differ": couples_differ(left, right, alignment),
        "two_doors": two_doors(left, right, levels),
        "two_cards": two_cards(levels),
    }
    if levels["card"] == "equal":
        found["roster_too_weak"] &= levels["head"] not in ("same", "swapped", "missing")
    return tuple(code for code, holds in found.items() if holds)


def roster_too_weak(
    left: Features, right: Features, alignment: Alignment, levels: dict[str, str]
) -> bool:
    """Fewer than two members for sure, or under half of the shorter list."""
    strong, matched = alignment.strong, alignment.matched
    if strong >= 2 and strong * 2 >= alignment.smaller:
        return False
    if strong and matched >= 2 and matched * 2 >= alignment.smaller and alignment.bits >= 10:
        return False
    return not _is_certainly_the_head(left, right, alignment, levels)


def _is_certainly_the_head(
    left: Features, right: Features, alignment: Alignment, levels: dict[str, str]
) -> bool:
    """The same head by name and birth, and by the same phone or point.

    A point is not enough for two names told in one round: brothers born on one day, who live beside
    each other, may differ in one letter.
    """
    if levels["head"] != "same":
        return False
    if not any(p.left == left.head and p.bits >= 8 for p in alignment.pairs):
        return False
    if levels["phone"] == "equal":
        return True
    level, _ = name_level(left.members[left.head], right.members[right.head])
    another_round = left.round != right.round or not left.round
    return (level == names.EQUAL or another_round) and levels["gps"] in _AT_THE_DOOR


def children_differ(left: Features, right: Features, alignment: Alignment) -> bool:
    """Children on both sides and none in common, unless three others are the same for sure."""
    ours, theirs = left.children, right.children
    if min(len(ours), len(theirs)) < 2 or alignment.strong >= 3:
        return False
    return not any(pair.left in ours or pair.right in theirs for pair in alignment.pairs)


def heads_differ(
    left: Features, right: Features, alignment: Alignment, levels: dict[str, str]
) -> bool:
    """Neither head is in the other list, and no two children and a third are the same for sure."""
    return levels["head"] == "nowhere" and not _share_children(left, right, alignment)


def _share_children(left: Features, right: Features, alignment: Alignment) -> bool:
    """Two children and a third are the same for sure, and neither list is part of the other."""
    ours, theirs = left.children, right.children
    common = sum(p.strong and p.left in ours and p.right in theirs for p in alignment.pairs)
    if common < 2 or alignment.strong < 3 or alignment.strong * 2 < alignment.smaller:
        return False
    return alignment.smaller * 2 > max(len(left.members), len(right.members))


def too_far(left: Features, right: Features, levels: dict[str, str]) -> bool:
    """Over 4 km apart without the same rarely shared phone."""
    apart = metres(left, right)
    return apart is not None and apart > TOO_FAR_M and levels["phone"] != "equal"


def split_household(
    left: Features, right: Features, alignment: Alignment, levels: dict[str, str]
) -> bool:
    """A part of a longer list, with another head: who left lives elsewhere now.

    A small part; or one whose head is a child or in-law of the other head, who is not in it.
    """
    if levels["head"] in ("same", "same_weak", "missing"):
        return False
    shorter, longer = sorted((len(left.members), len(right.members)))
    return shorter * 2 <= longer or _left_the_parents(left, right, alignment, levels)


_STAYS_IN_THE_LIST = ("head", "spouse", "parent", "")


def _left_the_parents(
    left: Features, right: Features, alignment: Alignment, levels: dict[str, str]
) -> bool:
    if levels["head"] != "elsewhere":
        return False
    for pair in alignment.pairs:
        if pair.left == left.head:
            return right.members[pair.right].relation not in _STAYS_IN_THE_LIST
        if pair.right == right.head:
            return left.members[pair.left].relation not in _STAYS_IN_THE_LIST
    return False


def spouses_differ(
    left: Features, right: Features, alignment: Alignment, levels: dict[str, str]
) -> bool:
    """The same head beside another spouse: widowed, or a second wife. A person must say."""
    if levels["head"] not in ("same", "same_weak") or _share_children(left, right, alignment):
        return False
    ours, theirs = left.spouses, right.spouses
    if not ours or not theirs:
        return False
    spouses = {(i, j) for i in ours for j in theirs}
    if any((pair.left, pair.right) in spouses for pair in alignment.pairs):
        return False
    return not any(_may_be_one(left, i, right, j) for i, j in spouses)


def couples_differ(left: Features, right: Features, alignment: Alignment) -> bool:
    """Of two couples one half was born on another day; nobody but them is the same for sure.

    Two wives of one man may bear one name; then their births are years apart. Twin brothers, whose
    names differ in a letter, may have wives of one name and one year.
    """
    ours, theirs = ({each.head, *each.spouses} - {-1} for each in (left, right))
    if len(ours) != 2 or len(theirs) != 2:
        return False
    same = [p for p in alignment.pairs if p.strong and p.left in ours and p.right in theirs]
    if alignment.strong != len(same):
        return False
    if len(same) == 1:
        (i,), (j,) = ours - {same[0].left}, theirs - {same[0].right}
        return _other_day(left, i, right, j) == births.CONFLICT
    return any(
        _may_be_twins(left, one.left, right, one.right)
        and _other_day(left, other.left, right, other.right) == births.YEAR
        for one, other in permutations(same, 2)
    )


def _other_day(left: Features, i: int, right: Features, j: int) -> int | None:
    """How two births agree that are both known to the day."""
    ours, theirs = left.members[i].birth, right.members[j].birth
    return births.birth_level(ours, theirs) if ours.day and theirs.day else None


def _may_be_twins(left: Features, i: int, right: Features, j: int) -> bool:
    level, _ = name_level(left.members[i], right.members[j])
    return level < names.EQUAL and _other_day(left, i, right, j) == births.DAY


def _may_be_one(left: Features, i: int, right: Features, j: int) -> bool:
    """Neither the name nor the birth differs for sure."""
    ours, theirs = left.members[i], right.members[j]
    level, _ = name_level(ours, theirs)
    birth = births.birth_level(ours.birth, theirs.birth)
    return level != names.DIFFERENT or birth == births.DAY


def two_doors(left: Features, right: Features, levels: dict[str, str]) -> bool:
    """One round, one enumerator, another phone and another place: two doors, one visit each."""
    if not left.round or left.round != right.round or not left.enumerator:
        return False
    if left.enumerator != right.enumerator or levels["phone"] != "different":
        return False
    apart = metres(left, right)
    return apart is not None and apart > _DOOR_TO_DOOR_M and not _is_resent(left, right)


def two_cards(levels: dict[str, str]) -> bool:
    """Another card, not one misread, and another phone: two wives of one man keep a card each."""
    return levels["card"] == "different" and levels["phone"] == "different"


def _is_resent(left: Features, right: Features) -> bool:
    """The same tablet within minutes sends again."""
    if not left.device or left.device != right.device:
        return False
    try:
        first = datetime.fromisoformat(left.submitted_at)
        second = datetime.fromisoformat(right.submitted_at)
        return abs((first - second).total_seconds()) < _RESENT_MINUTES * 60
    except (ValueError, TypeError):
        return False
