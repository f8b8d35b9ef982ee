"""Where an entity is: the deepest place that one of its properties names by code."""

from collections.abc import Mapping
from uuid import UUID

from surveys.places.models import Place

_LONGEST_CODE = 40
_MOST_MERGERS = 10  # of one place; more would be a circle


def places_named(data: Mapping[UUID, Mapping[str, str]]) -> dict[UUID, int]:
    """The place of each entity whose properties name one; a merged place stands for its successor.

    Two queries for a whole batch.
    """
    codes = {v for values in data.values() for v in values.values() if len(v) <= _LONGEST_CODE}
    wanted = Place.objects.filter(code__in=codes).order_by()
    places = {p.code: p for p in wanted.only("code", "level", "merged_into")}
    found: dict[UUID, int] = {}
    for pk, values in data.items():
        named = [places[v] for v in values.values() if v in places]
        if named:
            found[pk] = max(named, key=lambda place: (place.level, place.code)).pk
    successors = _successors({p.pk: p.merged_into_id for p in places.values()})
    return {pk: successors.get(place, place) for pk, place in found.items()}


def _successors(merged: Mapping[int, int | None]) -> dict[int, int]:
    """Where each merged place's records belong now, over several mergers too."""
    ends = {old: new for old, new in merged.items() if new is not None}
    for _ in range(_MOST_MERGERS if ends else 0):
        further = dict(
            Place.objects.filter(pk__in=set(ends.values()), merged_into__isnull=False)
            .order_by()
            .values_list("pk", "merged_into_id")
        )
        if not further:
            break
        ends = {old: further.get(new, new) for old, new in ends.items()}
    return ends
