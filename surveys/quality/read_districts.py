"""with_districts: records with how far their point lies outside the district they name."""

from collections.abc import Mapping
from dataclasses import replace

from surveys.places.outlines import district_outlines
from surveys.places.outside import Polygons, kilometres_outside
from surveys.quality.facts import Record, point_of
from surveys.quality.load import Loaded


def with_districts(loaded: Loaded) -> Loaded:
    """The same records; where there is no point or no outline, nothing is known of them."""
    outlines = {area.code: area.geometry["coordinates"] for area in district_outlines()}
    records = [_placed(record, outlines) for record in loaded.records]
    return Loaded(records, loaded.held, loaded.datasets)


def _placed(record: Record, outlines: Mapping[str, Polygons]) -> Record:
    point, places = point_of(record), record.place.split("/")
    outline = outlines.get(places[2]) if len(places) > 2 else None
    if point is None or outline is None:
        return record
    return replace(record, outside_km=round(kilometres_outside(*point, outline), 1))
