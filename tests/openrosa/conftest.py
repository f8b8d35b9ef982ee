"""A published form, an enrolled tablet, and records to send."""

import hashlib
import uuid
from pathlib import Path

import pytest
from django.test import Client

from surveys.xforms.models import Form, FormVersion
from sync.auth import forget_callers
from sync.enrol import Enrolled, enrol_device
from tests.device import Tablet, client_door

ORIGIN = "http://testserver"


@pytest.fixture(autouse=True)
def _fresh_door(settings: object, tmp_path: Path) -> None:
    """Attachments of one test are not those of another, and no caller is remembered."""
    settings.MEDIA_ROOT = tmp_path / "attachments"
    forget_callers()


def make_form(form_id: str = "visit", version: str = "20260901", title: str = "Home visit") -> Form:
    """A form with one version, published without a workbook."""
    form, _ = Form.objects.get_or_create(form_id=form_id, defaults={"title": title})
    form.current = make_version(form, version)
    form.save()
    return form


def make_version(form: Form, version: str, entity_lists: tuple[str, ...] = ()) -> FormVersion:
    xform = (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">'
        f"<h:head><h:title>{form.title}</h:title><model><instance>"
        f'<data id="{form.form_id}" version="{version}"><name/></data>'
        "</instance></model></h:head><h:body/></h:html>"
    ).encode()
    return FormVersion.objects.create(
        form=form,
        version=version,
        title=form.title,
        xlsform=b"",
        xform=xform,
        md5=hashlib.md5(xform).hexdigest(),
        schema_json={
            "form_id": form.form_id,
            "version": version,
            "title": form.title,
            "languages": [""],
            "fields": [],
            "repeats": [],
            "entities": [],
            "entity_lists": list(entity_lists),
            "media": [],
        },
    )


def make_record(
    instance_id: str | None = "",
    *,
    name: str = "Ali",
    form_id: str = "visit",
    version: str = "20260901",
    deprecated_id: str = "",
) -> bytes:
    """An instance as Collect writes it; a new instanceID unless one is given, none for None."""
    ids = ""
    if instance_id is not None:
        ids += f"<orx:instanceID>{instance_id or f'uuid:{uuid.uuid4()}'}</orx:instanceID>"
    if deprecated_id:
        ids += f"<orx:deprecatedID>{deprecated_id}</orx:deprecatedID>"
    return (
        "<?xml version='1.0' ?>"
        f'<data id="{form_id}" version="{version}" xmlns:orx="http://openrosa.org/xforms">'
        f"<name>{name}</name><orx:meta>{ids}</orx:meta></data>"
    ).encode()


@pytest.fixture
def form(db: None) -> Form:
    return make_form()


@pytest.fixture
def enrolled(db: None) -> Enrolled:
    return enrol_device(name="Tablet 1")


@pytest.fixture
def tablet(enrolled: Enrolled) -> Tablet:
    return Tablet(enrolled.server_url(ORIGIN), client_door(Client(enforce_csrf_checks=True)))
