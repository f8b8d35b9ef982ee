"""Rosters side by side: which members of which records stand in one line, and how they agree.

Pure. A column is a record's `Features`; a line holds at most one member of each.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from surveys.linkage import births, names
from surveys.linkage.features import Features, Member
from surveys.linkage.roster import name_level

Line = Mapping[int, int]  # column → member
SAME, CLOSE, DIFFERS, ALONE, FIRST, MISSING = "same", "close", "differs", "alone", "", "missing"


@dataclass(frozen=True, slots=True)
class Matched:
    """Two members that linkage takes for one person, by column and place in the roster."""

    left: tuple[int, int]
    right: tuple[int, int]
    strong: bool


def align_lines(sizes: Sequence[int], matched: Iterable[Matched]) -> list[Line]:
    """Every member once, those matched beside each other; sure matches go before weak ones.

    Two members of one record never share a line, whatever chains of matches say.
    """
    line_of: dict[tuple[int, int], dict[int, int]] = {
        (column, member): {column: member}
        for column, size in enumerate(sizes)
        for member in range(size)
    }
    for match in sorted(matched, key=lambda m: (not m.strong, m.left, m.right)):
        one, other = line_of.get(match.left), line_of.get(match.right)
        if one is None or other is None or one is other or one.keys() & other.keys():
            continue
        one |= other
        for cell in other.items():
            line_of[cell] = one
    lines = {id(line): dict(sorted(line.items())) for line in line_of.values()}
    return sorted(lines.values(), key=lambda line: next(iter(line.items())))


def marks_of(line: Line, columns: Sequence[Features]) -> dict[int, tuple[str, str]]:
    """How each member of a line agrees with the first of it, and in what; or is alone.

    Of one record there is nothing to compare.
    """
    (first, member), *others = line.items()
    if not others:
        return {first: (ALONE if len(columns) > 1 else FIRST, "")}
    reference = columns[first].members[member]
    marks = {first: (FIRST, "")}
    for column, other in others:
        marks[column] = agreement(reference, columns[column].members[other])
    return marks


def agreement(member: Member, other: Member) -> tuple[str, str]:
    """Of two members that stand in one line: the worse of name and birth, and both marks."""
    named, born = name_mark(member, other), birth_mark(member, other)
    worse = next(mark for mark in (DIFFERS, CLOSE, SAME) if mark in (named, born))
    return worse, f"{named} {born}"


def name_mark(member: Member, other: Member) -> str:
    level, _ = name_level(member, other)
    if level >= names.EQUAL:
        return SAME
    return DIFFERS if level == names.DIFFERENT else CLOSE


def birth_mark(member: Member, other: Member) -> str:
    level = births.birth_level(member.birth, other.birth)
    if level in (births.MISSING, births.DAY, births.YEAR):
        return SAME
    return DIFFERS if level == births.CONFLICT else CLOSE


def value_marks(values: Sequence[str]) -> list[str]:
    """How each value agrees with the first that is there."""
    known = [value for value in values if value]
    marks, seen = [], False
    for value in values:
        if not value:
            marks.append(MISSING)
        elif not seen:
            marks.append(FIRST)
            seen = True
        else:
            marks.append(SAME if value == known[0] else DIFFERS)
    return marks


def set_marks(values: Sequence[frozenset[str]]) -> list[str]:
    """The same for sets (phones): close where they have some in common."""
    known = next((value for value in values if value), frozenset())
    marks, seen = [], False
    for value in values:
        if not value:
            marks.append(MISSING)
        elif not seen:
            marks.append(FIRST)
            seen = True
        elif value == known:
            marks.append(SAME)
        else:
            marks.append(CLOSE if value & known else DIFFERS)
    return marks
