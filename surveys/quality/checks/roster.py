"""The family: its size, its head, ages that cannot be. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from surveys.quality.checks.timing import NoLimits
from surveys.quality.facts import HEAD, REGISTRATION, Answers, Finding, Record, as_code, as_number


@dataclass(frozen=True, slots=True)
class Generations:
    """Years between a parent and a child at least."""

    years: float = 12


@dataclass(frozen=True, slots=True)
class Marriage:
    years: float = 16


@dataclass(frozen=True, slots=True)
class Births:
    """Years by which the head's year of birth may differ from that in the list."""

    years: float = 1


@dataclass(frozen=True, slots=True)
class Change:
    members: float = 4


# Who is a generation older or younger than the head: +1 the member should be older.
OLDER = {"parent": 1, "parent_in_law": 1, "child": -1, "grandchild": -2}
MARRIED = frozenset({"reg", "nikoh", "sep", "div", "wid"})


def roster_incomplete(record: Record, limits: NoLimits) -> Iterator[Finding]:
    """More or fewer rows than the family has members."""
    size = record.number("hh_size")
    if record.form == REGISTRATION and size is not None and size != len(record.members):
        measure = {"size": size, "rows": len(record.members)}
        yield Finding(record.id, "hh_size", measure=measure)


def head_missing(record: Record, limits: NoLimits) -> Iterator[Finding]:
    if record.members and not _heads(record):
        yield Finding(record.id, "hh_size", measure={"rows": len(record.members)})


def heads_several(record: Record, limits: NoLimits) -> Iterator[Finding]:
    heads = _heads(record)
    if len(heads) > 1:
        yield Finding(record.id, "m_relation", heads[1][0], {"heads": len(heads)})


def generations_crossed(record: Record, limits: Generations) -> Iterator[Finding]:
    """A child older than its parent, or nearly as old; held against the one head."""
    heads = _heads(record)
    age = as_number(heads[0][1].get("m_age")) if len(heads) == 1 else None
    if age is None:
        return
    for row, member in enumerate(record.members, 1):
        theirs, side = as_number(member.get("m_age")), OLDER.get(as_code(member.get("m_relation")))
        if theirs is None or side is None:
            continue
        years = (theirs - age) * (1 if side > 0 else -1)
        least = limits.years * abs(side)
        if years < least:
            yield Finding(record.id, "m_age", row, {"years": years}, {"least": least})


def head_differs(record: Record, limits: Births) -> Iterator[Finding]:
    """The head as asked about is not the head in the list: other sex, other year of birth."""
    heads = _heads(record)
    if len(heads) != 1:
        return
    head, sex = heads[0][1], record.code("head_sex")
    listed = as_code(head.get("m_sex"))
    if sex and listed and sex != listed:
        yield Finding(record.id, "head_sex", measure={"head": sex, "listed": listed})
    asked, year = record.number("head_birth_year"), _born(head)
    if asked is not None and year is not None and abs(asked - year) > limits.years:
        measure = {"years": abs(asked - year)}
        yield Finding(record.id, "head_birth_year", measure=measure, bounds={"most": limits.years})


def married_young(record: Record, limits: Marriage) -> Iterator[Finding]:
    for row, member in enumerate(record.members, 1):
        age = as_number(member.get("m_age"))
        if age is not None and age < limits.years and as_code(member.get("m_marital")) in MARRIED:
            yield Finding(record.id, "m_marital", row, {"age": age}, {"least": limits.years})


def size_changed(record: Record, limits: Change) -> Iterator[Finding]:
    """Of a follow-up: the family is much larger or smaller than at the baseline."""
    before, now = record.number("hh_size_before"), record.number("hh_size_now")
    if before is not None and now is not None and abs(now - before) > limits.members:
        measure = {"before": before, "now": now}
        yield Finding(record.id, "hh_size_now", measure=measure, bounds={"most": limits.members})


def _heads(record: Record) -> list[tuple[int, Answers]]:
    rows = enumerate(record.members, 1)
    return [(row, member) for row, member in rows if as_code(member.get("m_relation")) == HEAD]


def _born(member: Answers) -> float | None:
    if born := as_code(member.get("m_birth_date")):
        return as_number(born[:4])
    return as_number(member.get("m_birth_year"))
