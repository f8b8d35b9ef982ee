"""The addresses of ODK Central beside the feed: who may ask, and what is listed."""

import base64
import json
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.models import PersonalToken, User
from backend.accounts.tokens import make_personal_token
from backend.audit.models import AuditEvent
from surveys.places.models import Place
from surveys.privacy.models import Unmasking
from surveys.rounds.models import Round, Survey
from surveys.submissions.models import Attachment, Submission
from surveys.xforms.models import Form
from surveys.xforms.schema import Field
from tests.conftest import PASSWORD, make_user
from tests.surveys.datasets.odata.conftest import SVC, read, refused, with_token
from tests.surveys.datasets.records import SCHEMA, make_record, publish

VISIT = "/v1/projects/1/forms/visit"
REASON = "checking a complaint of the family"


def log_in(client: Client, **said: Any) -> Any:
    return client.post("/v1/sessions", json.dumps(said), content_type="application/json")


def basic(name: str, password: str) -> dict[str, str]:
    code = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {code}"}


@pytest.mark.parametrize("word", ["email", "username"])
@pytest.mark.parametrize("name", ["bob", "bob@example.org", "BOB@example.org"])
def test_password_opens_a_session_of_a_day(bob: User, word: str, name: str) -> None:
    User.objects.update(email="bob@example.org")
    client = Client(enforce_csrf_checks=True)

    response = log_in(client, **{word: name, "password": PASSWORD})

    assert response.status_code == 200, response.content
    said = response.json()
    assert set(said) == {"token", "csrf", "createdAt", "expiresAt"}
    assert not response.cookies
    kept = PersonalToken.objects.get()
    assert timedelta(hours=23) < kept.expires_at - timezone.now() <= timedelta(days=1)
    assert said["token"] not in repr(kept.__dict__)
    me = client.get("/v1/users/current", headers={"Authorization": f"Bearer {said['token']}"})
    assert (me.json()["displayName"], me.json()["email"]) == ("bob", "bob@example.org")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"email": "bob", "password": "wrong"}, 401),
        ({"email": "nobody", "password": PASSWORD}, 401),
        ({"email": "b\0b", "password": PASSWORD}, 401),
        ({"email": "", "password": ""}, 401),
        ({"email": ["bob"], "password": PASSWORD}, 400),
        ({"email": "bob"}, 400),
        ({}, 400),
    ],
)
def test_session_is_refused(bob: User, said: dict[str, Any], status: int) -> None:
    assert log_in(Client(), **said).status_code == status
    assert not PersonalToken.objects.exists()


def test_personal_token_opens_a_session_that_opens_no_more(bob: User, form: Form) -> None:
    publish(replace(SCHEMA, form_id="other"))
    token = make_personal_token(user=bob, name="pyodk", days=30, form_ids=["other"])

    session = log_in(Client(), email="bob", password=token).json()["token"]

    bearer = {"Authorization": f"Bearer {session}"}
    assert Client().get(VISIT, headers=bearer).json()["code"] == "token_scope"
    assert log_in(Client(), email="alice", password=token).status_code == 401


def test_session_takes_json_and_nothing_else(bob: User) -> None:
    for body in (b"", b"[]", b"{", b'"x"', b"\xff"):
        answer = Client().post("/v1/sessions", body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "request_malformed")
    assert Client().get("/v1/sessions").json()["code"] == "method_not_allowed"


def test_guessing_a_password_is_stopped(bob: User) -> None:
    for _ in range(10):
        assert log_in(Client(), email="bob", password="wrong").status_code == 401
    assert log_in(Client(), email="bob", password=PASSWORD).json()["code"] == "too_many_requests"


def test_password_and_basic_are_refused_over_a_link_in_clear(bob: User) -> None:
    token = make_personal_token(user=bob, name="Excel")
    far = Client(REMOTE_ADDR="203.0.113.9")
    assert log_in(far, email="bob", password=PASSWORD).json()["code"] == "tls_required"
    assert far.get("/v1/projects", headers=basic("bob", token)).json()["code"] == "tls_required"
    secure = far.get("/v1/projects", headers=basic("bob", token), secure=True)
    assert secure.status_code == 200


def test_basic_takes_a_token_as_the_password_of_its_own_user(bob: User, alice: User) -> None:
    token = make_personal_token(user=bob, name="Excel")
    client = Client()
    assert client.get("/v1/projects", headers=basic("bob", token)).status_code == 200
    wrong = [("alice", token), ("", token), ("bob", PASSWORD), ("bob", ""), ("bob", "Ж" * 43)]
    for name, password in wrong:
        answer = client.get("/v1/projects", headers=basic(name, password))
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Basic ")
    for header in ("Basic", "Basic ???", "Bearer", "Bearer x", "Bearer Ж", "Digest x", ""):
        answer = client.get("/v1/projects", headers={"Authorization": header})
        assert answer.json()["code"] == "login_required"


def test_ended_token_and_dismissed_person_read_nothing(bob: User, families: Form) -> None:
    client = with_token(bob)
    assert read(client)["value"]
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert refused(client, 401) == "login_required"
    User.objects.filter(pk=bob.pk).update(is_active=True)
    PersonalToken.objects.update(revoked_at=timezone.now())
    assert refused(client, 401) == "login_required"


def test_browser_session_opens_nothing_here(as_alice: Client, families: Form) -> None:
    assert as_alice.get(f"{SVC}/Submissions").json()["code"] == "login_required"


ADDRESSES = [
    "/v1/projects",
    "/v1/projects/1",
    "/v1/projects/1/forms",
    VISIT,
    f"{VISIT}.xml",
    f"{VISIT}/fields",
    f"{VISIT}/submissions",
    f"{VISIT}/submissions/x",
    f"{VISIT}/submissions/x.xml",
    f"{VISIT}/submissions/x/attachments",
    f"{SVC}",
    f"{SVC}/",
    f"{SVC}/$metadata",
    f"{SVC}/Submissions",
    f"{SVC}/Submissions/$count",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_asks_who_calls_and_enumerators_read_nothing(
    charlie: User, bob: User, families: Form, address: str
) -> None:
    stranger = Client().get(address)
    assert (stranger.status_code, stranger.json()["code"]) == (401, "login_required")
    enumerator = with_token(charlie).get(address)
    assert (enumerator.status_code, enumerator.json()["code"]) == (403, "not_allowed")
    reader = Client(enforce_csrf_checks=True, headers=with_token(bob).headers)
    written = reader.post(address, "{}", content_type="application/json")
    assert (written.status_code, written.json()["code"]) == (405, "method_not_allowed")


def test_what_is_not_there_is_told_as_json(bob_reads: Client, families: Form) -> None:
    for address in (
        "/v1/nothing",
        "/v1/projects/7",
        "/v1/projects/7/forms/visit",
        "/v1/projects/1/forms/other",
        "/v1/projects/1/forms/other.svc/Submissions",
        f"{VISIT}/submissions/x",
        f"{VISIT}/submissions/{'9' * 32}",
        f"{SVC}/Submissions('a%00b')",
        "/v1/projects/1/forms/a%00b",
    ):
        answer = bob_reads.get(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), address


def test_projects_are_surveys_and_forms_of_none_stand_in_the_first(bob_reads: Client) -> None:
    publish()
    survey = Survey.objects.create(pk=5, code="rmp", name="Migration survey")
    baseline = Round.objects.create(survey=survey, code="r1", name="Baseline")
    Survey.objects.create(pk=9, code="empty", name="Nothing yet")
    Form.objects.filter(form_id="visit").update(round=baseline)
    Form.objects.create(form_id="never", title="Never published")

    (only,) = bob_reads.get("/v1/projects").json()
    assert (only["id"], only["name"]) == (5, "Migration survey")
    (listed,) = bob_reads.get("/v1/projects/5/forms").json()
    assert (listed["xmlFormId"], listed["name"], listed["state"]) == ("visit", "Visit", "open")
    assert bob_reads.get("/v1/projects/5/forms/visit").json() == listed
    assert bob_reads.get("/v1/projects/1/forms").json() == []

    Form.objects.update(round=None)
    (first,) = bob_reads.get("/v1/projects").json()
    assert (first["id"], first["name"]) == (1, "Forms of no survey")
    assert bob_reads.get("/v1/projects/1").json() == first


def test_form_and_its_fields(bob_reads: Client, families: Form) -> None:
    families.current.xform = b"<h:html/>"
    families.current.save()
    families.retired_at = timezone.now()
    families.save()
    assert bob_reads.get(VISIT).json()["state"] == "closed"
    assert bob_reads.get(f"{VISIT}.xml").content == b"<h:html/>"
    fields = {f["path"]: f for f in bob_reads.get(f"{VISIT}/fields?odata=true").json()}
    assert fields["/place"]["type"] == "structure"
    assert fields["/member"]["type"] == "repeat"
    assert (fields["/member/age"]["type"], fields["/needs"]["selectMultiple"]) == ("int", True)
    assert list(fields).index("/place") < list(fields).index("/place/country")


def test_submissions_are_listed_by_their_permanent_id(bob_reads: Client, families: Form) -> None:
    listed = bob_reads.get(f"{VISIT}/submissions").json()
    rows = read(bob_reads)["value"]
    assert [s["instanceId"] for s in listed] == [row["__id"] for row in rows]
    assert [s["reviewState"] for s in listed] == [None, "approved", "hasIssues"]
    for key in (rows[0]["__id"], rows[0]["meta"]["instanceID"]):
        assert bob_reads.get(f"{VISIT}/submissions/{key}").json() == listed[0]
    assert listed[0]["currentVersion"]["instanceId"] == rows[0]["meta"]["instanceID"]


def test_raw_xml_needs_the_right_and_a_reason_and_is_noted(
    alice_reads: Client, bob_reads: Client, families: Form
) -> None:
    key = read(bob_reads, top=1)["value"][0]["__id"]
    address = f"{VISIT}/submissions/{key}.xml"
    assert bob_reads.get(address, {"unmask": REASON}).json()["code"] == "not_allowed"
    assert alice_reads.get(address).json()["code"] == "purpose_missing"
    assert not Unmasking.objects.exists()
    assert alice_reads.get(address, {"unmask": REASON}).content == b"<x/>"
    assert Unmasking.objects.get().target == f"visit {key}"
    assert AuditEvent.objects.filter(action="data.unmasked").count() == 1


def test_who_sees_what_is_the_same_as_by_the_api(
    alice: User, bob: User, dilnoza: User, root: User, form: Form, osh: Place, naryn: Place
) -> None:
    make_record(form, {"head": "Асанова", "illness": "x"}, place=osh, members=[{"age": 1}])
    make_record(form, {"hh_size": 2}, place=naryn, members=[{"age": 2}], minutes=1)
    make_record(form, {"ban": "yes"}, members=[{"age": 3}], minutes=2, restricted=True)
    seen = {}
    for user in (alice, bob, dilnoza, root):
        client = with_token(user)
        api = client.get("/api/v1/forms/visit/records/", {"ordering": "-received_at"}).json()
        rows = read(client, expand="*")["value"]
        assert [r["__id"] for r in rows] == [r["id"] for r in api["results"]]
        assert [s["instanceId"] for s in client.get(f"{VISIT}/submissions").json()] == [
            r["__id"] for r in rows
        ]
        members = client.get("/api/v1/forms/visit/repeats/member/records/").json()["results"]
        inside = {m["__id"] for r in rows for m in r["member"]}
        assert inside == {m["id"] for m in members}
        assert inside == {m["__id"] for m in read(client, "Submissions.member")["value"]}
        for row, record in zip(rows, api["results"], strict=True):
            assert (row["head"], row["illness"]) == (record["head"], record["illness"])
            assert (row["legal"]["ban"], row["hh_size"]) == (record["ban"], record["hh_size"])
        count = client.get(f"{SVC}/Submissions/$count").content
        seen[user.username] = len(rows)
        assert int(count) == len(rows)
    assert seen == {"alice": 3, "bob": 2, "dilnoza": 1, "root": 2}


def test_record_that_may_not_be_seen_cannot_be_reached_by_its_id(
    bob: User, dilnoza: User, form: Form, naryn: Place
) -> None:
    record = make_record(form, {}, place=naryn, members=[{"age": 1}], restricted=True)
    for client in (with_token(bob), with_token(dilnoza)):
        for key in (record.pk, record.instance_id):
            assert refused(client, 404, f"Submissions('{key}')") == "not_found"
            assert read(client, f"Submissions('{key}')/member")["value"] == []
            for tail in ("", ".xml", "/attachments"):
                assert client.get(f"{VISIT}/submissions/{key}{tail}").status_code == 404


def test_attachments_and_edits_are_counted(bob_reads: Client, db: None) -> None:
    fields = (
        Field("photo", "photo", "photo", "image", ""),
        Field("card", "card", "card", "image", "", privacy="direct"),
        Field("face", "member/face", "face", "image", "member"),
    )
    form = publish(replace(SCHEMA, fields=fields))
    record = make_record(form, {"photo": "a.jpg", "card": "b.jpg"}, members=[{"face": "c.jpg"}, {}])
    submission = Submission.objects.get()
    Attachment.objects.create(submission=submission, name="a.jpg", sha256="0" * 64, size=1)
    submission.pk, submission.instance_id = None, "uuid:first"
    submission.head, submission.deprecated_id = False, ""
    submission.save()
    Submission.objects.filter(head=True).update(deprecated_id="uuid:first", device_id=7)

    (row,) = read(bob_reads, select="__system")["value"]

    system = row["__system"]
    assert (system["attachmentsPresent"], system["attachmentsExpected"]) == (1, 3)
    assert (system["edits"], system["submitterId"]) == (1, "7")
    assert read(bob_reads, filter="__system/submitterId eq '7'")["value"]
    listed = bob_reads.get(f"{VISIT}/submissions/uuid:first/attachments").json()
    assert listed == [{"name": "a.jpg", "exists": True}, {"name": "c.jpg", "exists": False}]
    assert bob_reads.get(f"{VISIT}/submissions/{record.pk}").json()["submitterId"] == 7


def test_no_line_of_the_log_holds_a_token(
    bob: User, families: Form, caplog: pytest.LogCaptureFixture
) -> None:
    token = make_personal_token(user=bob, name="a tool")
    with caplog.at_level(logging.DEBUG):
        Client().get(f"{SVC}/Submissions?$apply=x", headers={"Authorization": f"Bearer {token}"})
        Client().get(f"{SVC}/Submissions", headers=basic("bob", token))
        log_in(Client(), email="bob", password=PASSWORD)
    assert caplog.records
    assert token not in caplog.text
    assert PASSWORD not in caplog.text


def test_form_with_an_odd_id_can_be_read(bob_reads: Client, db: None) -> None:
    form = publish(replace(SCHEMA, form_id="a b/ж.svc&c"))
    make_record(form, {"hh_size": 1})
    make_record(form, {"hh_size": 2}, minutes=1)
    address = "/v1/projects/1/forms/a%20b%2F%D0%B6.svc%26c"
    assert bob_reads.get(address).json()["xmlFormId"] == "a b/ж.svc&c"
    page = bob_reads.get(f"{address}.svc/Submissions", {"$top": 1}).json()
    rest = bob_reads.get(page["@odata.nextLink"]).json()
    assert [r["hh_size"] for r in page["value"] + rest["value"]] == [2, 1]


def test_role_is_asked_again_at_every_request(families: Form, db: None) -> None:
    user = make_user("erkin", User.Role.ANALYST)
    client = with_token(user)
    assert read(client)["value"]
    User.objects.filter(pk=user.pk).update(role=User.Role.ENUMERATOR)
    assert refused(client, 403) == "not_allowed"


def test_partner_reads_its_own_records_by_ids_of_its_own(db: None, osh: Place) -> None:
    fields = (Field("partner", "partner", "partner", "string", ""), *SCHEMA.fields)
    form = publish(replace(SCHEMA, fields=fields))
    mine = make_record(form, {"partner": "aid", "hh_size": 2}, place=osh, members=[{"age": 1}])
    make_record(form, {"partner": "other"}, place=osh, minutes=1)
    partner = with_token(make_user("p", User.Role.PARTNER, partner="aid"))

    (row,) = read(partner, expand="*")["value"]

    (record,) = partner.get("/api/v1/forms/visit/records/").json()["results"]
    assert row["__id"] == record["id"] != str(mine.pk)
    assert row["meta"]["instanceID"] is None
    assert row["__system"]["submitterId"] is None
    (member,) = row["member"]
    assert member["__Submissions-id"] == row["__id"]
    assert read(partner, filter=f"__id eq '{row['__id']}'")["value"][0]["hh_size"] == 2
    assert read(partner, f"Submissions('{row['__id']}')/member")["value"] == [member]
    inside = f"__Submissions-id eq '{row['__id']}'"
    assert read(partner, "Submissions.member", filter=inside)["value"] == [member]
    (listed,) = partner.get(f"{VISIT}/submissions").json()
    assert listed["instanceId"] == row["__id"]
    assert partner.get(f"{VISIT}/submissions/{row['__id']}").json() == listed
    for known_to_us in (mine.pk, mine.instance_id):
        assert refused(partner, 404, f"Submissions('{known_to_us}')") == "not_found"
    assert refused(partner, 403, filter="meta/instanceID ne null") == "field_masked"
    assert refused(partner, 403, filter="__system/submitterId eq '7'") == "field_masked"
    assert refused(partner, 403, orderby="meta/instanceID") == "field_masked"
    raw = partner.get(f"{VISIT}/submissions/{row['__id']}.xml", {"unmask": REASON})
    assert raw.status_code in {403, 404}


def test_token_of_some_forms_opens_no_other(bob: User, families: Form) -> None:
    publish(replace(SCHEMA, form_id="other"))
    token = make_personal_token(user=bob, name="one form", form_ids=["visit"])
    client = Client(headers={"Authorization": f"Bearer {token}"})
    assert [f["xmlFormId"] for f in client.get("/v1/projects/1/forms").json()] == ["visit"]
    assert len(read(client)["value"]) == 3
    for address in ("other", "other.svc", "other.svc/Submissions", "other/submissions"):
        answer = client.get(f"/v1/projects/1/forms/{address}")
        assert (answer.status_code, answer.json()["code"]) == (403, "token_scope")


def test_coarse_answer_is_given_coarse_and_cannot_be_asked_for(bob_reads: Client, db: None) -> None:
    fields = (
        Field("gps", "gps", "gps", "geopoint", "", privacy="direct"),
        Field("birth_date", "birth_date", "birth_date", "date", "", privacy="quasi"),
    )
    form = publish(replace(SCHEMA, fields=fields, repeats=()))
    make_record(form, {"gps": {"lat": 40.51849, "lon": 72.8, "acc": 4}, "birth_date": "1987-07-30"})
    (row,) = read(bob_reads)["value"]
    assert row["gps"] == {"type": "Point", "coordinates": [72.8, 40.52]}
    assert row["birth_date"] == "1985-01-01"
    for text in ("birth_date eq 1987-07-30", "year(birth_date) gt 1985", "gps ne null"):
        assert refused(bob_reads, 403, filter=text) == "field_masked"
    assert refused(bob_reads, 403, orderby="birth_date") == "field_masked"


@pytest.mark.parametrize("method", ["get", "post"])
def test_batch_is_said_to_be_not_supported(bob: User, form: Form, method: str) -> None:
    answer = getattr(Client(), method)(f"{SVC}/$batch")
    assert (answer.status_code, answer.json()["code"]) == (501, "query_unsupported")
