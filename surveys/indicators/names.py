"""Names of places for outputs, in the language of the reader where there is one."""

from surveys.places.models import Place
from surveys.places.naming import names_of


def place_names() -> dict[str, str]:
    """Code → name of countries, oblasts and districts, in one query."""
    return names_of(Place.objects.filter(level__lte=Place.Level.DISTRICT))
