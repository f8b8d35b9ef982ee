"""A tablet of the JSON sync API."""

from pathlib import Path

import pytest
from django.test import Client

from surveys.places.models import Place
from surveys.xforms.models import Form
from sync.auth import forget_callers
from sync.enrol import Enrolled, enrol_device
from tests.openrosa.conftest import make_form
from tests.surveys.household_forms import REGISTRATION, SERVICE, publish
from tests.sync.api.device import JsonTablet
from tests.sync.api.holdings import Holdings


@pytest.fixture(autouse=True)
def _fresh_door(settings: object, tmp_path: Path) -> None:
    """Attachments of one test are not those of another, and no caller is remembered."""
    settings.MEDIA_ROOT = tmp_path / "attachments"
    forget_callers()


@pytest.fixture
def form(db: None) -> Form:
    return make_form()


@pytest.fixture
def enrolled(db: None) -> Enrolled:
    return enrol_device(name="Tablet 1")


@pytest.fixture
def tablet(enrolled: Enrolled) -> JsonTablet:
    return JsonTablet(Client(enforce_csrf_checks=True), enrolled.token)


@pytest.fixture
def _forms(db: None) -> None:
    """A form that registers households, and one that chooses from them."""
    publish(REGISTRATION)
    publish(SERVICE)


def make_place(code: str, parent: Place | None = None) -> Place:
    path = f"{parent.path}/{code}" if parent else f"KG/{code}"
    level = parent.level + 1 if parent else 1
    return Place.objects.create(code=code, parent=parent, level=level, path=path, name_en=code)


@pytest.fixture
def alai(db: None) -> Place:
    return make_place("KG06207000000")


@pytest.fixture
def gulcho(alai: Place) -> Place:
    return make_place("KG06207000000-V01", alai)


@pytest.fixture
def kara_suu(db: None) -> Place:
    return make_place("KG06226000000")


def new_tablet(*places: Place) -> JsonTablet:
    enrolled = enrol_device(name="Tablet", place_codes=[place.code for place in places])
    return JsonTablet(Client(enforce_csrf_checks=True), enrolled.token)


def new_holdings(*places: Place) -> Holdings:
    return Holdings(new_tablet(*places))
