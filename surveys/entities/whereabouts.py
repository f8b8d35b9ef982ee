"""Where an entity is: the deepest place that one of its properties names by code."""

from collections.abc import Mapping
from uuid import UUID

from surveys.places.models import Place

_LONGEST_CODE = 40


def places_named(data: Mapping[UUID, Mapping[str, str]]) -> dict[UUID, int]:
    """The place of each entity whose properties name one, as it is today: mergers are followed.

    One query for a whole batch.
    """
    codes = {v for values in data.values() for v in values.values() if len(v) <= _LONGEST_CODE}
    named = Place.objects.filter(code__in=codes).order_by().only("code", "level", "merged_into")
    today = named.today()
    places = {place.code: place for place in named}
    found: dict[UUID, int] = {}
    for pk, values in data.items():
        of_entity = [places[text] for text in values.values() if text in places]
        if of_entity:
            deepest = max(of_entity, key=lambda place: (place.level, place.code))
            found[pk] = today[deepest.pk].pk
    return found
