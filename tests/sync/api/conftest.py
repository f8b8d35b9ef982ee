"""A tablet of the JSON sync API."""

from pathlib import Path

import pytest
from django.test import Client

from surveys.xforms.models import Form
from sync.auth import forget_callers
from sync.enrol import Enrolled, enrol_device
from tests.openrosa.conftest import make_form
from tests.sync.api.device import JsonTablet


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
