"""settle_presence: an entity is on lists as long as the record that made it, and where it says."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.utils import timezone

from surveys.cleaning.models import CleanRow
from surveys.entities.lists import Change, lock_lists, note_changes
from surveys.entities.models import Entity, HeldAction
from surveys.entities.whereabouts import places_named
from surveys.places.models import Place


def settle_presence(records: Mapping[UUID, bool]) -> set[UUID]:
    """Withdraws the entities of records that were deleted, and brings those of others back.

    `records` were processed before: record → deleted. Places that were merged since are followed.
    Safe to run twice; runs inside the caller's transaction. Returns the entities that changed.
    """
    gone = [record for record, deleted in records.items() if deleted]
    if gone:
        HeldAction.objects.filter(submission__record_id__in=gone).delete()
    if not records or not _changes(records):
        return set()
    lock_lists()
    changes = _changes(records)
    note_changes(changes)
    Entity.objects.bulk_update(
        [change.entity for change in changes], ["deleted_at", "place", "revision"]
    )
    return {change.entity.pk for change in changes}


def _changes(records: Mapping[UUID, bool]) -> list[Change]:
    made = Entity.objects.filter(submission__record_id__in=records).select_related("submission")
    merged = Place.objects.filter(merged_into__isnull=False).values("pk")
    moved = Entity.objects.filter(place__in=merged).select_related("submission")
    entities = {entity.pk: entity for entity in (*made, *moved)}
    places = _places(entities.values())
    changes = []
    for entity in entities.values():
        change = Change.of(entity)
        record = entity.submission.record_id if entity.submission else None
        deleted = records.get(record, bool(entity.deleted_at)) if record else False
        if deleted != bool(entity.deleted_at) or places[entity.pk] != entity.place_id:
            entity.deleted_at = timezone.now() if deleted else None
            entity.place_id = places[entity.pk]
            changes.append(change)
    return changes


def _places(entities: Iterable[Entity]) -> dict[UUID, int | None]:
    """Of an entity that names no place, that of its record, while it is where its record was."""
    named = places_named({entity.pk: entity.data for entity in entities})
    records = {e.pk: e.submission.record_id for e in entities if e.submission}
    rows = CleanRow.objects.filter(pk__in=set(records.values()))
    of_record = dict(rows.values_list("pk", "place_id"))
    return {
        e.pk: named.get(e.pk) or of_record.get(records.get(e.pk, e.pk), e.place_id)
        for e in entities
    }
