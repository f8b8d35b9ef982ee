"""What stands beside a record's answers: where it was filled, and its pictures."""

from dataclasses import replace

import pytest
from django.test import Client

from surveys.places.models import Place
from surveys.reviewing.spot import HEIGHT, WIDTH, draw_spot
from surveys.submissions.models import Attachment
from surveys.xforms.models import Form
from tests.surveys.datasets.records import SCHEMA, make_record, publish

SQUARE = [(72.0, 39.0), (74.0, 39.0), (74.0, 41.0), (72.0, 41.0), (72.0, 39.0)]
POINT = {"lat": 40.51234, "lon": 72.81234, "alt": None, "acc": 5.0}


def test_point_stands_where_it_is_in_its_district() -> None:
    spot = draw_spot(40.5, 72.5, [SQUARE])
    middle = draw_spot(40.0, 73.0, [SQUARE])
    assert (middle.x, middle.y) == (WIDTH / 2, HEIGHT / 2)
    assert spot.x < middle.x
    assert spot.y < middle.y
    assert len(spot.outlines) == 1


@pytest.mark.parametrize("rings", [[], [[(72.8, 40.5)]]])
def test_point_alone_is_drawn_in_the_middle(rings: list[list[tuple[float, float]]]) -> None:
    spot = draw_spot(40.5, 72.8, rings)
    assert (spot.x, spot.y) == (WIDTH / 2, HEIGHT / 2)


def test_point_is_as_exact_as_its_reader_may_see(as_dilnoza: Client, alai: Place) -> None:
    fields = tuple(replace(f, privacy="quasi") if f.key == "gps" else f for f in SCHEMA.fields)
    form = publish(replace(SCHEMA, fields=fields))
    alai.boundary = {"type": "Polygon", "coordinates": [SQUARE]}
    alai.save()
    record = make_record(form, {"gps": POINT}, place=alai)
    page = as_dilnoza.get(f"/records/visit/{record.pk}/").content.decode()
    assert "40.51, 72.81" in page
    assert 'class="spot"' in page
    assert "40.51234" not in page
    as_dilnoza.post("/review/reason/", {"reason": "comparing with the paper list"})
    assert "40.51234" in as_dilnoza.get(f"/records/visit/{record.pk}/").content.decode()


def test_pictures_are_shown_once_there_is_a_reason(
    as_dilnoza: Client, form: Form, alai: Place
) -> None:
    record = make_record(form, {}, place=alai)
    photo = Attachment.objects.create(
        submission=record.submission, name="a.jpg", sha256="0" * 64, size=1,
        content_type="image/jpeg",
    )  # fmt: skip
    where = f"/links/photos/{photo.pk}/"
    page = as_dilnoza.get(f"/records/visit/{record.pk}/").content.decode()
    assert "1 picture, shown once" in page
    assert where not in page
    as_dilnoza.post("/review/reason/", {"reason": "comparing with the paper list"})
    assert where in as_dilnoza.get(f"/records/visit/{record.pk}/").content.decode()
