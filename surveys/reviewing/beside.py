"""What stands beside a record's answers: its pictures, and where it was filled."""

from collections.abc import Iterator
from typing import Any

from surveys.cleaning.models import CleanRow
from surveys.places.models import Place
from surveys.privacy.access import coarse_keys, masked_keys
from surveys.privacy.redact import coarsen
from surveys.reviewing.answers import RecordReader
from surveys.reviewing.spot import Ring, Spot, draw_spot
from surveys.submissions.models import Attachment

PICTURES = ("image/jpeg", "image/png", "image/webp")
MOST_PICTURES = 12
_DISTRICT = 2  # position of the district's code in a path


def pictures_of(record: CleanRow) -> list[Attachment]:
    """Of all editions: files that came with any of them belong to the record."""
    files = Attachment.objects.filter(
        submission__record_id=record.pk, alternate=0, content_type__in=PICTURES
    )
    return list(files.order_by("pk")[:MOST_PICTURES])


def spot_of(record: CleanRow, answers: RecordReader) -> Spot | None:
    """The first point of the record, as exact as its reader may see it."""
    fields = [c.field for c in answers.dataset.root.columns if c.field.type == "geopoint"]
    coarse = coarse_keys(answers.user, fields, granted=answers.granted)
    hidden = masked_keys(answers.user, fields, granted=answers.granted) - coarse.keys()
    for field in fields:
        point = record.values.get(field.key)
        if field.key in coarse:
            point = coarsen(coarse[field.key], point)
        if point and field.key not in hidden:
            return draw_spot(point["lat"], point["lon"], _outlines(record.place))
    return None


def _outlines(place: Place | None) -> Iterator[Ring]:
    """The outer rings of the district, as GeoJSON has them."""
    codes = place.path.split("/")[_DISTRICT : _DISTRICT + 1] if place else []
    shape: Any = (
        Place.objects.filter(code__in=codes, boundary__isnull=False)
        .values_list("boundary", flat=True)
        .first()
    )
    if not shape:
        return
    polygons = shape["coordinates"]
    for polygon in [polygons] if shape["type"] == "Polygon" else polygons:
        yield [(float(corner[0]), float(corner[1])) for corner in polygon[0]]
