"""Tokens by API: the secret once, then what it opens and when it was used; never more rights."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.models import PersonalToken, User
from backend.accounts.tokens import make_personal_token, user_of_token
from backend.audit.models import AuditEvent
from surveys.xforms.models import Form
from tests.conftest import make_user

URL = "/api/v1/tokens/"
FORMS = "/api/v1/forms/"


@pytest.fixture(autouse=True)
def forms(db: None) -> None:
    for form_id in ("visit", "other", "third"):
        Form.objects.create(form_id=form_id, title=form_id)


def ask(client: Client, secret: str = "", **words: Any) -> Any:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    body = {"name": "Stata", **words}
    return client.post(URL, body, content_type="application/json", headers=headers)


def listed(client: Client, secret: str = "") -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    answer = client.get(URL, headers=headers)
    assert answer.status_code == 200
    return answer.json()["results"]


def test_secret_is_told_once_and_the_list_says_when_it_was_used(as_bob: Client, bob: User) -> None:
    made = ask(as_bob, days=30, form_ids=["visit"], purpose="Report of 2014")

    assert made.status_code == 201
    assert "no-store" in made["Cache-Control"]
    secret = made.json()["token"]
    before = as_bob.get(f"{URL}{made.json()['id']}/").json()
    assert (before["last_used_at"], before["valid"]) == (None, True)
    assert (before["form_ids"], before["purpose"]) == (["visit"], "Report of 2014")
    in_a_month = timezone.now() + timedelta(days=30)
    assert abs(datetime.fromisoformat(before["expires_at"]) - in_a_month) < timedelta(minutes=1)
    assert user_of_token(secret) == bob
    (after,) = listed(as_bob)
    assert after["last_used_at"] is not None
    assert secret not in as_bob.get(URL).content.decode()
    assert PersonalToken.objects.get().digest not in as_bob.get(URL).content.decode()


def test_ended_token_opens_nothing_and_stays_in_the_list(client: Client, bob: User) -> None:
    secret = make_personal_token(user=bob, name="R")
    (token,) = listed(client, secret)
    assert (token["name"], token["yours"]) == ("R", True)
    headers = {"Authorization": f"Bearer {secret}"}

    assert client.delete(f"{URL}{token['id']}/", headers=headers).status_code == 204

    assert client.get(FORMS, headers=headers).status_code == 401
    as_bob = Client()
    as_bob.force_login(bob)
    (ended,) = listed(as_bob)
    assert (ended["valid"], ended["revoked_at"] is None) == (False, False)
    assert as_bob.delete(f"{URL}{token['id']}/").status_code == 204  # once more changes nothing
    actions = AuditEvent.objects.filter(action="token.revoked")
    assert actions.count() == 1


def test_token_goes_on_when_its_owner_logs_in_in_another_way(client: Client, bob: User) -> None:
    secret = make_personal_token(user=bob, name="R")
    bob.set_unusable_password()
    bob.save()
    assert client.get(FORMS, headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_token_makes_none_that_opens_more_than_itself(client: Client, bob: User) -> None:
    narrow = make_personal_token(user=bob, name="R", days=10, form_ids=["visit", "other"])

    wider = ask(client, narrow, form_ids=["visit", "third"])
    assert (wider.status_code, wider.json()["code"]) == (403, "token_scope")
    same = ask(client, narrow, days=365)
    less = ask(client, narrow, days=3, form_ids=["visit"])

    assert same.json()["form_ids"] == ["visit", "other"]
    assert less.json()["form_ids"] == ["visit"]
    ends = PersonalToken.objects.get(name="R").expires_at
    assert datetime.fromisoformat(same.json()["expires_at"]) == ends
    assert datetime.fromisoformat(less.json()["expires_at"]) < ends
    third = ask(client, less.json()["token"], form_ids=["other"])
    assert third.json()["code"] == "token_scope"


def test_token_for_a_purpose_makes_none_for_another(client: Client, bob: User) -> None:
    report = make_personal_token(user=bob, name="R", purpose="Report")
    assert ask(client, report, purpose="Research").json()["code"] == "value_invalid"
    assert ask(client, report).json()["purpose"] == "Report"


def test_token_sees_and_ends_only_what_opens_no_more_than_itself(client: Client, bob: User) -> None:
    make_personal_token(user=bob, name="all")
    make_personal_token(user=bob, name="third", form_ids=["third"])
    narrow = make_personal_token(user=bob, name="narrow", form_ids=["visit"])

    assert [token["name"] for token in listed(client, narrow)] == ["narrow"]
    headers = {"Authorization": f"Bearer {narrow}"}
    for other in PersonalToken.objects.exclude(name="narrow"):
        assert client.get(f"{URL}{other.pk}/", headers=headers).status_code == 404
        assert client.delete(f"{URL}{other.pk}/", headers=headers).status_code == 404
    assert not PersonalToken.objects.exclude(revoked_at=None).exists()


def test_what_a_token_made_ends_with_it(client: Client, as_bob: Client, bob: User) -> None:
    first = make_personal_token(user=bob, name="leaked")
    second = ask(client, first, name="second").json()["token"]
    third = ask(client, second, name="third").json()["token"]
    other = make_personal_token(user=bob, name="other")

    as_bob.post(f"/account/tokens/{PersonalToken.objects.get(name='leaked').pk}/revoke/")

    assert [user_of_token(secret) for secret in (first, second, third)] == [None] * 3
    assert user_of_token(other) == bob


def test_nobody_sees_or_ends_the_token_of_another(as_alice: Client, bob: User) -> None:
    make_personal_token(user=bob, name="R")
    token = PersonalToken.objects.get()
    assert listed(as_alice) == []
    assert as_alice.get(f"{URL}{token.pk}/").status_code == 404
    assert as_alice.delete(f"{URL}{token.pk}/").status_code == 404
    assert as_alice.delete(f"{URL}99999999999999999999/").status_code == 404


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"form_ids": "visit"}, "form_ids"),
        ({"purpose": "x" * 301}, "purpose"),
    ],
)
def test_token_that_cannot_be_made_as_asked_is_refused_by_name(
    as_bob: Client, words: dict[str, Any], named: str
) -> None:
    refused = ask(as_bob, **words)
    assert (refused.status_code, refused.json()["code"]) == (400, "request_malformed")
    assert named in refused.json()["detail"]
    assert not PersonalToken.objects.exists()


def test_token_for_a_form_that_is_not_there_is_refused_by_its_id(as_bob: Client) -> None:
    refused = ask(as_bob, form_ids=["visit", "vistt"])
    assert (refused.status_code, refused.json()["code"]) == (400, "value_invalid")
    page = as_bob.post("/account/tokens/", {"name": "R", "form_ids": "vizit"}, follow=True)

    assert "vistt" in refused.json()["detail"]
    assert 'class="error' in page.content.decode() or "error" in page.content.decode()
    assert not PersonalToken.objects.exists()


def test_who_reads_no_records_makes_no_token(as_charlie: Client, db: None) -> None:
    assert ask(as_charlie).json()["code"] == "not_allowed"
    assert as_charlie.get(URL).json()["code"] == "not_allowed"
    nobody = Client()
    nobody.force_login(make_user("p", User.Role.PARTNER))
    assert ask(nobody).status_code == 403
    assert ask(Client()).status_code == 401
