"""The places that an address names: `?place=A&place=B`, each with everything below it."""

from functools import reduce
from operator import or_

from django.http import QueryDict

from backend.problems import Problem
from backend.said import Said
from surveys.places.models import Place, PlaceQuerySet

MOST_PLACES = 50


def chosen_codes(query: QueryDict) -> tuple[str, ...]:
    """As named, each once. Raises `Problem("value_invalid")`."""
    codes = tuple(dict.fromkeys(code for code in query.getlist("place") if code))
    if len(codes) > MOST_PLACES:
        reason = Said("at most {most}", most=MOST_PLACES)
        raise Problem("value_invalid", field="place", reason=reason)
    return codes


def places_below(codes: tuple[str, ...]) -> PlaceQuerySet:
    """All of them where none is named. Raises `Problem("place_unknown")`."""
    below = (Place.objects.at_or_below(Place.objects.find(code)) for code in codes)
    return reduce(or_, below) if codes else Place.objects.all()
