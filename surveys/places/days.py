"""Since when "since yesterday" is: the civil days of the country where a thing happened."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

ZONES = {"KG": ZoneInfo("Asia/Bishkek"), "TJ": ZoneInfo("Asia/Dushanbe")}
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Since:
    """Yesterday's first moment by country; `elsewhere` for what has no place."""

    by_country: dict[str, datetime]
    elsewhere: datetime

    @property
    def earliest(self) -> datetime:
        return min(self.elsewhere, *self.by_country.values())

    def of(self, moment: str, path: str) -> Q:
        """What happened since: `moment` and `path` name the columns of the time and of the path of
        the place.
        """
        found = Q(**{f"{moment}__gte": self.elsewhere}) & self._nowhere(path)
        for country, began in self.by_country.items():
            here = Q(**{f"{path}__startswith": country})
            found |= here & Q(**{f"{moment}__gte": began})
        return found

    def _nowhere(self, path: str) -> Q:
        named = Q(pk__in=[])
        for country in self.by_country:
            named |= Q(**{f"{path}__startswith": country})
        return Q(**{f"{path}__isnull": True}) | ~named


def since_yesterday(now: datetime, elsewhere: ZoneInfo) -> Since:
    """`elsewhere`: the zone of what has no place."""
    return Since(
        {country: _yesterday(now, zone) for country, zone in ZONES.items()},
        _yesterday(now, elsewhere),
    )


def _yesterday(now: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(now.astimezone(zone).date() - DAY, time(), zone)
