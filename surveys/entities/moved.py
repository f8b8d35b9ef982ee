"""note_moved: places that now lie elsewhere in the tree, with all that tablets know of them."""

from collections.abc import Collection

from surveys.entities.lists import Change, lock_lists, note_changes
from surveys.entities.models import Entity
from surveys.places.models import Place


def note_moved(places: Collection[int], *, left: Place) -> None:
    """The entities of these places are new to who sees them there, and gone for who saw them
    below `left` and no longer does. Runs inside the caller's transaction.
    """
    moved = Entity.objects.filter(place__in=places)
    if not moved.exists():
        return
    lock_lists()
    entities = list(moved)
    note_changes([Change(each, was_listed=each.listed, was_at=left.pk) for each in entities])
    Entity.objects.bulk_update(entities, ["revision"], batch_size=1000)
