"""Review by API: the log of a record, and one more step in it."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.accounts.tokens import make_personal_token
from surveys.cleaning.models import CleanRow
from surveys.places.models import Place
from surveys.submissions.models import ReviewStep, Submission
from surveys.xforms.models import Form
from tests.conftest import _client_of as client_of
from tests.conftest import make_user
from tests.surveys.datasets.records import make_record

RECORDS = "/api/v1/forms/visit/records/"


def steps(client: Client, record: CleanRow, status: int = 200) -> Any:
    answer = client.get(f"{RECORDS}{record.pk}/steps/")
    assert answer.status_code == status, answer.content
    return answer.json()


def review(client: Client, record: CleanRow, step: str, status: int = 201, **said: Any) -> Any:
    body = {"step": step, "edition": record.instance_id, **said}
    answer = client.post(
        f"{RECORDS}{record.pk}/review/", json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.fixture
def record(form: Form, alai: Place) -> CleanRow:
    return make_record(form, {"village": "Тоң", "hh_size": 4}, members=[{"age": 7}], place=alai)


def test_record_nobody_looked_at_has_no_steps(as_bob: Client, record: CleanRow) -> None:
    assert steps(as_bob, record) == {
        "id": str(record.pk),
        "edition": record.instance_id,
        "review_state": "received",
        "last_step": 0,
        "steps": [],
    }


def test_sync_5_record_is_sent_back_with_comments_and_approved_later(
    as_dilnoza: Client, record: CleanRow
) -> None:
    comments = [{"path": "member[1]/age", "text": "Ӯ 7-сола аст?"}]
    sent_back = review(as_dilnoza, record, "send_back", comment="Please", comments=comments)
    (step,) = sent_back["steps"]

    assert sent_back["review_state"] == "has_issues"
    assert (step["step"], step["by"], step["comment"]) == ("sent_back", "dilnoza", "Please")
    assert step["comments"] == comments
    approved = review(as_dilnoza, record, "approve", last_step=sent_back["last_step"])
    assert approved["review_state"] == "approved"
    assert [s["step"] for s in approved["steps"]] == ["sent_back", "approved"]
    assert steps(as_dilnoza, record) == approved


def test_records_api_filters_by_state_and_sees_the_change(
    as_dilnoza: Client, record: CleanRow, form: Form, alai: Place
) -> None:
    other = make_record(form, {}, place=alai, minutes=5)
    before = other.updated_at.isoformat()
    review(as_dilnoza, record, "approve")

    def ids(**query: str) -> list[str]:
        return [r["id"] for r in as_dilnoza.get(RECORDS, query).json()["results"]]

    assert ids(review_state="approved") == [str(record.pk)]
    assert ids(review_state__in="received,edited") == [str(other.pk)]
    assert ids(updated_since=before) == [str(other.pk), str(record.pk)]
    assert ids(updated_since=before, review_state="approved") == [str(record.pk)]
    members = as_dilnoza.get(
        "/api/v1/forms/visit/repeats/member/records/", {"updated_since": before}
    ).json()["results"]
    assert [m["review_state"] for m in members] == ["approved"]


def test_analyst_reads_the_steps_but_not_the_comments(
    as_alice: Client, as_bob: Client, record: CleanRow
) -> None:
    review(as_alice, record, "reject", comment="Асанова was not at home")
    (step,) = steps(as_bob, record)["steps"]
    assert (step["step"], step["comment"], step["comments"]) == ("rejected", None, None)


@pytest.mark.parametrize(("who", "status"), [("bob", 403), ("charlie", 403), ("root", 201)])
def test_who_may_review(
    request: pytest.FixtureRequest, record: CleanRow, who: str, status: int
) -> None:
    answer = review(request.getfixturevalue(f"as_{who}"), record, "approve", status)
    assert status == 201 or answer["code"] == "not_allowed"


def test_tool_with_a_supervisors_token_may_review(
    client: Client, dilnoza: User, record: CleanRow
) -> None:
    token = make_personal_token(user=dilnoza, name="script")
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    assert review(client, record, "approve")["review_state"] == "approved"


def test_record_of_another_oblast_is_not_found(
    as_dilnoza: Client, form: Form, naryn: Place
) -> None:
    elsewhere = make_record(form, {}, place=naryn)
    assert steps(as_dilnoza, elsewhere, 404)["code"] == "not_found"
    assert review(as_dilnoza, elsewhere, "approve", 404)["code"] == "not_found"
    assert ReviewStep.objects.count() == 0


def test_legal_aid_record_is_reviewed_by_named_people_only(
    as_alice: Client, as_root: Client, form: Form, record: CleanRow
) -> None:
    secret = make_record(form, {"ban": "yes"}, restricted=True)
    assert review(as_root, secret, "approve", 404)["code"] == "not_found"
    assert review(as_alice, secret, "approve")["review_state"] == "approved"


def test_second_reviewer_gets_409_with_what_is_there_now(
    as_alice: Client, as_dilnoza: Client, record: CleanRow
) -> None:
    review(as_alice, record, "approve")
    problem = review(as_dilnoza, record, "reject", 409)
    assert (problem["code"], problem["review_state"]) == ("record_changed", "approved")
    assert problem["edition"] == record.instance_id
    assert problem["last_step"] == ReviewStep.objects.get().pk


def test_edition_that_is_no_longer_the_head_gets_409(as_alice: Client, record: CleanRow) -> None:
    problem = review(as_alice, record, "approve", 409, edition="uuid:older")
    assert problem["code"] == "record_changed"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"step": "erase"}, "request_malformed"),
        ({"edition": ""}, "request_malformed"),
        ({"last_step": -1}, "request_malformed"),
        ({"comments": [{"path": "hh_size"}]}, "request_malformed"),
        ({"comments": "hh_size"}, "request_malformed"),
        ({"comments": [{"path": "nowhere", "text": "?"}]}, "question_unknown"),
        ({"comment": "x" * 2001}, "value_invalid"),
        ({"comment": "a\0b"}, "request_malformed"),
        ({}, "comment_missing"),
    ],
)
def test_step_that_cannot_be_taken_is_refused_by_name(
    as_alice: Client, record: CleanRow, said: dict[str, Any], code: str
) -> None:
    step = said.pop("step", "send_back")
    assert review(as_alice, record, step, 400, **said)["code"] == code
    assert Submission.objects.get(rows=record).review_state == "received"


def test_record_that_is_not_there_is_not_found(as_alice: Client, form: Form) -> None:
    nowhere = CleanRow(pk=uuid.uuid4(), instance_id="uuid:1")
    assert steps(as_alice, nowhere, 404)["code"] == "not_found"
    assert review(as_alice, nowhere, "approve", 404)["code"] == "not_found"


def test_supervisor_of_no_place_of_the_record_sees_no_steps(form: Form, naryn: Place) -> None:
    record = make_record(form, {})
    stranger = make_user("eldar", User.Role.SUPERVISOR, place_codes=[naryn.code])
    assert steps(client_of(stranger), record, 404)["code"] == "not_found"
