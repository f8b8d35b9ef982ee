"""The name of a place in the language of the reader, and lists of places by it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import get_language

from backend.alphabets import Key, alphabetical
from surveys.places.models import Place

NAME_COLUMNS = ("name_en", "name_ru", "name_local")
_COLUMNS = {"ru": "name_ru", "ky": "name_local", "tg": "name_local"}  # else English


@dataclass(frozen=True, slots=True)
class PlaceChoice:
    """A place to choose in a filter."""

    code: str
    level: int
    name: str


def name_of(place: Place) -> str:
    """English where there is none in that language."""
    return str(getattr(place, _column()) or place.name_en)


def names_of(places: QuerySet[Place]) -> dict[str, str]:
    """Code → name, in one query."""
    return {place.code: name_of(place) for place in places.only("code", *NAME_COLUMNS)}


def names_of_codes(codes: Iterable[str]) -> list[str]:
    """Each code's name as it stands in the reader's language; an unknown code as it is."""
    told = list(codes)
    names = names_of(Place.objects.filter(code__in=told)) if told else {}
    return [names.get(code, code) for code in told]


def name_at(relation: str) -> Coalesce:
    """The same in SQL, of the place that a row leads to: for rows that are read as plain values."""
    name, english = F(f"{relation}__{_column()}"), F(f"{relation}__name_en")
    own = NullIf(name, Value(""), output_field=CharField())
    return Coalesce(own, english, Value(""))


def _column() -> str:
    return _COLUMNS.get((get_language() or "en").split("-")[0], "name_en")


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
