"""Changes of entities as the verbs make them: each gets a revision, and leaves the places it left.

`note_changes` is what holds it together; here it is called for one entity at a time.
"""

from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from surveys.entities.lists import Change, lock_lists, note_changes
from surveys.entities.models import Entity
from surveys.places.models import Place


@transaction.atomic
def add_entity(
    label: str, place: Place | None = None, name: str = "households", **data: str
) -> Entity:
    key = lock_lists([name])[name]
    entity = Entity(id=uuid4(), entity_list_id=key, label=label, place=place, data=data)
    note_changes([Change(entity)])
    entity.save()
    return entity


@transaction.atomic
def change_entity(entity: Entity, **fields: Any) -> None:
    lock_lists()
    entity.refresh_from_db()
    change = Change.of(entity)
    for name, value in {"version": entity.version + 1, **fields}.items():
        setattr(entity, name, value)
    note_changes([change])
    entity.save()


def delete_entity(entity: Entity) -> None:
    change_entity(entity, deleted_at=timezone.now())


def restore_entity(entity: Entity) -> None:
    change_entity(entity, deleted_at=None, redirect_to=None)
