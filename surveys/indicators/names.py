"""Names of places for outputs, in the language of the reader where there is one."""

from django.utils.translation import get_language

from surveys.places.models import Place


def place_names() -> dict[str, str]:
    """Code → name of countries, oblasts and districts, in one query."""
    language = get_language() or "en"
    column = {"ru": "name_ru", "ky": "name_local", "tg": "name_local"}.get(language, "name_en")
    rows = Place.objects.filter(level__lte=Place.Level.DISTRICT)
    named = rows.values_list("code", column, "name_en")
    return {code: name or english or code for code, name, english in named}
