"""What must hold whenever an entity changes, so that each tablet hears of it once and in order.

Every verb that creates, updates, moves, deletes, restores or redirects entities goes through
`lock_lists` and `note_changes`, inside its own transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from surveys.entities.models import Entity, EntityDeparture, EntityList, ListPlace


@dataclass(slots=True)
class Change:
    """An entity as it shall be, and where tablets saw it before: nowhere when it was not listed."""

    entity: Entity
    was_listed: bool = False
    was_at: int | None = None  # a place

    @classmethod
    def of(cls, entity: Entity) -> "Change":
        """Before it changes."""
        return cls(entity, was_listed=entity.listed, was_at=entity.place_id)


def lock_lists(names: Iterable[str] = ()) -> dict[str, int]:
    """Nobody else changes an entity until the commit. Makes the lists that are new; name → key.

    All lists, and in one order: whoever needs a second one later cannot meet another who holds it.
    """
    every = EntityList.objects.order_by("pk").select_for_update().values_list("name", "pk")
    locked = dict(every)
    if missing := set(names) - locked.keys():
        new = [EntityList(name=name) for name in sorted(missing)]
        EntityList.objects.bulk_create(new, ignore_conflicts=True)
        locked = dict(every.all())
    return locked


def next_revision(list_pk: int) -> int:
    """Raises the revision of a list and holds its row until the commit.

    So revisions become visible in order: a reader who has seen one has seen all before it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE entities_entitylist SET revision = revision + 1 WHERE id = %s"
            " RETURNING revision",
            [list_pk],
        )
        return int(cursor.fetchone()[0])


def note_changes(changes: Sequence[Change]) -> None:
    """Gives each entity the next revision of its list; the caller then saves them.

    The newest revision of every place that sees a difference is noted, and a departure from each
    place that an entity leaves. What no tablet sees moves no place.
    """
    by_list: dict[int, list[Change]] = {}
    for change in changes:
        by_list.setdefault(change.entity.entity_list_id, []).append(change)
    for list_pk, of_list in sorted(by_list.items()):
        revision = next_revision(list_pk)
        for change in of_list:
            change.entity.revision = revision
        _note_places(list_pk, revision, of_list)


def _note_places(list_pk: int, revision: int, changes: Sequence[Change]) -> None:
    after = {c.entity.place_id for c in changes if c.entity.listed}
    seen = after | {c.was_at for c in changes if c.was_listed}
    ListPlace.objects.bulk_create(
        [
            ListPlace(entity_list_id=list_pk, place_id=place, revision=revision)
            for place in sorted(seen, key=lambda pk: pk or 0)
        ],
        update_conflicts=True,
        unique_fields=["entity_list", "place"],
        update_fields=["revision"],
    )
    EntityDeparture.objects.bulk_create(
        [
            EntityDeparture(
                entity_list_id=list_pk, entity_id=entity, place_id=place, revision=revision
            )
            for entity, place in (_left(change) for change in changes if _leaves(change))
        ]
    )


def _leaves(change: Change) -> bool:
    stays = change.entity.listed and change.entity.place_id == change.was_at
    return change.was_listed and not stays


def _left(change: Change) -> tuple[UUID, int | None]:
    return change.entity.pk, change.was_at
