"""Enrolling and revoking tablets, and what their QR code says (openrosa.md C1 to C3)."""

import base64
import json
import stat
import zlib
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.places.models import Place
from sync.enrol import enrol_device, revoke_device
from sync.models import Device
from sync.qr import MAX_QR_LENGTH, collect_settings, qr_png, qr_text

SERVER_URL = "https://survey.example/key/" + "x" * 43


def unpacked(text: str) -> dict[str, dict[str, object]]:
    """As Collect reads a code."""
    return json.loads(zlib.decompress(base64.b64decode(text, validate=True)))


def test_C1_the_code_is_base64_of_zlib_of_json_and_short() -> None:
    settings = collect_settings(server_url=SERVER_URL, name="Планшет «Ош» № 7" * 8)
    text = qr_text(settings)

    assert unpacked(text) == settings
    assert "\n" not in text
    assert len(text) < MAX_QR_LENGTH
    assert qr_png(text).startswith(b"\x89PNG")


def test_C2_general_and_admin_are_always_there() -> None:
    settings = unpacked(qr_text(collect_settings(server_url=SERVER_URL, name="a")))

    assert settings["general"]["server_url"] == SERVER_URL
    assert settings["admin"] == {}
    assert settings["project"]["name"] == "a"


def test_C3_every_setting_is_one_collect_knows_with_a_value_it_takes() -> None:
    general = collect_settings(server_url=SERVER_URL, name="a")["general"]
    known = {
        "server_url": {SERVER_URL},
        "form_update_mode": {"manual", "previously_downloaded", "match_exactly"},
        "periodic_form_updates_check": {
            "every_fifteen_minutes",
            "every_one_hour",
            "every_six_hours",
            "every_24_hours",
        },
        "autosend": {"off", "wifi_only", "cellular_only", "wifi_and_cellular"},
    }

    assert general.keys() <= known.keys()
    for name, value in general.items():
        assert value in known[name]


@pytest.mark.django_db
def test_only_the_tokens_digest_is_kept(alice: User) -> None:
    enrolled = enrol_device(name="Tablet 7", by=alice)

    stored = Device.objects.get()
    assert enrolled.token not in str(Device.objects.values().get())
    assert stored.tokens.get().digest != enrolled.token
    event = AuditEvent.objects.get(action="device.enrolled")
    assert (event.by, event.device_id) == (alice, stored.pk)


@pytest.mark.django_db
def test_a_tablet_may_be_for_places() -> None:
    Place.objects.create(code="KG06", level=1, path="KG/KG06", name_en="Osh")

    device = enrol_device(name="Tablet", place_codes=["KG06"]).device

    assert [place.code for place in device.places.all()] == ["KG06"]


@pytest.mark.django_db
def test_an_unknown_place_enrols_nothing() -> None:
    with pytest.raises(Problem, match="place_unknown"):
        enrol_device(name="Tablet", place_codes=["nowhere"])
    assert not Device.objects.exists()


@pytest.mark.django_db
def test_revoking_twice_is_one_event(alice: User) -> None:
    device = enrol_device(name="Tablet").device

    revoke_device(device=device, by=alice)
    first = device.revoked_at
    revoke_device(device=device, by=alice)

    assert first is not None
    assert device.revoked_at == first
    assert AuditEvent.objects.filter(action="device.revoked").count() == 1


@pytest.mark.django_db
def test_the_command_prints_what_a_tablet_needs(settings: object, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    out = StringIO()

    call_command("enrol_device", "Tablet 7", url="https://survey.example/", stdout=out)

    lines = dict(line.split(":", 1) for line in out.getvalue().splitlines())
    token = lines["Token"].strip()
    assert lines["Server URL"].strip() == f"https://survey.example/key/{token}"
    image = Path(lines["QR code"].strip())
    assert image.read_bytes().startswith(b"\x89PNG")
    assert stat.S_IMODE(image.stat().st_mode) == 0o600


@pytest.mark.django_db
def test_the_command_says_when_a_place_is_unknown() -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("enrol_device", "Tablet 7", places=["nowhere"])


def enrol_in_console(client: Client) -> str:
    page = client.post("/admin/sync/device/add/", {"name": "Tablet 9"})
    assert page.status_code == 200
    return page.content.decode()


def test_a_supervisor_enrols_in_the_console_and_sees_the_code_once(as_dilnoza: Client) -> None:
    page = enrol_in_console(as_dilnoza)

    device = Device.objects.get(name="Tablet 9")
    assert "data:image/png;base64," in page
    assert "http://testserver/key/" in page
    listed = as_dilnoza.get("/admin/sync/device/").content.decode()
    opened = as_dilnoza.get(f"/admin/sync/device/{device.pk}/change/").content.decode()
    assert "Tablet 9" in listed
    assert "/key/" not in listed + opened


def test_a_supervisor_ends_access_in_the_console(as_dilnoza: Client) -> None:
    device = enrol_device(name="Tablet").device

    chosen = {"action": "revoke", "_selected_action": [device.pk]}
    as_dilnoza.post("/admin/sync/device/", chosen)

    device.refresh_from_db()
    assert device.revoked_at is not None


def test_an_analyst_enrols_nothing(as_bob: Client) -> None:
    assert as_bob.post("/admin/sync/device/add/", {"name": "Tablet 9"}).status_code in {302, 403}
    assert not Device.objects.exists()
