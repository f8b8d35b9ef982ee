"""The tree changes: places are joined and parted, and every path leads through the places of today.

Records of the places are not looked at here; `surveys/lifecycle/places.py` has the verbs.
"""

from datetime import date

from django.db import connection, transaction

from backend.problems import Problem
from backend.said import Said
from surveys.places.models import Place

_LOCK_SPACE = 3  # of PostgreSQL's advisory locks: the tree of places


@transaction.atomic
def join_places(*, place: Place, into: Place, on: date) -> set[int]:
    """From this day on, `place` is a part of `into`. What lies below it lies below `into`: the
    keys of those places.

    Both must stand on one level, and neither be merged already, so no chain leads back to its
    beginning. Raises `Problem("place_merge_invalid")`.
    """
    _lock_tree()
    place.refresh_from_db(fields=["merged_into", "path"])
    into.refresh_from_db(fields=["merged_into", "path"])
    check_joining(place, into)
    place.merged_into, place.merged_on = into, on
    place.save(update_fields=["merged_into", "merged_on"])
    return refresh_paths()


@transaction.atomic
def part_place(*, place: Place) -> set[int]:
    """Undoes a merger; gives the keys of the places that lie below this one again.

    Raises `Problem("place_not_merged")`.
    """
    _lock_tree()
    place.refresh_from_db(fields=["merged_into", "merged_on"])
    if place.merged_into is None:
        raise Problem("place_not_merged", place=place.code)
    place.merged_into = place.merged_on = None
    place.save(update_fields=["merged_into", "merged_on"])
    return refresh_paths()


def check_joining(place: Place, into: Place) -> None:
    """Raises `Problem("place_merge_invalid")` where `join_places` would."""
    reason = _why_not(place, into)
    if reason:
        raise Problem("place_merge_invalid", place=place.code, into=into.code, reason=reason)


def hold_tree() -> None:
    """No places are merged until the end of the transaction: a record that is put somewhere now is
    seen by the merger that follows. Take it before any row that a merger changes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, 0)", [_LOCK_SPACE])


def refresh_paths() -> set[int]:
    """Makes every path what parents and mergers say; gives the keys of those that changed."""
    tree = {place.pk: place for place in Place.objects.defer("boundary").order_by("level")}
    changed = []
    for place in tree.values():  # parents stand on a level above, so they come first
        parent = tree.get(place.parent_id or 0)
        while parent is not None and parent.merged_into_id:
            parent = tree[parent.merged_into_id]
        path = f"{parent.path}/{place.code}" if parent else place.code
        if place.path != path:
            place.path = path
            changed.append(place)
    Place.objects.bulk_update(changed, ["path"], batch_size=1000)
    return {place.pk for place in changed}


def _why_not(place: Place, into: Place) -> Said | None:
    if place.pk == into.pk:
        return Said("they are the same place.")
    if place.merged_into_id:
        return Said("{place} was merged already.", place=place.code)
    if into.merged_into_id:
        return Said("{place} was merged itself; name the place it belongs to now.", place=into.code)
    if place.level != into.level:
        return Said("they do not stand on the same level.")
    return None


def _lock_tree() -> None:
    """One change of the tree at a time, and none while records are put into places."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK_SPACE])
