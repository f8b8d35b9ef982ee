"""changes_since: what changed on a list for a tablet of some places, a page at a time (sync.md 4).

Revisions become visible in order (`EntityList`), so "all up to revision 40" is a true thing to
remember. A page of changes holds the rows as they are now, ordered by revision and id: a row that
changes between two pages moves behind what was read, never out of it. A list not heard of yet is
handed over as a whole, ordered by id, which never changes; what happens meanwhile has a higher
revision than the list had when that began, and follows as changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from backend.statements import run_prepared
from surveys.entities.mark import Mark

Places = Sequence[int] | None  # None: everywhere
LAST_ID = UUID(int=2**128 - 1)

# Tablets see what is neither deleted nor redirected, in their places.
_VISIBLE = """entity.deleted_at IS NULL AND entity.redirect_to_id IS NULL
    AND (%(places)s::bigint[] IS NULL OR entity.place_id = ANY(%(places)s))"""
_BETWEEN = "> (%(revision)s::bigint, %(after)s::uuid)"
_ROW = "entity.id, entity.label, entity.version, entity.data, coalesce(place.path, '')"
_PLACE = "LEFT JOIN places_place AS place ON place.id = entity.place_id"

WHOLE = f"""
SELECT entity.revision, {_ROW} FROM entities_entity AS entity {_PLACE}
WHERE entity.entity_list_id = %(list_id)s AND entity.id > %(after)s::uuid AND {_VISIBLE}
ORDER BY entity.id LIMIT %(limit)s
"""  # noqa: S608
UPSERTS = f"""
SELECT entity.revision, {_ROW} FROM entities_entity AS entity {_PLACE}
WHERE entity.entity_list_id = %(list_id)s AND (entity.revision, entity.id) {_BETWEEN}
    AND entity.revision <= %(target)s AND {_VISIBLE}
ORDER BY entity.revision, entity.id LIMIT %(limit)s
"""  # noqa: S608
DELETES = f"""
SELECT DISTINCT left_.revision, left_.entity_id FROM entities_entitydeparture AS left_
WHERE left_.entity_list_id = %(list_id)s AND (left_.revision, left_.entity_id) {_BETWEEN}
    AND left_.revision <= %(target)s
    AND (%(places)s::bigint[] IS NULL OR left_.place_id = ANY(%(places)s))
    AND NOT EXISTS (SELECT FROM entities_entity AS entity
                    WHERE entity.id = left_.entity_id AND {_VISIBLE})
ORDER BY left_.revision, left_.entity_id LIMIT %(limit)s
"""  # noqa: S608
VISITS_CHANGED = f"""
SELECT DISTINCT visit.revision, entity.id FROM entities_visit AS visit
JOIN entities_entity AS entity ON entity.id = visit.entity_id
WHERE entity.entity_list_id = %(list_id)s AND (visit.revision, entity.id) {_BETWEEN}
    AND visit.revision <= %(target)s
    AND (%(rounds)s::bigint[] IS NULL OR visit.round_id = ANY(%(rounds)s)) AND {_VISIBLE}
ORDER BY visit.revision, entity.id LIMIT %(limit)s
"""  # noqa: S608
VISITS = """
SELECT visit.id, round.code, visit.entity_id, round.name, visit.due_on, visit.closed_at IS NULL
FROM entities_visit AS visit JOIN rounds_round AS round ON round.id = visit.round_id
WHERE visit.entity_id = ANY(%(entities)s)
    AND (%(rounds)s::bigint[] IS NULL OR visit.round_id = ANY(%(rounds)s))
    AND (%(done_too)s OR visit.closed_at IS NULL)
ORDER BY round.code, visit.entity_id
"""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a tablet may see: places with all below them (None: everywhere), rounds (None: all)."""

    places: Places = None
    rounds: Sequence[int] | None = None


class Row(NamedTuple):
    """An entity as it is now; `path` is that of its place."""

    revision: int
    id: UUID
    label: str
    version: int
    data: dict[str, Any]
    path: str


class Task(NamedTuple):
    """A visit of a household, due or done."""

    id: int
    round_code: str
    entity_id: UUID
    why: str
    until: date | None
    is_due: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """One page: rows by place and label, departed entities, visits; and how far it reaches."""

    upserts: Sequence[Row]
    deletes: Sequence[UUID]
    tasks: Sequence[Task]
    mark: Mark
    size: int  # entities that changed


def changes_since(mark: Mark, *, list_id: int, target: int, sight: Sight, limit: int) -> Changes:
    """At most `limit` changed entities after `mark`, up to revision `target`, with their visits.

    `target` is the list's revision, read before this. The page is the last when its `mark` is
    `Mark(target)`.
    """
    asked = {"list_id": list_id, "places": sight.places, "rounds": sight.rounds, "limit": limit + 1}
    if mark.whole or mark == Mark():
        return _whole(mark if mark.whole else Mark(target, whole=True), asked, limit)
    after = {"revision": mark.revision, "after": mark.after or LAST_ID, "target": target}
    return _delta(mark, asked | after, limit)


def _whole(mark: Mark, asked: dict[str, Any], limit: int) -> Changes:
    rows = _rows(WHOLE, asked | {"after": mark.after or UUID(int=0)})
    more = len(rows) > limit
    rows = rows[:limit]
    tasks = _tasks([row.id for row in rows], asked, done_too=False)
    reached = Mark(mark.revision, rows[-1].id if more else None, whole=more)
    return Changes(_in_order(rows), [], tasks, reached, len(rows))


def _delta(mark: Mark, asked: dict[str, Any], limit: int) -> Changes:
    """Three streams in one order; the page ends where the limit is reached in any of them."""
    rows = _rows(UPSERTS, asked)
    deletes = [(revision, pk) for revision, pk in run_prepared(DELETES, asked)]
    visits = [(revision, pk) for revision, pk in run_prepared(VISITS_CHANGED, asked)]
    keys = sorted({(row.revision, row.id) for row in rows} | {*deletes, *visits})
    reached = Mark(asked["target"])
    if len(keys) > limit:
        keys = keys[:limit]
        reached = Mark(*keys[-1])
        rows = [row for row in rows if (row.revision, row.id) <= keys[-1]]
        deletes = [key for key in deletes if key <= keys[-1]]
        visits = [key for key in visits if key <= keys[-1]]
    seen = {row.id for row in rows} | {pk for _, pk in visits}
    tasks = _tasks(list(seen), asked, done_too=True)
    gone = list(dict.fromkeys(pk for _, pk in deletes))
    return Changes(_in_order(rows), gone, tasks, reached, len(keys))


def _rows(sql: str, asked: dict[str, Any]) -> list[Row]:
    """Its own JSON reader is quicker than the database driver's, which hands out the text."""
    return [
        Row(revision, pk, label, version, orjson.loads(data), path)
        for revision, pk, label, version, data, path in run_prepared(sql, asked)
    ]


def _in_order(rows: Iterable[Row]) -> list[Row]:
    """Neighbours have most in common: a list of 7,600 households packs 10 % smaller."""
    return sorted(rows, key=lambda row: (row.path, row.label))


def _tasks(entities: Sequence[UUID], asked: dict[str, Any], *, done_too: bool) -> list[Task]:
    if not entities:
        return []
    values = {"entities": entities, "rounds": asked["rounds"], "done_too": done_too}
    return [Task(*row) for row in run_prepared(VISITS, values)]
