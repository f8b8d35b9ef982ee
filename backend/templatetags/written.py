"""What is kept plainly, as the page's language writes it: `{% load written %}{{ day|moment }}`."""

import re

from django import template
from django.utils.translation import get_language_info

from backend.moments import written_moment
from backend.percents import written_percent

register = template.Library()
register.filter("moment", written_moment)
_CODE = re.compile(r"\(([a-z]{2,3})\)\s*$")


@register.filter
def per_cent(number: float) -> str:
    """A whole number that is per cent already, with its sign."""
    return written_percent(number / 100)


@register.filter
def own_name(language: str) -> str:
    """A form's language, `Kyrgyz (ky)`, in its own words; as the form has it where unknown."""
    found = _CODE.search(language or "")
    try:
        return str(get_language_info(found[1])["name_local"]).capitalize() if found else language
    except KeyError:
        return language
