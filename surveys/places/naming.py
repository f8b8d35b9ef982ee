"""The name of a place in the language of the reader."""

from django.utils.translation import get_language

from surveys.places.models import Place

_COLUMNS = {"ru": "name_ru", "ky": "name_local", "tg": "name_local"}  # else English


def name_of(place: Place) -> str:
    """English where there is none in that language."""
    column = _COLUMNS.get((get_language() or "en").split("-")[0], "name_en")
    return str(getattr(place, column) or place.name_en)
