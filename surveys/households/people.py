"""Persons over the records of a household: which lines of its rosters are one person.

Inside a household only, one to one; ids follow the founder rule, so that the line which first told
of a person keeps its id. Two lines of one record are never one person.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID, uuid5

from django.db import connection

from surveys.households.keys import load_features, load_frequencies
from surveys.households.models import Person, PersonMembership
from surveys.households.projection import Founded
from surveys.households.published import current_model
from surveys.linkage.features import FEATURES_VERSION
from surveys.linkage.people import same_persons

Line = tuple[UUID, int]  # a record and the place of a member in its roster
SIZES = """
SELECT record_id, CASE WHEN features_version = %s THEN jsonb_array_length(features -> 'members') END
FROM households_linkfeature WHERE record_id = ANY(%s) AND features IS NOT NULL
"""


def align_people(
    records: Collection[UUID], home: Mapping[UUID, UUID], founded: Mapping[UUID, Founded]
) -> None:
    """Makes persons and memberships of these records what rosters and households say.

    Safe to run twice. A record that is gone has no members; the persons it founded keep their ids.
    """
    sizes = _sizes(records)
    together: dict[UUID, list[UUID]] = defaultdict(list)
    for record in sorted(home, key=lambda record: (founded[record].at, record)):
        if record in sizes:
            together[home[record]].append(record)
    persons = {line: line for of in together.values() for line in _lines(of, sizes)}
    several = [of for of in together.values() if len(of) > 1]
    if several:
        persons |= _aligned(several)
    _store(records, {line: person_id(first) for line, first in persons.items()})


def found_people(sizes: Mapping[UUID, int]) -> None:
    """The persons of records that are alone in their household: record → members."""
    lines = [(record, index) for record, size in sizes.items() for index in range(size)]
    Person.objects.bulk_create(
        [Person(id=person_id(line), record_id=line[0], index=line[1]) for line in lines],
        ignore_conflicts=True,
    )
    PersonMembership.objects.bulk_create(
        [PersonMembership(record_id=r, index=i, person_id=person_id((r, i))) for r, i in lines],
        ignore_conflicts=True,
    )


def person_id(line: Line) -> UUID:
    """The id of the person that this line of a roster founds."""
    return uuid5(line[0], f"person:{line[1]}")


def _sizes(records: Collection[UUID]) -> dict[UUID, int]:
    with connection.cursor() as cursor:
        cursor.execute(SIZES, [FEATURES_VERSION, list(records)])
        sizes = dict(cursor.fetchall())
    unread = [record for record, size in sizes.items() if size is None]
    if unread:  # of an earlier version, or damaged: made again
        sizes |= {record: len(each.members) for record, each in load_features(unread).items()}
    return sizes


def _lines(records: Iterable[UUID], sizes: Mapping[UUID, int]) -> Iterable[Line]:
    return ((record, index) for record in records for index in range(sizes[record]))


def _aligned(households: Sequence[Sequence[UUID]]) -> dict[Line, Line]:
    """Line → the first line that tells of the same person; records of a household, oldest first."""
    features = load_features([record for of in households for record in of])
    frequencies, model = load_frequencies(features.values()), current_model()
    found: dict[Line, Line] = {}
    for records in households:
        age = {str(record): at for at, record in enumerate(records)}
        known = [features[record] for record in records]
        for group in same_persons(known, frequencies, model).groups:
            lines = sorted(group, key=lambda line: (age[line[0]], line[1]))
            first = UUID(lines[0][0]), lines[0][1]
            found |= {(UUID(record), index): first for record, index in lines}
    return found


def _store(records: Collection[UUID], wanted: Mapping[Line, UUID]) -> None:
    """Writes what changed."""
    known = Person.objects.filter(record_id__in=records).in_bulk()
    ids = {line: person_id(line) for line in wanted}
    leads = {ids[line]: None if person == ids[line] else person for line, person in wanted.items()}
    new = [line for line, own in ids.items() if own not in known]
    Person.objects.bulk_create(Person(id=ids[r, i], record_id=r, index=i) for r, i in new)
    changed = [
        Person(id=own, redirect_to_id=there)
        for own, there in leads.items()
        if there != (known[own].redirect_to_id if own in known else None)
    ]
    if changed:
        Person.objects.bulk_update(changed, ["redirect_to"])
    stored = {
        (m.record_id, m.index): m for m in PersonMembership.objects.filter(record_id__in=records)
    }
    gone = [m.pk for line, m in stored.items() if wanted.get(line) != m.person_id]
    if gone:
        PersonMembership.objects.filter(pk__in=gone).delete()
    PersonMembership.objects.bulk_create(
        PersonMembership(record_id=r, index=i, person_id=person)
        for (r, i), person in wanted.items()
        if (r, i) not in stored or stored[r, i].person_id != person
    )
