"""Shares as the reader's language writes them: 39.3% in English, 39,3 % in the others."""

from django.utils.formats import number_format
from django.utils.translation import get_language

NO_BREAK_SPACE = "\u00a0"


def written_percent(share: float, digits: int = 0) -> str:
    """A share of one as per cent, rounded to so many digits."""
    number = round(100 * share, digits)
    words = number_format(number, digits, use_l10n=True, force_grouping=True)
    between = "" if (get_language() or "en").startswith("en") else NO_BREAK_SPACE
    return f"{words}{between}%"
