"""How a place is named on a page."""

from django import template

from surveys.places.models import Place
from surveys.places.naming import name_of

register = template.Library()


@register.filter
def place_name(place: Place | None) -> str:
    """In the language of the reader; nothing where there is no place."""
    return name_of(place) if place else ""
