"""A case as one reader sees it: its records side by side, what they say, and how they agree.

What of a person is shown, `surveys/privacy/access.py` decides. A fixed number of queries.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.households.models import LinkFeature, Membership, PersonMembership
from surveys.households.queue import record_from
from surveys.linkage.features import Features, features_of
from surveys.linkage.record import HouseholdRecord, PersonRecord
from surveys.places.models import Place
from surveys.privacy.access import rows_for
from surveys.submissions.models import Attachment

MOST_SIDES = 12
MOST_PHOTOS = 6  # of one record
PICTURES = ("image/jpeg", "image/png", "image/webp")


@dataclass(frozen=True, slots=True)
class Side:
    """One record of a case. A hidden one is only a place that is taken.

    `node`: what it is decided on as a part of: its household, or itself where it registers none.
    """

    number: int
    record_id: UUID
    row: CleanRow | None = None
    member: Membership | None = None
    told: HouseholdRecord | None = None
    features: Features | None = None
    photos: Sequence[Attachment] = ()

    @property
    def hidden(self) -> bool:
        return self.row is None

    @property
    def node(self) -> UUID:
        member = self.member
        if member and member.registers and member.household_id:
            return member.household_id
        return self.record_id

    @property
    def place(self) -> Place | None:
        return self.row.place if self.row else None

    @property
    def people(self) -> list[PersonRecord]:
        """The roster as typed, in the order of `features.members`."""
        if self.told is None or self.features is None:
            return []
        listed, size = list(self.told.members), len(self.features.members)
        last = listed[size - 1] if size and len(listed) >= size else None
        added = self.features.head == size - 1 and (last is None or not _is_head(last, self.told))
        if added:  # the head stands last where the roster lacks her or him
            listed = [*listed[: size - 1], self.told.head]
        return listed[:size]


def _is_head(person: PersonRecord, told: HouseholdRecord) -> bool:
    return person.relation == "head" or person.name == told.head.name


@dataclass(frozen=True, slots=True)
class Sides:
    """`more`: records of the case that are not shown, as there are too many."""

    sides: Sequence[Side]
    more: int = 0
    nodes: dict[UUID, int] = field(default_factory=dict)  # node → number of its first side

    @property
    def hidden(self) -> bool:
        return any(side.hidden for side in self.sides)

    @property
    def seen(self) -> list[Side]:
        return [side for side in self.sides if not side.hidden]

    def number_of(self, record_id: UUID) -> int:
        """0 where it is not shown."""
        return next((s.number for s in self.sides if s.record_id == record_id), 0)


def sides_of(user: User, records: Sequence[UUID], homes: Collection[UUID] = ()) -> Sides:
    """These records, and others registered in these households, the first of them first.

    Who may not see a record learns that there is one, and nothing of it.
    """
    members = _members(records, homes)
    wanted = list(dict.fromkeys([*records, *members]))
    shown = wanted[:MOST_SIDES]
    rows = _rows(user, shown)
    told = _told(rows)
    photos = _photos(rows)
    order = sorted(shown, key=lambda record: _order(rows.get(record)))
    sides = [
        Side(number, record)
        if record not in rows
        else Side(
            number,
            record,
            rows[record],
            members.get(record),
            told.get(record),
            features_of(told[record]) if record in told else None,
            photos.get(rows[record].submission_id, ()),
        )
        for number, record in enumerate(order, 1)
    ]
    nodes: dict[UUID, int] = {}
    for side in sides:
        nodes.setdefault(side.node, side.number)
    return Sides(sides, len(wanted) - len(shown), nodes)


def persons_of(records: Collection[UUID]) -> dict[tuple[UUID, int], UUID]:
    """Lines of rosters → the person that a household's records have in common."""
    rows = PersonMembership.objects.filter(record_id__in=records)
    return {
        (record, index): person
        for record, index, person in rows.values_list("record_id", "index", "person_id")
    }


def _members(records: Sequence[UUID], homes: Collection[UUID]) -> dict[UUID, Membership]:
    """By record, those asked for and those registered beside them."""
    rows = Membership.objects.filter(pk__in=records) | Membership.objects.filter(
        household__in=homes, registers=True
    )
    return {row.record_id: row for row in rows.order_by("record_id").distinct()}


def _rows(user: User, records: Collection[UUID]) -> dict[UUID, CleanRow]:
    rows: QuerySet[CleanRow] = CleanRow.objects.filter(rows_for(user), pk__in=records, repeat="")
    rows = rows.select_related("form", "place", "submission").defer(
        "values", "verbatim", "submission__raw_xml", "submission__answers", "place__boundary"
    )
    return {row.pk: row for row in rows}


def _told(records: Collection[UUID]) -> dict[UUID, HouseholdRecord]:
    rows = LinkFeature.objects.filter(pk__in=records).values_list("pk", "record")
    return {pk: record_from(record) for pk, record in rows}


def _photos(rows: dict[UUID, CleanRow]) -> dict[int, list[Attachment]]:
    """By submission; of the edition that counts."""
    found: dict[int, list[Attachment]] = defaultdict(list)
    files = Attachment.objects.filter(
        submission__in={row.submission_id for row in rows.values()}, alternate=0
    )
    for file in files.filter(content_type__in=PICTURES).order_by("pk"):
        if len(found[file.submission_id]) < MOST_PHOTOS:
            found[file.submission_id].append(file)
    return found


def _order(row: CleanRow | None) -> tuple[Any, ...]:
    """In order of arrival; those hidden last."""
    return (1,) if row is None else (0, row.received_at, row.pk)
