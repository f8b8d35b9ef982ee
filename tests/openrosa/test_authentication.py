"""Section 5: who is calling (A1 to A7)."""

import base64
import logging
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.tokens import make_personal_token
from backend.logs import JsonFormatter
from surveys.submissions.models import Quarantined, Submission
from surveys.xforms.models import Form, FormMedia
from sync.auth import forget_callers
from sync.enrol import Enrolled, restore_device, revoke_device, rotate_token
from sync.models import Device
from tests.conftest import PASSWORD
from tests.device import Tablet, client_door
from tests.openrosa.conftest import ORIGIN, make_record

pytestmark = pytest.mark.django_db

SECURE = "https://testserver/openrosa"


def basic(username: str, password: str = PASSWORD) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def calling(authorization: str = "", url: str = SECURE) -> Tablet:
    tablet = Tablet(url, client_door(Client(enforce_csrf_checks=True)))
    if authorization:
        tablet.headers["Authorization"] = authorization
    return tablet


def statuses(tablet: Tablet) -> set[int]:
    """Of the two fixed addresses, by each method."""
    url = tablet.server_url
    return {
        tablet.get(f"{url}/formList").status,
        tablet.head(f"{url}/formList").status,
        tablet.head(f"{url}/submission").status,
        tablet.post(make_record()).status,
    }


def test_A1_the_token_stands_in_every_address(tablet: Tablet, form: Form) -> None:
    FormMedia.objects.create(form=form, name="a.png", content=b"x", md5="0" * 32)
    (listed,) = tablet.form_list()
    (file,) = tablet.manifest(listed)

    for url in (listed["downloadUrl"], listed["manifestUrl"], file["downloadUrl"]):
        assert url.startswith(tablet.server_url + "/")
        assert tablet.get(url).status == 200


def test_A1_an_unknown_token_is_403_with_words(form: Form) -> None:
    tablet = calling(url=f"{ORIGIN}/key/unknown")

    assert statuses(tablet) == {403}
    answer = tablet.get(f"{ORIGIN}/key/unknown/formList")
    assert "new QR code" in answer.message
    assert "www-authenticate" not in answer.headers


def test_A1_a_revoked_token_is_403_at_once(tablet: Tablet, enrolled: Enrolled, form: Form) -> None:
    assert tablet.send(make_record()).status == 201

    revoke_device(device=enrolled.device)
    ago(enrolled.device, days=15)

    assert statuses(tablet) == {403}


def ago(device: Device, *, days: int) -> None:
    """As if its access had been ended, and its replaced tokens replaced, so long before."""
    then = timezone.now() - timedelta(days=days)
    Device.objects.filter(pk=device.pk).exclude(revoked_at=None).update(revoked_at=then)
    device.tokens.exclude(replaced_at=None).update(replaced_at=then)
    forget_callers()


def fetches(tablet: Tablet) -> set[int]:
    return {tablet.get(f"{tablet.server_url}/formList").status}


def test_A5_what_a_revoked_tablet_still_sends_is_taken_and_kept_apart(
    tablet: Tablet, enrolled: Enrolled, form: Form
) -> None:
    revoke_device(device=enrolled.device)
    photo = ("roof.jpg", b"a roof", "image/jpeg")

    answers = [tablet.send(make_record("uuid:1"), [photo]) for _ in range(2)]

    assert [answer.status for answer in answers] == [201, 201]
    assert fetches(tablet) == {403}
    assert not Submission.objects.exists()
    kept = Quarantined.objects.get()
    assert (kept.reason, kept.form_id, kept.instance_id) == ("device_revoked", "visit", "uuid:1")
    assert (kept.device_id, kept.times) == (enrolled.device.pk, 2)
    assert [file["name"] for file in kept.attachments] == ["roof.jpg"]


def test_A5_a_restored_tablet_works_as_before(
    tablet: Tablet, enrolled: Enrolled, form: Form
) -> None:
    revoke_device(device=enrolled.device)
    restore_device(device=enrolled.device)

    assert statuses(tablet) == {200, 204, 201}
    assert Submission.objects.exists()


def test_C4_a_replaced_token_may_push_for_the_grace_period_and_not_fetch(
    tablet: Tablet, enrolled: Enrolled, form: Form
) -> None:
    rotate_token(device=enrolled.device)
    newer = rotate_token(device=enrolled.device)
    current = Tablet(f"{ORIGIN}/key/{newer}", tablet.door)
    in_hand = make_record()

    assert fetches(tablet) == {403}
    assert tablet.send(in_hand).status == 201
    assert fetches(current) == {200}
    assert current.send(in_hand).status == 202
    assert Submission.objects.get().device_id == enrolled.device.pk

    ago(enrolled.device, days=15)
    assert statuses(tablet) == {403}
    assert statuses(current) == {200, 204, 201}


def test_A1_a_process_that_did_not_hear_of_it_ends_within_half_a_minute(
    tablet: Tablet, enrolled: Enrolled, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    tablet.form_list()
    Device.objects.update(revoked_at=timezone.now())  # as another process does it
    assert fetches(tablet) == {200}

    later = time.monotonic() + 31
    monkeypatch.setattr(time, "monotonic", lambda: later)

    assert fetches(tablet) == {403}


def test_A1_the_token_is_never_logged(
    tablet: Tablet, enrolled: Enrolled, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        tablet.get(f"{tablet.server_url}/nothing")
        tablet.post(b"")

    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert any("Not Found" in line for line in lines)
    assert not [line for line in lines if enrolled.token in line]


@pytest.mark.parametrize("username", ["charlie", "alice", "dilnoza", "root"])
def test_A2_who_may_send_may_do_so_with_a_password_over_tls(
    username: str, request: pytest.FixtureRequest, form: Form
) -> None:
    request.getfixturevalue(username)

    assert statuses(calling(basic(username))) == {200, 204, 201}
    assert Submission.objects.get().submitted_by.username == username


def test_A2_a_password_over_plain_http_is_refused_with_words(charlie: User) -> None:
    tablet = calling(basic("charlie"), "http://testserver/openrosa")
    tablet.headers["X-Forwarded-For"] = "203.0.113.7"

    answer = tablet.get("http://testserver/openrosa/formList")

    assert answer.status == 403
    assert "https" in answer.message


def test_A2_on_this_very_machine_plain_http_will_do(charlie: User, form: Form) -> None:
    assert calling(basic("charlie"), "http://testserver").form_list()


def test_A2_an_analyst_is_no_data_collector(bob: User, form: Form) -> None:
    assert statuses(calling(basic("bob"))) == {403}


@pytest.mark.parametrize(
    "authorization",
    [
        basic("charlie", "wrong"),
        basic("nobody"),
        basic("charlie", ""),
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Basic " + base64.b64encode(b"a\0b:c").decode(),
        "Digest username=x",
        "nonsense",
    ],
)
def test_A2_wrong_credentials_are_asked_for_again(authorization: str, charlie: User) -> None:
    answer = calling(authorization).get(f"{SECURE}/formList")

    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="oila"'


def test_A2_who_left_may_no_longer_send(charlie: User) -> None:
    charlie.is_active = False
    charlie.save()

    assert calling(basic("charlie")).get(f"{SECURE}/formList").status == 401


def test_A4_a_bare_request_is_challenged_without_touching_the_database(form: Form) -> None:
    tablet = calling()
    with CaptureQueriesContext(connection) as queries:
        answers = [
            tablet.get(f"{SECURE}/formList"),
            tablet.head(f"{SECURE}/formList?formID=visit"),
            tablet.head(f"{SECURE}/submission"),
            tablet.post(make_record()),
        ]

    assert len(queries) == 0
    for answer in answers:
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == 'Basic realm="oila"'


def test_A4_a_password_is_checked_once_a_while_and_not_at_each_request(
    charlie: User, form: Form
) -> None:
    tablet = calling(basic("charlie"))
    tablet.head(f"{SECURE}/submission")

    with CaptureQueriesContext(connection) as queries:
        tablet.head(f"{SECURE}/submission")

    assert len(queries) == 0


def test_A4_a_hundred_challenges_lock_nobody_out(charlie: User, form: Form) -> None:
    for _ in range(100):
        calling().head(f"{SECURE}/submission")
        calling(basic("charlie", "wrong")).head(f"{SECURE}/submission")

    assert calling(basic("charlie")).send(make_record()).status == 201


def test_A5_a_post_without_credentials_is_answered_without_its_body(form: Form) -> None:
    answer = Client().generic("POST", "/openrosa/submission", data=b"x" * 10, secure=True)

    assert answer.status_code == 401
    assert answer.wsgi_request.environ["wsgi.input"].read(1) == b"x"


def test_A6_bearer_opens_all_five_kinds_of_address(enrolled: Enrolled, form: Form) -> None:
    FormMedia.objects.create(form=form, name="a.png", content=b"x", md5="0" * 32)
    tablet = calling(f"Bearer {enrolled.token}", "http://testserver/openrosa")

    (listed,) = tablet.form_list()
    (file,) = tablet.manifest(listed)

    assert tablet.fetch_form(listed)
    assert tablet.get(file["downloadUrl"]).status == 200
    assert tablet.send(make_record()).status == 201
    assert Submission.objects.get().device_id == enrolled.device.pk


def test_A6_bearer_may_be_a_persons_token(charlie: User, bob: User, form: Form) -> None:
    sender = make_personal_token(user=charlie, name="enketo")
    reader = make_personal_token(user=bob, name="notebook")

    assert statuses(calling(f"Bearer {sender}")) == {200, 204, 201}
    assert statuses(calling(f"Bearer {reader}")) == {403}
    assert statuses(calling("Bearer unknown")) == {403}


def test_a_persons_token_opens_nothing_in_the_path(charlie: User, form: Form) -> None:
    token = make_personal_token(user=charlie, name="enketo")
    assert calling(f"Bearer {token}").form_list()

    assert statuses(calling(url=f"{ORIGIN}/key/{token}")) == {403}


def test_A7_no_session_no_csrf_and_no_login_page(tablet: Tablet, form: Form) -> None:
    answers = [
        tablet.send(make_record()),
        tablet.get(f"{tablet.server_url}/formList"),
        calling().get(f"{SECURE}/formList"),
    ]

    for answer in answers:
        assert "set-cookie" not in answer.headers
        assert "location" not in answer.headers
        assert answer.headers["content-type"].startswith("text/xml")


def test_a_session_opens_nothing_to_a_tablets_address(as_root: Client, form: Form) -> None:
    assert as_root.get("/openrosa/formList").status_code == 401


def test_a_tablet_is_seen_when_it_calls(tablet: Tablet, enrolled: Enrolled, form: Form) -> None:
    assert enrolled.device.last_seen_at is None

    tablet.form_list()

    enrolled.device.refresh_from_db()
    assert enrolled.device.last_seen_at is not None
    assert enrolled.device.user_agent == tablet.user_agent
