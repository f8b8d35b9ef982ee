"""Days and moments that were kept as text, as the reader's language writes them."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format

DAY_LETTERS = 10  # 2014-06-05


def written_moment(text: str) -> str:
    """An ISO 8601 day or moment, the moment by the server's zone; any other text as it is."""
    try:
        if len(text) == DAY_LETTERS:
            return date_format(date.fromisoformat(text), "SHORT_DATE_FORMAT")
        if text[DAY_LETTERS : DAY_LETTERS + 1] == "T":
            moment = datetime.fromisoformat(text)
            here = timezone.localtime(moment) if timezone.is_aware(moment) else moment
            return date_format(here, "SHORT_DATETIME_FORMAT")
    except ValueError:
        pass
    return text
