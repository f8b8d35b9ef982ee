"""The programme's forms, and records of them as cleaning leaves them."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from surveys.cleaning.models import CleanRow
from surveys.places.models import Place
from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record, publish
from tests.surveys.datasets.season import INCOME, MEMBER, schema_of
from tests.surveys.quality.invented import ANSWERS, CHILD, CRAFT, HEAD

Registered = Callable[..., CleanRow]


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.EXPORT_DIR = tmp_path


@pytest.fixture
def registration(db: None) -> Form:
    return publish(schema_of("registration"))


@pytest.fixture
def registered(registration: Form, alai: Place) -> Registered:
    """A plain family in Alai, one card each, with answers and places of the test's own."""
    cards = iter(range(10_000))

    def make(*, place: Place | None = None, **answers: Any) -> CleanRow:
        number = next(cards)
        started = f"2014-06-03T{4 + number % 8:02}:00:00.000+00:00"
        ended = f"2014-06-03T{4 + number % 8:02}:40:00.000+00:00"
        told = {
            **ANSWERS,
            "card_no": f"KG-06-{number:05}",
            "enum_code": f"K{number:03}",
            "gps": {"lat": 39.65 + number / 1e4, "lon": 72.97, "alt": 900.0, "acc": 8.0},
            "start": started,
            "end": ended,
            **answers,
        }
        return make_record(
            registration,
            {name: value for name, value in told.items() if value is not None},
            repeats={MEMBER: [HEAD, CHILD], INCOME: [CRAFT]},
            place=place or alai,
            household=uuid.uuid4(),
        )

    return make
