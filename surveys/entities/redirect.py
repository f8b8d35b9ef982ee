"""redirect_entities: of a family that was registered twice, tablets see one row."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Q

from surveys.entities.lists import Change, lock_lists, note_changes
from surveys.entities.models import Entity

# The entities that registrations made, by the household they are in today: mergers of households
# are followed up to the one that stayed, and down again to all that belong to it.
FAMILIES = """
WITH RECURSIVE up AS (
    SELECT id, redirect_to_id FROM households_household WHERE id = ANY(%(households)s)
    UNION
    SELECT above.id, above.redirect_to_id FROM households_household AS above
    JOIN up ON above.id = up.redirect_to_id
), down AS (
    SELECT id, id AS stayed FROM up WHERE redirect_to_id IS NULL
    UNION
    SELECT below.id, down.stayed FROM households_household AS below
    JOIN down ON below.redirect_to_id = down.id
)
SELECT entity.id, down.stayed
FROM down
JOIN households_membership AS member ON member.household_id = down.id AND member.registers
JOIN entities_entity AS entity ON entity.id = member.entity_id
JOIN submissions_submission AS maker
    ON maker.id = entity.submission_id AND maker.record_id = member.record_id
"""
HOUSEHOLDS_OF = """
SELECT member.household_id FROM households_membership AS member
WHERE member.registers AND member.household_id IS NOT NULL AND member.entity_id = ANY(%(entities)s)
"""


def redirect_entities(households: Collection[UUID], *, also: Collection[UUID] = ()) -> None:
    """The oldest entity of each household stays; the others lead to it, until they part again.

    `also`: entities that left a household, were deleted or came back. Safe to run twice; runs
    inside the caller's transaction.
    """
    if not (households or also) or not _changes(households, also):
        return
    lock_lists()
    changes = _changes(households, also)
    note_changes(changes)
    Entity.objects.bulk_update([c.entity for c in changes], ["redirect_to", "revision"])


def _changes(households: Collection[UUID], also: Collection[UUID]) -> list[Change]:
    families = _families(set(households), set(also))
    entities = Entity.objects.in_bulk(families)
    oldest: dict[UUID, Entity] = {}
    for entity in sorted(entities.values(), key=lambda e: (e.created_at, e.pk)):
        family = families[entity.pk]
        if family and entity.deleted_at is None:
            oldest.setdefault(family, entity)
    changes = []
    for entity in entities.values():
        change = Change.of(entity)
        stays = oldest.get(families[entity.pk] or entity.pk)
        target = None if stays is None or entity.deleted_at or stays is entity else stays.pk
        if entity.redirect_to_id != target:
            entity.redirect_to_id = target
            changes.append(change)
    return changes


def _families(households: set[UUID], also: set[UUID]) -> dict[UUID, UUID | None]:
    """Entity → household, of all that these touch: who led to whom belongs to it as well."""
    families: dict[UUID, UUID | None] = {}
    asked: set[UUID] = set()
    new = also
    while new or households:
        families |= dict.fromkeys(new)
        if new:
            households |= {row[0] for row in _rows(HOUSEHOLDS_OF, entities=new)}
        if households - asked:
            families |= dict(_rows(FAMILIES, households=households - asked))
        asked |= households
        households = set()
        new = _linked(families) - families.keys()
    return families


def _linked(ids: Iterable[UUID]) -> set[UUID]:
    """Those that lead to these, and those that these lead to."""
    links = Entity.objects.filter(redirect_to__isnull=False)
    links = links.filter(Q(pk__in=set(ids)) | Q(redirect_to__in=set(ids)))
    ends = {end for link in links.values_list("pk", "redirect_to_id") for end in link}
    return ends - {None}


def _rows(sql: str, **ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {name: list(values) for name, values in ids.items()})
        return list(cursor.fetchall())
