"""find_women: a woman of one household who may be a woman of another, for a person to look at.

Marriage moves women between households, and legal aid counts women, not rosters. They are only ever
candidates: two women may bear one name and one birth.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import connection

from surveys.households.keys import HOLDERS, load_features, load_frequencies
from surveys.households.models import LinkKey, Membership, PersonCandidate, PersonMembership
from surveys.linkage.blocking import MOST_HOLDERS
from surveys.linkage.features import Features
from surveys.linkage.people import WomanCandidate, compare_women, woman_keys

KIND = "woman"
SETTLE = """
UPDATE households_personcandidate AS candidate
SET state = CASE WHEN home.household_id <> other.household_id THEN 'open' ELSE 'settled' END
FROM households_person AS a LEFT JOIN households_membership AS home USING (record_id),
    households_person AS b LEFT JOIN households_membership AS other USING (record_id)
WHERE a.id = candidate.a_id AND b.id = candidate.b_id AND (
    candidate.a_id IN (SELECT id FROM households_person WHERE record_id = ANY(%(records)s))
    OR candidate.b_id IN (SELECT id FROM households_person WHERE record_id = ANY(%(records)s))
)
"""
Line = tuple[UUID, int]


def find_women(own: Mapping[UUID, Features]) -> None:
    """Stores by what the women of these records are found, and who they may be elsewhere.

    After households and persons are settled. Safe to run twice.
    """
    keys = {record: _keys(features) for record, features in own.items()}
    LinkKey.objects.bulk_create(
        [LinkKey(key=key, record_id=r, kind=KIND) for r, of in keys.items() for key in of],
        ignore_conflicts=True,
    )
    met = _met(keys)
    if not met:
        return
    features = load_features(set().union(*met.values())) | dict(own)
    homes = dict(Membership.objects.filter(pk__in=features).values_list("pk", "household_id"))
    frequencies = load_frequencies(features.values())
    found: dict[tuple[Line, Line], WomanCandidate] = {}
    for record, others in met.items():
        for other in others & homes.keys():
            if other in features and homes[other] != homes.get(record):
                for i, j in _pairs(keys[record], _keys(features[other])):
                    left, right = features[record], features[other]
                    if candidate := compare_women(left, i, right, j, frequencies):
                        found[(record, i), (other, j)] = candidate
    _store(found)


def settle_women(records: Collection[UUID]) -> None:
    """Candidates whose persons these records told of first are open while they live in two
    households, and settled once these prove to be one, or a record is gone."""
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, {"records": list(records)})


def _keys(features: Features) -> dict[int, set[int]]:
    """Key → places in the roster."""
    found: dict[int, set[int]] = defaultdict(set)
    for place, key in woman_keys(features):
        found[key.value].add(place)
    return found


def _met(keys: Mapping[UUID, Mapping[int, set[int]]]) -> dict[UUID, set[UUID]]:
    """Record → others that hold one of its keys, where not too many do."""
    holders: dict[int, set[UUID]] = defaultdict(set)
    asked = sorted(set().union(*keys.values())) if keys else []
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(HOLDERS, {"keys": asked, "limit": MOST_HOLDERS + 1})
            for key, record, _ in cursor.fetchall():
                holders[key].add(record)
    met: dict[UUID, set[UUID]] = {}
    for record, of in keys.items():
        there = set().union(*(holders[k] for k in of if len(holders[k]) <= MOST_HOLDERS))
        if there - {record}:
            met[record] = there - {record}
    return met


def _pairs(ours: Mapping[int, set[int]], theirs: Mapping[int, set[int]]) -> set[tuple[int, int]]:
    return {(i, j) for key in ours.keys() & theirs.keys() for i in ours[key] for j in theirs[key]}


def _store(found: Mapping[tuple[Line, Line], WomanCandidate]) -> None:
    """One candidate for two persons, however many lines tell of them."""
    if not found:
        return
    records = {line[0] for pair in found for line in pair}
    members = PersonMembership.objects.filter(record_id__in=records)
    person = {(m.record_id, m.index): m.person_id for m in members}
    rows: dict[tuple[UUID, UUID], PersonCandidate] = {}
    for (one, other), candidate in found.items():
        if one in person and other in person and person[one] != person[other]:
            a, b = sorted((person[one], person[other]))
            rows[a, b] = PersonCandidate(
                a_id=a, b_id=b, weight=candidate.weight, reasons=list(candidate.reasons)
            )
    PersonCandidate.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["a", "b"],
        update_fields=["weight", "reasons"],
    )
