"""merge_place and undo_merge: the tree changes, and the records of the place follow.

Tablets away keep naming the old code for weeks: those records come to the place of today as well,
flagged `place_merged`.
"""

from datetime import date

from django.db import transaction
from django.db.models import Q

from backend.accounts.models import User
from backend.audit.log import log_event
from surveys.cleaning.models import CleanRow
from surveys.entities.models import Entity
from surveys.entities.moved import note_moved
from surveys.places.models import Place
from surveys.places.tree import join_places, part_place
from surveys.submissions.models import Submission

State = Submission.State


@transaction.atomic
def merge_place(*, place: Place, into: Place, on: date, by: User | None = None) -> int:
    """Joins a place to another of its level; its records, households and entities follow as soon
    as the worker has processed them again. Returns how many records that are.

    Raises `Problem("place_merge_invalid")`.
    """
    note_moved(join_places(place=place, into=into, on=on), left=place)
    records = _process_again(place)
    log_event("place.merged", by=by, target=place, code=place.code, into=into.code, records=records)
    return records


@transaction.atomic
def undo_merge(*, place: Place, by: User | None = None) -> int:
    """Makes the place stand for itself again, and gives it back its records.

    Raises `Problem("place_not_merged")`.
    """
    today = Place.objects.filter(pk=place.pk).today()[place.pk]
    note_moved(part_place(place=place), left=today)
    records = _process_again(today)
    log_event("place.parted", by=by, target=place, code=place.code, records=records)
    return records


def _process_again(place: Place) -> int:
    """Puts the records of the place back into the queue, and those that made its entities."""
    rows = CleanRow.objects.filter(place=place, repeat="")
    entities = Entity.objects.filter(place=place, submission__isnull=False)
    records = Submission.objects.filter(
        Q(pk__in=rows.values("submission")) | Q(pk__in=entities.values("submission")),
        state=State.PROCESSED,
    )
    return records.update(state=State.RECEIVED, attempts=0, try_after=None, error="")
