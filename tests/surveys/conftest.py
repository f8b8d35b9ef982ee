"""A published form, and places to be in."""

import pytest

from surveys.places.models import Place
from surveys.xforms.models import Form
from tests.surveys.datasets.records import publish


@pytest.fixture
def form(db: None) -> Form:
    return publish()


@pytest.fixture
def osh(db: None) -> Place:
    """An oblast of Kyrgyzstan: the one Dilnoza supervises."""
    return _place("KG06000000000", None, 1)


@pytest.fixture
def alai(osh: Place) -> Place:
    return _place("KG06207000000", osh, 2)


@pytest.fixture
def naryn(db: None) -> Place:
    return _place("KG04000000000", None, 1)


def _place(code: str, parent: Place | None, level: int) -> Place:
    path = f"{parent.path}/{code}" if parent else f"KG/{code}"
    return Place.objects.create(code=code, parent=parent, level=level, path=path, name_en=code)
