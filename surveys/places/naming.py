"""The name of a place in the language of the reader, and lists of places by it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import get_language

from backend.alphabets import Key, alphabetical
from surveys.places.models import Place

_COLUMNS = {"ru": "name_ru", "ky": "name_local", "tg": "name_local"}  # else English


@dataclass(frozen=True, slots=True)
class PlaceChoice:
    """A place to choose in a filter."""

    code: str
    level: int
    name: str


def name_of(place: Place) -> str:
    """English where there is none in that language."""
    column = _COLUMNS.get((get_language() or "en").split("-")[0], "name_en")
    return str(getattr(place, column) or place.name_en)


def name_order(name: str) -> Key:
    """What to sort names by, in the language of the reader."""
    return alphabetical(name, get_language() or "en")


def in_tree(places: Iterable[Place]) -> list[Place]:
    """By name, each place after the one it lies in; of one that is not among them by its code."""
    told = list(places)
    names = {place.path: name_order(name_of(place)) for place in told}

    def steps(place: Place) -> list[Key]:
        codes = place.path.split("/")
        above = ("/".join(codes[:n]) for n in range(1, len(codes) + 1))
        return [names.get(path) or name_order(path) for path in above]

    return sorted(told, key=steps)


def place_choices(places: QuerySet[Place] | None) -> list[PlaceChoice]:
    """Oblasts, districts and cities of these places, or of all, as a filter offers them."""
    seen = Place.objects.all() if places is None else places
    shown = seen.filter(level__in=(Place.Level.OBLAST, Place.Level.DISTRICT)).defer("boundary")
    return [PlaceChoice(each.code, each.level, name_of(each)) for each in in_tree(shown)]
