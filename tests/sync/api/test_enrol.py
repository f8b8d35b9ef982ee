"""`POST enrol`: a code becomes a token, once (`sync.md` 1)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from surveys.places.models import Place
from surveys.rounds.models import Round, Survey
from sync.enrol import Enrolled, enrol_device, make_enrolment_code
from sync.models import EnrolmentCode
from tests.sync.api.device import JsonTablet

SAID = {"name": "", "app": "collector 0.3.0", "platform": "Android 9"}


@pytest.fixture
def stranger(client: Client) -> JsonTablet:
    return JsonTablet(client)


def enrol(tablet: JsonTablet, code: Any, **said: Any) -> Any:
    return tablet.post("enrol", {"code": code, **SAID, **said})


@pytest.mark.django_db
def test_sync_1_a_code_becomes_a_token_that_works(stranger: JsonTablet) -> None:
    survey = Survey.objects.create(code="rmp", name="Реинтеграция")
    Survey.objects.create(code="other", name="Other")
    Round.objects.create(survey=survey, code="rmp-1", name="First")
    Place.objects.create(code="TJ35", level=1, path="TJ/TJ35", name_en="Sughd", name_local="Суғд")
    device = enrol_device(name="T 1", place_codes=["TJ35"], round_codes=["rmp-1"]).device

    answer = enrol(stranger, make_enrolment_code(device=device))

    told = answer.json()
    assert answer.status_code == 201
    assert set(told) == {"device_id", "token", "server_time", "survey", "places"}
    assert told["device_id"] == device.pk
    assert told["survey"] == [{"code": "rmp", "name": "Реинтеграция"}]
    assert told["places"] == [
        {"code": "TJ35", "name": "Sughd", "name_local": "Суғд", "level": 1}
    ]  # fmt: skip
    assert datetime.fromisoformat(told["server_time"]).utcoffset() is not None
    assert JsonTablet(stranger.client, told["token"]).push() == []
    device.refresh_from_db()
    assert (device.app, device.platform) == ("collector 0.3.0", "Android 9")


def test_sync_1_a_tablet_without_rounds_works_for_every_survey(
    stranger: JsonTablet, enrolled: Enrolled
) -> None:
    for code in ("b", "a"):
        Survey.objects.create(code=code, name=code)
    told = enrol(stranger, make_enrolment_code(device=enrolled.device)).json()
    assert [each["code"] for each in told["survey"]] == ["a", "b"]
    assert told["places"] == []


def test_sync_1_a_code_works_once(stranger: JsonTablet, enrolled: Enrolled) -> None:
    code = make_enrolment_code(device=enrolled.device)
    assert enrol(stranger, code).status_code == 201
    again = enrol(stranger, code)
    assert (again.status_code, again.json()["code"]) == (403, "code_invalid")


def test_sync_1_a_code_works_for_72_hours(stranger: JsonTablet, enrolled: Enrolled) -> None:
    code = make_enrolment_code(device=enrolled.device)
    made = EnrolmentCode.objects.get()
    assert made.expires_at - made.created_at == pytest.approx(
        timedelta(hours=72), abs=timedelta(seconds=5)
    )
    EnrolmentCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert enrol(stranger, code).json()["code"] == "code_invalid"


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["", "nonsense", None, "ү" * 5000])
def test_sync_1_a_code_nobody_made_opens_nothing(stranger: JsonTablet, code: Any) -> None:
    answer = enrol(stranger, code)
    assert (answer.status_code, answer.json()["code"]) == (403, "code_invalid")


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"code": 7}', b'{"code": "a\\u0000"}'])
def test_sync_1_what_is_no_request_is_a_problem(stranger: JsonTablet, body: bytes) -> None:
    answer = stranger.post("enrol", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "request_malformed")


def test_sync_1_the_token_is_in_no_cache(stranger: JsonTablet, enrolled: Enrolled) -> None:
    answer = enrol(stranger, make_enrolment_code(device=enrolled.device))
    assert answer["Cache-Control"] == "no-store"
