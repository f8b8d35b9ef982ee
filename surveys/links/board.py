"""Sides → the table of a case: facts and rosters line by line, with how they agree."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from surveys.linkage.comparisons import metres
from surveys.linkage.features import Features
from surveys.linkage.record import PersonRecord
from surveys.links.lines import MISSING, Matched, align_lines, marks_of, set_marks, value_marks
from surveys.links.pairs import LinkView
from surveys.links.sides import Side, Sides
from surveys.links.sketch import distance_words
from surveys.links.words import relation_words, sex_words, written_distance
from surveys.places.naming import name_of
from surveys.privacy.redact import BAND_YEARS, coarsen_birth
from surveys.rounds.models import Round

MASK = "•••"


@dataclass(frozen=True, slots=True)
class Cell:
    """`mark`: "", same, close, differs, alone, missing; `hint`: those of name and birth."""

    text: str = ""
    mark: str = ""
    note: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    cells: Sequence[Cell]
    is_household: bool = False


def facts_of(sides: Sides, *, shown: bool) -> list[Row]:
    """What is known of each record, one line a fact. `shown`: names and phones too."""
    seen = sides.seen
    rounds = dict(Round.objects.values_list("code", "name"))
    return [
        _row(_("Filled"), seen, [_date(s) for s in seen], compare=False),
        _row(_("Round"), seen, [_round(s, rounds) for s in seen], compare=False),
        _row(_("Place"), seen, [_place(s) for s in seen]),
        Row(_("Distance"), [_distance(s, seen) for s in seen]),
        _row(_("Card"), seen, [s.member.card if s.member else "" for s in seen]),
        _head(seen, shown=shown),
        _phones(seen, shown=shown),
        _row(_("People"), seen, [str(len(s.people)) if s.people else "" for s in seen]),
        _row(
            _("Enumerator"),
            seen,
            [s.told.enumerator if s.told else "" for s in seen],
            compare=False,
        ),
        Row(_("Household"), [_home(s) for s in seen], is_household=True),
    ]


def roster_of(
    sides: Sides,
    links: Iterable[LinkView],
    persons: Mapping[tuple[UUID, int], UUID],
    *,
    shown: bool,
) -> list[Row]:
    """The members, whoever is taken for one person in one line."""
    columns = [s for s in sides.seen if s.features]
    features = [s.features for s in columns if s.features]
    at = {side.record_id: column for column, side in enumerate(columns)}
    matched = [*_by_links(links, at), *_by_persons(persons, at)]
    rows = []
    for number, line in enumerate(align_lines([len(f.members) for f in features], matched), 1):
        marks = marks_of(line, features)
        cells = {
            columns[column].record_id: _person(columns[column].people[member], marks[column], shown)
            for column, member in line.items()
            if member < len(columns[column].people)
        }
        gap = Cell(mark=MISSING)
        rows.append(Row(str(number), [cells.get(s.record_id, gap) for s in sides.seen]))
    return rows


def _by_links(links: Iterable[LinkView], at: Mapping[UUID, int]) -> Iterable[Matched]:
    for link in links:
        if link.a in at and link.b in at:
            for ours, theirs, sure in link.aligned:
                yield Matched((at[link.a], ours), (at[link.b], theirs), sure == "strong")


def _by_persons(
    persons: Mapping[tuple[UUID, int], UUID], at: Mapping[UUID, int]
) -> Iterable[Matched]:
    first: dict[UUID, tuple[int, int]] = {}
    for (record, index), person in sorted(persons.items(), key=lambda each: at.get(each[0][0], 0)):
        if record in at:
            cell = (at[record], index)
            if person in first:
                yield Matched(first[person], cell, True)
            first.setdefault(person, cell)


def _row(label: str, seen: Sequence[Side], values: Sequence[str], *, compare: bool = True) -> Row:
    marks = value_marks(values) if compare else [""] * len(seen)
    return Row(label, [Cell(v, m) for v, m in zip(values, marks, strict=True)])


def _head(seen: Sequence[Side], *, shown: bool) -> Row:
    """The head of each; compared by spelling-free parts, so that a script is no difference."""
    cells, reference = [], None
    for side in seen:
        name = side.told.head.name if side.told else ""
        folds = _head_folds(side.features)
        if not name:
            cells.append(Cell(mark=MISSING))
            continue
        mark = ""
        if reference is not None:
            mark = "same" if folds == reference else "close" if folds & reference else "differs"
        else:
            reference = folds
        cells.append(Cell(name if shown else MASK, mark))
    return Row(_("Head"), cells)


def _head_folds(features: Features | None) -> frozenset[str]:
    if features is None or features.head < 0:
        return frozenset()
    return frozenset(features.members[features.head].given)


def _phones(seen: Sequence[Side], *, shown: bool) -> Row:
    numbers = [frozenset(s.features.phones) if s.features else frozenset() for s in seen]
    marks = set_marks(numbers)
    typed = [", ".join(s.told.phones) if s.told else "" for s in seen]
    return Row(
        _("Phone"),
        [
            Cell(text if shown or not text else MASK, mark if text else MISSING)
            for text, mark in zip(typed, marks, strict=True)
        ],
    )


def _person(person: PersonRecord, agrees: tuple[str, str], shown: bool) -> Cell:
    birth = person.birth if shown else _band(person.birth)
    facts = (relation_words(person.relation), sex_words(person.sex), birth)
    name = person.name if shown else MASK if person.name else ""
    mark, hint = agrees
    return Cell(name or _("(no name)"), mark, ", ".join(fact for fact in facts if fact), hint)


def _band(birth: str) -> str:
    first = coarsen_birth(birth)
    return f"{first}-{int(first) + BAND_YEARS - 1}" if first else ""


def _round(side: Side, names: Mapping[str, str]) -> str:
    """As it is called; its code where the record names one that is not there."""
    code = side.told.round if side.told else ""
    return names.get(code, code)


def _date(side: Side) -> str:
    at = side.row.submitted_at or side.row.received_at if side.row else None
    return date_format(timezone.localtime(at), "SHORT_DATE_FORMAT") if at else ""


def _place(side: Side) -> str:
    return name_of(side.place) if side.place else ""


def _home(side: Side) -> Cell:
    home = side.member.household_id if side.member else None
    return Cell(str(home) if home else "", "" if home else MISSING)


def _distance(side: Side, seen: Sequence[Side]) -> Cell:
    """From the first record that has a point."""
    located = [s for s in seen if s.features and s.features.latitude is not None]
    if side not in located or side.features is None:
        return Cell(mark=MISSING)
    first = located[0].features
    if side is located[0] or first is None:
        return Cell(_("here"))
    apart = metres(first, side.features) or 0.0
    mark = "same" if apart < 150 else "close" if apart < 4_000 else "differs"
    return Cell(written_distance(distance_words(apart)), mark)
