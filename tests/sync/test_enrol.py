"""Enrolling and revoking tablets, and what their QR code says (openrosa.md C1 to C3)."""

import base64
import json
import math
import stat
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from backend.accounts.models import User
from backend.accounts.tokens import token_digest
from backend.audit.models import AuditEvent
from backend.problems import Problem
from surveys.places.models import Place
from surveys.rounds.models import Round, Survey
from sync.digest import hash_password
from sync.enrol import (
    READABLE,
    enrol_device,
    make_enrolment_code,
    restore_device,
    revoke_device,
    rotate_token,
    set_password,
    use_enrolment_code,
)
from sync.models import Device, EnrolmentCode
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
def test_a_tablet_may_be_for_rounds() -> None:
    survey = Survey.objects.create(code="rmp", name="Programme")
    Round.objects.create(survey=survey, code="baseline", name="Baseline")

    device = enrol_device(name="Tablet", round_codes=["baseline"]).device

    assert [each.round.code for each in device.assignments.all()] == ["baseline"]
    with pytest.raises(Problem, match="round_unknown"):
        enrol_device(name="Tablet", round_codes=["endline"])
    assert Device.objects.count() == 1


@pytest.mark.django_db
def test_sync_1_a_code_gives_a_token_once() -> None:
    device = enrol_device(name="Tablet 7").device
    code = make_enrolment_code(device=device)

    typed = code.upper().replace("-", " ")
    enrolled = use_enrolment_code(code=typed, name="mine", app="collector 1", platform="Android 9")

    assert enrolled.device == device
    assert enrolled.device.tokens.get(replaced_at=None).digest == token_digest(enrolled.token)
    device.refresh_from_db()
    assert (device.name, device.app, device.platform) == ("Tablet 7", "collector 1", "Android 9")
    with pytest.raises(Problem, match="code_invalid"):
        use_enrolment_code(code=code)
    assert code not in str(EnrolmentCode.objects.values())


@pytest.mark.django_db
def test_sync_1_a_code_ends_after_72_hours() -> None:
    code = make_enrolment_code(device=enrol_device(name="Tablet").device)
    EnrolmentCode.objects.update(expires_at=F("expires_at") - timedelta(hours=72))

    with pytest.raises(Problem, match="code_invalid"):
        use_enrolment_code(code=code)


@pytest.mark.django_db
def test_sync_1_a_new_code_ends_the_one_before_and_so_does_the_end_of_access() -> None:
    device = enrol_device(name="Tablet").device
    first, second = make_enrolment_code(device=device), make_enrolment_code(device=device)
    revoke_device(device=device)

    for code in (first, second):
        with pytest.raises(Problem, match="code_invalid"):
            use_enrolment_code(code=code)


@pytest.mark.django_db
def test_sync_1_who_guesses_codes_waits_a_minute_and_others_do_not() -> None:
    code = make_enrolment_code(device=enrol_device(name="Tablet").device)
    for _ in range(10):
        with pytest.raises(Problem, match="code_invalid"):
            use_enrolment_code(code="wrong", address="192.0.2.1")

    with pytest.raises(Problem, match="too_many_requests"):
        use_enrolment_code(code=code, address="192.0.2.1")
    assert use_enrolment_code(code=code, address="192.0.2.2").token


@pytest.mark.django_db(transaction=True)
def test_sync_1_a_code_used_twice_in_one_moment_gives_one_token() -> None:
    device = enrol_device(name="Tablet").device
    code = make_enrolment_code(device=device)
    gate = threading.Barrier(4)

    def use(_: int) -> bool:
        gate.wait()
        try:
            return bool(use_enrolment_code(code=code).token)
        except Problem:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(use, range(4))) == 1
    assert device.tokens.filter(replaced_at=None).count() == 1


@pytest.mark.django_db
def test_a_password_can_be_read_from_paper_and_holds_70_bits(alice: User) -> None:
    device = enrol_device(name="Tablet").device

    name, password = set_password(device=device, by=alice)

    letters = password.replace("-", "")
    assert name == f"tablet{device.pk}"
    assert set(letters) <= set(READABLE)
    assert len(letters) * math.log2(len(READABLE)) > 70
    assert not set(READABLE) & set("0o1li")
    assert password not in str(Device.objects.values().get())


@pytest.mark.django_db
def test_a_tablets_name_is_nobodys_account() -> None:
    device = enrol_device(name="Tablet").device
    User.objects.create_user(username=f"tablet{device.pk}", password="x" * 12)

    name, _ = set_password(device=device)

    assert not User.objects.filter(username=name).exists()


@pytest.mark.django_db
def test_who_has_no_access_gets_nothing_new_until_it_is_restored(alice: User) -> None:
    device = enrol_device(name="Tablet").device
    revoke_device(device=device)
    for verb in (rotate_token, set_password, make_enrolment_code):
        with pytest.raises(Problem, match="device_revoked"):
            verb(device=device)

    restore_device(device=device, by=alice)
    restore_device(device=device, by=alice)

    assert rotate_token(device=device)
    assert AuditEvent.objects.filter(action="device.restored", by=alice).count() == 1


@pytest.mark.django_db
def test_every_verb_is_in_the_audit_log_without_a_secret(alice: User) -> None:
    enrolled = enrol_device(name="Tablet", by=alice)
    device = enrolled.device
    secrets = [
        enrolled.token,
        rotate_token(device=device, by=alice),
        set_password(device=device, by=alice)[1],
        code := make_enrolment_code(device=device, by=alice),
        use_enrolment_code(code=code).token,
    ]
    revoke_device(device=device, by=alice)

    events = AuditEvent.objects.filter(device_id=device.pk).order_by("id")
    assert [event.action for event in events] == [
        "device.enrolled",
        "device.token_rotated",
        "device.password_set",
        "device.code_made",
        "device.code_used",
        "device.revoked",
    ]
    assert not [secret for secret in secrets if secret in str(events.values())]


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


@pytest.mark.django_db
def test_the_command_makes_a_password_and_a_code_where_asked(
    settings: object, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    out = StringIO()

    call_command("enrol_device", "Tablet 7", password=True, code=True, stdout=out)

    pairs = (line.split(":", 1) for line in out.getvalue().splitlines())
    lines = {name: text.strip() for name, text in pairs}
    assert lines["Short URL"] == "http://127.0.0.1:8000/openrosa"
    assert Device.objects.get().ha1 == hash_password(lines["User name"], lines["Password"])
    assert use_enrolment_code(code=lines["Code"]).device.name == "Tablet 7"
