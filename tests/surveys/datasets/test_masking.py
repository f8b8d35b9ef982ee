"""Who sees which record and which answer through the API."""

from dataclasses import replace

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.audit.models import AuditEvent
from surveys.places.models import Place
from surveys.privacy.models import Unmasking
from surveys.xforms.models import Form
from tests.conftest import _client_of as client_of
from tests.conftest import make_user
from tests.surveys.datasets.records import SCHEMA, make_record, next_version
from tests.surveys.datasets.test_records import MEMBERS, URL, ids, problem

REASON = "checking a complaint of the family"
SECRETS = {"head": "Асанова Гүлнара", "illness": "asthma", "ban": "yes"}


def test_names_and_sensitive_answers_are_masked_for_everybody(
    as_alice: Client, as_bob: Client, as_root: Client, form: Form
) -> None:
    make_record(form, {**SECRETS, "hh_size": 4}, members=[{"first_name": "Айгүл", "age": 7}])
    for client in (as_alice, as_bob, as_root):
        (record,) = client.get(URL).json()["results"]
        assert [record[name] for name in (*SECRETS, "hh_size")] == [None, None, None, 4]
        (member,) = client.get(MEMBERS).json()["results"]
        assert (member["first_name"], member["age"]) == (None, 7)


@pytest.mark.parametrize("query", [{"head": "A"}, {"head__isnull": "true"}, {"ordering": "-head"}])
def test_masked_answer_cannot_be_guessed_by_filter_or_order(
    as_bob: Client, form: Form, query: dict[str, str]
) -> None:
    assert problem(as_bob, 403, **query)["code"] == "field_masked"


def test_supervisor_unmasks_with_a_reason_that_is_kept(as_alice: Client, form: Form) -> None:
    make_record(form, SECRETS)

    (record,) = as_alice.get(URL, {"unmask": REASON, "head": SECRETS["head"]}).json()["results"]

    assert {name: record[name] for name in SECRETS} == SECRETS
    kept = Unmasking.objects.get()
    assert (kept.user.username, kept.target, kept.reason) == ("alice", "visit", REASON)
    event = AuditEvent.objects.get(action="data.unmasked")
    assert (event.by, event.target_id, event.details) == (kept.user, str(kept.pk), {})


def test_restricted_answers_stay_masked_for_people_not_named_for_legal_aid(
    db: None, form: Form
) -> None:
    make_record(form, SECRETS)
    client = client_of(make_user("erlan", User.Role.SUPERVISOR))
    (record,) = client.get(URL, {"unmask": REASON}).json()["results"]
    assert (record["head"], record["ban"]) == (SECRETS["head"], None)
    assert problem(client, 403, unmask=REASON, ban="yes")["code"] == "field_masked"


def test_analyst_may_not_unmask(as_bob: Client, form: Form) -> None:
    assert problem(as_bob, 403, unmask=REASON)["code"] == "not_allowed"
    assert not Unmasking.objects.exists()


def test_unmasking_needs_a_real_reason(as_alice: Client, form: Form) -> None:
    assert problem(as_alice, 400, unmask="because")["code"] == "purpose_missing"
    assert not Unmasking.objects.exists()


def test_record_with_legal_aid_is_seen_by_named_people_only(
    as_alice: Client, as_bob: Client, as_root: Client, form: Form
) -> None:
    legal = make_record(form, {"ban": "yes"}, members=[{"age": 1}], restricted=True)
    make_record(form, {}, members=[{"age": 2}], minutes=1)
    assert len(ids(as_alice)) == 2
    assert [len(ids(c)) for c in (as_bob, as_root)] == [1, 1]
    assert [r["age"] for r in as_bob.get(MEMBERS).json()["results"]] == [2]
    assert problem(as_bob, 404, url=f"{URL}{legal.id}/")["code"] == "not_found"


def test_supervisor_of_an_oblast_sees_it_and_what_lies_below(
    as_dilnoza: Client, form: Form, osh: Place, alai: Place, naryn: Place
) -> None:
    mine = make_record(form, place=alai, members=[{"age": 1}])
    other = make_record(form, place=naryn, members=[{"age": 2}], minutes=1)
    make_record(form, members=[{"age": 3}], minutes=2)
    assert ids(as_dilnoza) == [str(mine.id)]
    assert ids(as_dilnoza, place="KG04") == []
    assert [r["age"] for r in as_dilnoza.get(MEMBERS).json()["results"]] == [1]
    assert problem(as_dilnoza, 404, url=f"{URL}{other.id}/")["code"] == "not_found"


def test_repeat_row_follows_its_root_even_where_it_says_nothing_itself(
    as_bob: Client, as_dilnoza: Client, form: Form, osh: Place
) -> None:
    root = make_record(form, place=osh, members=[{"age": 1}], restricted=True)
    type(root).objects.filter(parent_id=root.id).update(place=None, restricted=False)
    assert as_bob.get(MEMBERS).json()["results"] == []
    type(root).objects.filter(pk=root.pk).update(restricted=False)
    assert len(as_dilnoza.get(MEMBERS).json()["results"]) == 1


def test_answer_once_called_personal_stays_masked_in_later_versions(
    as_bob: Client, form: Form
) -> None:
    opened = [replace(f, privacy="open") for f in SCHEMA.fields]
    next_version(form, fields=tuple(opened))
    make_record(form, SECRETS)
    (record,) = as_bob.get(URL).json()["results"]
    assert record["head"] is None


@pytest.mark.parametrize(
    "url", [URL, MEMBERS, "/api/v1/forms/", "/api/v1/households/", "/api/v1/exports/"]
)
def test_enumerator_reads_nothing_back(as_charlie: Client, form: Form, url: str) -> None:
    assert problem(as_charlie, 403, url=url)["code"] == "not_allowed"


@pytest.mark.parametrize("url", [URL, "/api/v1/forms/", "/api/v1/households/", "/api/schema/"])
def test_stranger_is_told_to_log_in(client: Client, form: Form, url: str) -> None:
    assert problem(client, 401, url=url)["code"] == "login_required"
