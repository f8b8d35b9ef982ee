"""Saved queries under links that stay, and tokens that open some forms for some purpose."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.models import PersonalToken, User
from backend.accounts.tokens import make_personal_token
from surveys.datasets.build import build_waiting_exports
from surveys.datasets.models import Export, SavedQuery
from surveys.xforms.models import Form
from tests.surveys.datasets.records import SCHEMA, make_record, publish
from tests.surveys.datasets.test_records import MEMBERS, URL, problem

QUERIES = "/api/v1/queries/"


def save(client: Client, **asked: Any) -> dict[str, Any]:
    asked = {"name": "Large families", "form_id": "visit", **asked}
    answer = client.post(QUERIES, asked, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def refusal(client: Client, **asked: Any) -> str:
    asked = {"name": "x", "form_id": "visit", **asked}
    answer = client.post(QUERIES, asked, content_type="application/json")
    assert answer.status_code >= 400
    return str(answer.json()["code"])


def test_saved_query_gives_by_its_link_what_it_finds_now_page_by_page(
    as_bob: Client, form: Form
) -> None:
    query = {"hh_size__gte": "5", "ordering": "-hh_size", "fields": "hh_size"}
    saved = save(as_bob, query=query)
    for size in (4, 5, 6, 7):
        make_record(form, {"hh_size": size}, minutes=size)

    first = as_bob.get(saved["records"], {"page_size": 2}).json()
    second = as_bob.get(first["next"]).json()

    assert saved["records"] == f"http://testserver{QUERIES}{saved['id']}/records/"
    assert [r["hh_size"] for page in (first, second) for r in page["results"]] == [7, 6, 5]
    assert set(first["results"][0]) == {"id", "hh_size"}
    assert first["next"].startswith(saved["records"])


def test_saved_query_tells_what_changed_since(as_bob: Client, form: Form) -> None:
    saved = save(as_bob, query={"hh_size__gte": "5"})
    make_record(form, {"hh_size": 5})
    later = make_record(form, {"hh_size": 6}, minutes=60)
    make_record(form, {"hh_size": 2}, minutes=61)
    changed = as_bob.get(saved["records"], {"updated_since": "2014-06-01T09:30:00Z"}).json()
    assert [r["id"] for r in changed["results"]] == [str(later.id)]
    assert as_bob.get(saved["records"], {"deleted": 1}).json()["results"] == []


@pytest.mark.django_db(transaction=True)
def test_saved_query_gives_a_file_of_what_it_finds_or_what_changed_of_it(
    as_bob: Client, form: Form
) -> None:
    saved = save(as_bob, query={"hh_size__gte": "5", "labels": "ru", "ordering": "hh_size"})
    make_record(form, {"hh_size": 5}, members=[{"age": 1}])
    make_record(form, {"hh_size": 6}, minutes=60, members=[{"age": 1}, {"age": 2}])
    make_record(form, {"hh_size": 2}, minutes=61, members=[{"age": 3}])
    url = f"{QUERIES}{saved['id']}/exports/"

    for since, tables in (("", (2, 3)), ("2014-06-01T09:30:00Z", (1, 2))):
        asked = {"kind": "dta", "updated_since": since, "purpose": "report"}
        answer = as_bob.post(url, asked, content_type="application/json")
        assert answer.status_code == 202, answer.content
        build_waiting_exports()
        export = Export.objects.get(pk=answer.json()["id"])
        assert (export.state, export.language, export.labels) == ("ready", "ru", True)
        assert (export.tables["visit"], export.tables["member"]) == tables

    for more, code in (
        ({"updated_since": "soon"}, "value_invalid"),
        ({"filter": {"hh_size": "5"}}, "request_malformed"),
    ):
        refused = as_bob.post(url, {"kind": "csv", **more}, content_type="application/json")
        assert (refused.status_code, refused.json()["code"]) == (400, code)
    for words in ({"query": {"fields": "hh_size"}}, {"repeat": "member"}):
        other = f"{QUERIES}{save(as_bob, **words)['id']}/exports/"
        refused = as_bob.post(other, {"kind": "csv"}, content_type="application/json")
        assert (refused.status_code, refused.json()["code"]) == (400, "value_invalid")


@pytest.mark.parametrize("url", ["/api/v1/exports/", QUERIES])
def test_word_that_nobody_knows_is_not_passed_over(as_bob: Client, form: Form, url: str) -> None:
    asked = {"form_id": "visit", "name": "x", "kind": "csv", "columns": ["hh_size"]}
    answer = as_bob.post(url, asked, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "request_malformed")
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"query": {"nothing": "1"}}, "field_unknown"),
        ({"query": {"head": "A"}}, "field_masked"),
        ({"query": {"hh_size": "many"}}, "value_invalid"),
        ({"query": {"ordering": "-nothing"}}, "field_unknown"),
        ({"query": {"cursor": "x"}}, "value_invalid"),
        ({"query": {"unmask": "because I can see it"}}, "value_invalid"),
        ({"form_id": "nothing"}, "not_found"),
        ({"repeat": "nothing"}, "not_found"),
        ({"name": ""}, "request_malformed"),
    ],
)
def test_query_that_could_not_be_asked_is_not_saved(
    as_bob: Client, form: Form, asked: dict[str, Any], code: str
) -> None:
    assert refusal(as_bob, **asked) == code
    assert not SavedQuery.objects.exists()


def test_shared_query_gives_each_what_their_own_rights_give(
    as_bob: Client, as_alice: Client, as_dilnoza: Client, form: Form
) -> None:
    own, shared = save(as_bob), save(as_bob, shared=True, repeat="member")
    make_record(form, {"ban": "yes"}, members=[{"age": 5}], restricted=True)

    assert [q["id"] for q in as_alice.get(QUERIES).json()["results"]] == [shared["id"]]
    assert problem(as_alice, 404, url=f"{QUERIES}{own['id']}/")["code"] == "not_found"
    counts = [len(c.get(shared["records"]).json()["results"]) for c in (as_alice, as_bob)]
    assert counts == [1, 0]
    assert as_dilnoza.get(shared["records"]).json()["results"] == []


def test_query_is_dropped_by_its_owner_only(as_bob: Client, as_alice: Client, form: Form) -> None:
    link = f"{QUERIES}{save(as_bob, shared=True)['id']}/"
    assert as_alice.delete(link).status_code == 403
    assert as_bob.delete(link).status_code == 204
    assert as_bob.get(link).status_code == 404


def test_page_saves_a_query_from_an_address_and_lists_its_link(as_bob: Client, form: Form) -> None:
    words = {"name": "Large", "form_id": "visit", "query": "?hh_size__gte=5&place=", "shared": "on"}
    assert as_bob.post("/queries/", words).status_code == 400  # place= says nothing
    as_bob.post("/queries/", {**words, "query": "?hh_size__gte=5"})
    saved = SavedQuery.objects.get()
    assert (saved.query, saved.shared) == ({"hh_size__gte": "5"}, True)
    assert f"{QUERIES}{saved.pk}/records/" in as_bob.get("/queries/").content.decode()
    as_bob.post(f"/queries/{saved.pk}/drop/")
    assert not SavedQuery.objects.exists()


@pytest.fixture
def scoped(bob: User, form: Form) -> dict[str, str]:
    publish(replace(SCHEMA, form_id="other"))
    token = make_personal_token(
        user=bob, name="Stata", form_ids=["visit"], purpose="quarterly report", days=30
    )
    return {"authorization": f"Bearer {token}"}


def test_token_of_some_forms_opens_these_and_nothing_that_spans_forms(
    client: Client, form: Form, scoped: dict[str, str]
) -> None:
    make_record(form)
    assert len(client.get(URL, headers=scoped).json()["results"]) == 1
    assert client.get(MEMBERS, headers=scoped).status_code == 200
    listed = client.get("/api/v1/forms/", headers=scoped).json()["results"]
    assert [f["form_id"] for f in listed] == ["visit"]
    for url in (URL.replace("visit", "other"), "/api/v1/households/", "/api/v1/entity-lists/"):
        refused = client.get(url, headers=scoped)
        assert (refused.status_code, refused.json()["code"]) == (403, "token_scope")


def test_export_by_token_bears_its_purpose_and_is_of_its_forms(
    client: Client, form: Form, scoped: dict[str, str], bob: User
) -> None:
    def ask(form_id: str) -> int:
        asked = {"form_id": form_id, "kind": "csv"}
        answer = client.post(
            "/api/v1/exports/", asked, content_type="application/json", headers=scoped
        )
        return answer.status_code

    assert [ask("visit"), ask("other")] == [202, 403]
    assert Export.objects.get().purpose == "quarterly report"
    Export.objects.create(form=Form.objects.get(form_id="other"), kind="csv", asked_by=bob)
    listed = client.get("/api/v1/exports/", headers=scoped).json()["results"]
    assert [e["form_id"] for e in listed] == ["visit"]


def test_token_ends_at_its_day_and_works_however_its_owner_logs_in(
    client: Client, form: Form, scoped: dict[str, str], bob: User
) -> None:
    bob.set_unusable_password()
    bob.save()
    assert client.get(URL, headers=scoped).status_code == 200
    token = PersonalToken.objects.get()
    assert token.last_used_at is not None
    assert token.expires_at - token.created_at < timedelta(days=30, minutes=1)
    PersonalToken.objects.update(expires_at=timezone.now())
    assert client.get(URL, headers=scoped).status_code == 401


def test_account_page_makes_a_token_for_some_forms_and_days(as_bob: Client, form: Form) -> None:
    publish(replace(SCHEMA, form_id="other"))
    words = {"name": "R", "form_ids": "visit, other", "purpose": "report", "days": "7"}
    as_bob.post("/account/tokens/", words)
    token = PersonalToken.objects.get()
    assert (token.form_ids, token.purpose) == (["visit", "other"], "report")
    assert token.expires_at - token.created_at < timedelta(days=7, minutes=1)
    assert "only visit, other; for report" in as_bob.get("/account/").content.decode()
