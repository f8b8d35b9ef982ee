"""Features, keys and frequencies in tables: what records are found by, and how rare that is.

A handful of statements for a whole batch. The caller holds the yards of the records.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson
from django.db import connection

from surveys.households.models import LinkFeature, LinkKey
from surveys.households.queue import record_from
from surveys.linkage.blocking import (
    MOST_HOLDERS,
    is_worth_judging,
    link_keys,
    search_keys,
)
from surveys.linkage.features import FEATURES_VERSION, Features, features_of
from surveys.linkage.frequencies import Frequencies, countables

Countable = tuple[str, str, str]
_LONGEST_VALUE = 200
_ANYWHERE = "\x01"  # no district's name: phones and cards are counted over all
_UNREADABLE = KeyError, TypeError, ValueError
# One holder more than allowed tells that there are too many; none of them is then looked at.
HOLDERS = """
SELECT asked.key, holder.record_id, holder.size
FROM unnest(%(keys)s::bigint[]) AS asked(key)
CROSS JOIN LATERAL (
    SELECT record_id, size FROM households_linkkey WHERE key = asked.key LIMIT %(limit)s
) AS holder
"""
COUNT = """
INSERT INTO households_linkfrequency AS known (kind, place, value, count)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[])
    AS new(kind, place, value, count)
ORDER BY kind, place, value
ON CONFLICT (kind, place, value) DO UPDATE SET count = known.count + excluded.count
"""
# Places and names of one district belong together: a pair may lie in two of its villages.
COUNTED = """
SELECT known.kind, known.place, known.value, known.count
FROM unnest(%(places)s::text[], %(places_of)s::text[]) AS there(place, district)
JOIN unnest(%(kinds)s::text[], %(values)s::text[], %(values_of)s::text[])
    AS named(kind, value, district) USING (district)
JOIN households_linkfrequency AS known USING (kind, place, value)
"""
STORED = """
SELECT record_id, district, features::text, features_version FROM households_linkfeature
WHERE record_id = ANY(%s)
"""
SAVE = """
UPDATE households_linkfeature AS row
SET features = linked.features::jsonb, features_version = %s, hits = linked.hits,
    state = 1, linked_at = %s, attempts = 0, try_after = NULL, error = ''
FROM unnest(%s::uuid[], %s::text[], %s::int[]) AS linked(record_id, features, hits)
WHERE row.record_id = linked.record_id
"""
_COPY = "COPY households_linkkey (key, record_id, kind, size) FROM STDIN"


@dataclass(slots=True)
class Found:
    """Candidates by record, and how many keys had too many holders to be followed."""

    candidates: dict[UUID, set[UUID]] = field(default_factory=dict)
    skipped: int = 0


def read_features(row: LinkFeature) -> Features:
    """As stored, or computed anew where they are of another version or cannot be read."""
    if row.features is not None and row.features_version == FEATURES_VERSION:
        with suppress(*_UNREADABLE):
            return Features.from_json(row.features)
    return features_of(record_from(row.record))


def load_features(records: Collection[UUID]) -> dict[UUID, Features]:
    """The features of the records that have been linked."""
    return read_stored(records)[0]


def read_stored(records: Collection[UUID]) -> tuple[dict[UUID, Features], set[str]]:
    """The features of those records that have been linked, and the districts of all."""
    features: dict[UUID, Features] = {}
    districts: set[str] = set()
    if not records:
        return features, districts
    unread = []
    with connection.cursor() as cursor:
        cursor.execute(STORED, [list(records)])
        for record_id, district, stored, version in cursor.fetchall():
            districts.add(district)
            if stored is None:
                continue
            if version == FEATURES_VERSION:
                with suppress(*_UNREADABLE):
                    features[record_id] = Features.from_json(orjson.loads(stored))
                    continue
            unread.append(record_id)
    for row in LinkFeature.objects.filter(record_id__in=unread) if unread else ():
        features[row.record_id] = read_features(row)
    return features, districts


def store_keys(rows: Sequence[LinkFeature], features: Mapping[UUID, Features]) -> None:
    """Makes the keys and counts of these records what their features say."""
    replaced = {row.record_id: read_features(row) for row in rows if row.features is not None}
    if replaced:
        LinkKey.objects.filter(record_id__in=replaced).delete()
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(_COPY) as copy,
    ):
        for record_id, each in features.items():
            for key in link_keys(each):
                copy.write_row((key.value, record_id, key.kind, len(each.members)))
    _count(features.values(), replaced.values())


def save_linked(
    rows: Sequence[LinkFeature], features: Mapping[UUID, Features], *, now: datetime
) -> None:
    """Takes these rows out of the queue, with their features where they register a family."""
    stored = [
        orjson.dumps(features[row.record_id].to_json()).decode()
        if row.record_id in features
        else None
        for row in rows
    ]
    with connection.cursor() as cursor:
        ids, hits = [row.record_id for row in rows], [row.hits for row in rows]
        cursor.execute(SAVE, [FEATURES_VERSION, now, ids, stored, hits])


def drop_features(rows: Sequence[LinkFeature]) -> None:
    """Forgets all that was computed of records that are gone, and the rows themselves."""
    if not rows:
        return
    replaced = [read_features(row) for row in rows if row.features is not None]
    gone = [row.record_id for row in rows]
    LinkKey.objects.filter(record_id__in=gone).delete()
    LinkFeature.objects.filter(record_id__in=gone).delete()
    _count([], replaced)


def find_candidates(features: Mapping[UUID, Features]) -> Found:
    """Who shares a key with each of these records; a key that too many hold says nothing."""
    asked = {record_id: search_keys(each) for record_id, each in features.items()}
    holders: dict[int, list[tuple[UUID, int]]] = defaultdict(list)
    with connection.cursor() as cursor:
        keys = sorted({key.value for wanted in asked.values() for key in wanted})
        cursor.execute(HOLDERS, {"keys": keys, "limit": MOST_HOLDERS + 1})
        for key, record_id, size in cursor.fetchall():
            holders[key].append((record_id, size))
    found = Found()
    for record_id, wanted in asked.items():
        shared: dict[tuple[UUID, int], list[str]] = defaultdict(list)
        for key in wanted:
            there = holders.get(key.value, ())
            if len(there) > MOST_HOLDERS:
                found.skipped += 1
                continue
            for holder in there:
                shared[holder].append(key.kind)
        own = len(features[record_id].members)
        found.candidates[record_id] = {
            other
            for (other, size), kinds in shared.items()
            if other != record_id and is_worth_judging(kinds, min(own, size))
        }
    return found


def load_frequencies(features: Iterable[Features]) -> Frequencies:
    """How common all is that these records may have in common."""
    places: set[tuple[str, str]] = set()
    named: set[tuple[str, str, str]] = set()
    for each in features:
        for kind, place, value in map(_stored, countables(each)):
            district = each.district if place else _ANYWHERE
            places.add((place, district))
            named.add((kind, value, district))
    asked = {
        **_columns(places, "places", "places_of"),
        **_columns(named, "kinds", "values", "values_of"),
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, asked)
        counts = {(kind, place, value): count for kind, place, value, count in cursor.fetchall()}
    return Frequencies(counts)


def _columns(rows: Collection[tuple[str, ...]], *names: str) -> dict[str, list[str]]:
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def _count(added: Iterable[Features], removed: Iterable[Features]) -> None:
    change: Counter[Countable] = Counter()
    for each in added:
        change.update(_stored(item) for item in countables(each))
    for each in removed:
        change.subtract(_stored(item) for item in countables(each))
    rows = [(*item, count) for item, count in sorted(change.items()) if count]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [list(column) for column in zip(*rows, strict=True)])


def _stored(item: Countable) -> Countable:
    kind, place, value = item
    return kind, place[:80], value[:_LONGEST_VALUE]
