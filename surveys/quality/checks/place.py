"""Where: points that are missing, vague, the same, far away, or too fast to reach. Pure.

Findings hold distances and never the points themselves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt

from surveys.quality.checks.timing import NoLimits
from surveys.quality.facts import REGISTRATION, YES, Finding, Record, as_number, point_of
from surveys.quality.grouping import by_enumerator, by_key, homes, median_of, others

EARTH_KM = 6371.0
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Vague:
    metres: float = 50


@dataclass(frozen=True, slots=True)
class Same:
    """Decimals of a degree (5: about a metre) and households that share it."""

    decimals: float = 5
    households: float = 2


@dataclass(frozen=True, slots=True)
class Far:
    """Kilometres from the middle of the village, where enough of its points are known."""

    kilometres: float = 10
    least_points: float = 5


@dataclass(frozen=True, slots=True)
class Outside:
    """Kilometres beyond the border of the district: our outlines are drawn with few points."""

    kilometres: float = 2


@dataclass(frozen=True, slots=True)
class Countries:
    """Countries in which one tablet was on one day."""

    countries: float = 2


@dataclass(frozen=True, slots=True)
class Speed:
    """Kilometres an hour between two interviews, of those that lie apart at all."""

    kilometres_an_hour: float = 90
    least_kilometres: float = 2


def gps_missing(record: Record, limits: NoLimits) -> Iterator[Finding]:
    """A registration without a point; the family may have objected."""
    if record.form == REGISTRATION and record.code("consent") == YES and point_of(record) is None:
        yield Finding(record.id, "gps")


def gps_vague(record: Record, limits: Vague) -> Iterator[Finding]:
    point = record.answers.get("gps")
    metres = as_number(point.get("acc")) if isinstance(point, dict) else None
    if metres is not None and metres > limits.metres:
        yield Finding(record.id, "gps", measure={"metres": metres}, bounds={"most": limits.metres})


def gps_unmeasured(record: Record, limits: NoLimits) -> Iterator[Finding]:
    """A point of accuracy 0. No receiver has that: Collect writes it of a point that another app
    feigned (unless the form says `allow-mock-accuracy`) and of one set on a map by hand.
    """
    point = record.answers.get("gps")
    if isinstance(point, dict) and as_number(point.get("acc")) == 0:
        yield Finding(record.id, "gps")


def gps_repeated(records: Sequence[Record], limits: Same) -> Iterator[Finding]:
    """One point for several households: the forms were perhaps filled in at a table."""

    def spot(record: Record) -> Point | None:
        point, digits = point_of(record), int(limits.decimals)
        return None if point is None else (round(point[0], digits), round(point[1], digits))

    for group in by_key(records, spot).values():
        if (count := len(homes(group))) >= limits.households:
            for record in group:
                bounds = {"others": others(record, group)}
                yield Finding(record.id, "gps", measure={"households": count}, bounds=bounds)


def gps_far(records: Sequence[Record], limits: Far) -> Iterator[Finding]:
    """Far from the middle of the other points of its village: the medians of both degrees."""
    placed = [record for record in records if point_of(record) is not None]
    for group in by_key(placed, _village).values():
        points = [point for record in group if (point := point_of(record))]
        if len(points) < limits.least_points:
            continue
        middle = median_of(p[0] for p in points), median_of(p[1] for p in points)
        for record, point in zip(group, points, strict=True):
            away = round(kilometres(point, middle), 1)
            if away > limits.kilometres:
                bounds = {"most": limits.kilometres, "points": len(points)}
                yield Finding(record.id, "gps", measure={"kilometres": away}, bounds=bounds)


def gps_outside(records: Sequence[Record], limits: Outside) -> Iterator[Finding]:
    """A point outside the district that the record names."""
    for record in records:
        away = record.outside_km
        if away is not None and away > limits.kilometres:
            bounds = {"most": limits.kilometres}
            yield Finding(record.id, "gps", measure={"kilometres": away}, bounds=bounds)


def tablet_abroad(records: Sequence[Record], limits: Countries) -> Iterator[Finding]:
    """One tablet in two countries on one day: its id was copied, or a place is wrong."""

    def day(record: Record) -> tuple[str, date] | None:
        tablet = record.code("deviceid")
        return (tablet, record.started.date()) if tablet and record.started else None

    for group in by_key([r for r in records if r.country], day).values():
        if (count := len({record.country for record in group})) >= limits.countries:
            for record in group:
                bounds = {"others": others(record, group)}
                yield Finding(record.id, "deviceid", measure={"countries": count}, bounds=bounds)


def travel_fast(records: Sequence[Record], limits: Speed) -> Iterator[Finding]:
    """From one interview to the next faster than the roads allow, as the crow flies."""
    for theirs in by_enumerator([r for r in records if point_of(r)], timed=True).values():
        for before, after in pairwise(theirs):
            found = _journey(before, after)
            if found is None or found[0] < limits.least_kilometres:
                continue
            away, hours = found
            speed = away / hours if hours > 0 else float("inf")
            if speed > limits.kilometres_an_hour:
                measure = {"kilometres": round(away, 1), "minutes": round(hours * 60)}
                bounds = {"most": limits.kilometres_an_hour, "others": [str(before.id)]}
                yield Finding(after.id, "gps", measure=measure, bounds=bounds)


def kilometres(one: Point, other: Point) -> float:
    """The great circle between two points in degrees (haversine)."""
    lat, lon, lat_2, lon_2 = map(radians, (*one, *other))
    half = sin((lat_2 - lat) / 2) ** 2 + cos(lat) * cos(lat_2) * sin((lon_2 - lon) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(half, 1.0)))


def _journey(before: Record, after: Record) -> tuple[float, float] | None:
    """Kilometres and hours."""
    here, there = point_of(before), point_of(after)
    if here is None or there is None or before.ended is None or after.started is None:
        return None
    return kilometres(here, there), (after.started - before.ended).total_seconds() / 3600


def _village(record: Record) -> str | None:
    village = record.code("village")
    if village == "other":
        return None
    return village or record.place or None
