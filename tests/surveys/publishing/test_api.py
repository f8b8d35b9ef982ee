"""Drafts and assignment by API: the same checks and verbs as the pages."""

from typing import Any

import pytest
from django.test import Client

from surveys.publishing.models import FormDraft
from surveys.rounds.models import Round, Survey
from surveys.xforms.models import Form
from tests.openrosa.conftest import make_record
from tests.surveys.publishing.sample import ROOMS_AS_TEXT, ROOMS_RENAMED, VISIT, upload
from tests.xlsforms import publish, workbook

pytestmark = pytest.mark.django_db
DRAFTS = "/api/v1/form-drafts/"


def post(client: Client, address: str, body: object) -> Any:
    return client.post(address, body, content_type="application/json")


def sent(client: Client, table: str, version: str = "2") -> Any:
    return client.post(DRAFTS, {"workbook": upload(workbook(table, version=version))})


def test_workbook_with_faults_is_refused_with_their_places(as_alice: Client) -> None:
    answer = sent(as_alice, VISIT.replace("integer ", "intger  "))

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "xlsform_invalid")
    assert [(f["sheet"], f["row"], f["column"]) for f in problem["findings"]] == [
        ("survey", 2, "type")
    ]


def test_upload_without_a_workbook_says_so(as_alice: Client) -> None:
    answer = as_alice.post(DRAFTS, {"other": "x"})

    assert (answer.status_code, answer.json()["code"]) == (422, "workbook_unreadable")


def test_draft_is_compared_published_and_assigned(as_alice: Client) -> None:
    publish(VISIT, version="1")
    survey = Survey.objects.create(code="s", name="Survey")
    Round.objects.create(survey=survey, code="spring", name="Spring")
    draft = sent(as_alice, ROOMS_AS_TEXT).json()
    address = f"{DRAFTS}{draft['id']}/"
    assert [(c["path"], c["breaks"]) for c in draft["changes"]] == [("rooms", True)]
    assert [(m["sheet"], m["row"]) for m in draft["untranslated"]] == [("survey", 3)]
    assert draft["classes"]["direct"] == ["resp_name"]

    looked = {"looked_at": draft["compared_with"]}
    refused = post(as_alice, f"{address}publish/", looked)
    done = post(
        as_alice, f"{address}publish/", {**looked, "breaks_confirmed": True, "round": "spring"}
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "breaks_unconfirmed")
    assert (done.status_code, done.json()["version"], done.json()["round"]) == (201, "2", "spring")
    assert as_alice.get(address).json()["state"] == "published"
    assert Form.objects.get().current.version == "2"


def test_renaming_is_confirmed_by_name(as_alice: Client) -> None:
    publish(VISIT, version="1")
    draft = sent(as_alice, ROOMS_RENAMED).json()
    (likely,) = draft["likely_renames"]

    body = {"looked_at": draft["compared_with"], "renamed": {likely["old"]: likely["new"]}}
    post(as_alice, f"{DRAFTS}{draft['id']}/publish/", body)

    assert Form.objects.get().current.renamed == {"n_rooms": "rooms"}


def test_comparison_that_is_out_of_date_publishes_nothing(as_alice: Client) -> None:
    draft = sent(as_alice, VISIT, version="1").json()

    answer = post(as_alice, f"{DRAFTS}{draft['id']}/publish/", {"looked_at": 12345})

    assert (answer.status_code, answer.json()["code"]) == (409, "comparison_changed")
    assert not Form.objects.exists()


def test_test_records_are_listed_and_drafts_dropped(as_alice: Client) -> None:
    pk = sent(as_alice, VISIT).json()["id"]
    token = FormDraft.objects.get().token
    xml = upload(make_record("uuid:1", version="2"), "r.xml")
    Client().post(f"/try/{token}/submission", {"xml_submission_file": xml})

    (trial,) = as_alice.get(f"{DRAFTS}{pk}/tests/").json()["results"]
    dropped = as_alice.delete(f"{DRAFTS}{pk}/")

    assert (trial["instance_id"], trial["problem"]) == ("uuid:1", None)
    assert dropped.json()["state"] == "dropped"
    assert as_alice.get(DRAFTS).json()["results"][0]["state"] == "dropped"
    late = as_alice.post(f"{DRAFTS}{pk}/files/", {"file": upload(b"x", "a.png")})
    assert (late.status_code, late.json()["code"]) == (409, "draft_closed")


def test_file_is_attached_to_a_draft(as_alice: Client) -> None:
    pk = sent(as_alice, VISIT).json()["id"]

    done = as_alice.post(f"{DRAFTS}{pk}/files/", {"file": upload(b"x", "a.png")})
    refused = as_alice.post(f"{DRAFTS}{pk}/files/", {"file": upload(b"", "b.png")})

    assert (done.status_code, done.json()["name"]) == (201, "a.png")
    assert (refused.status_code, refused.json()["code"]) == (422, "media_unreadable")


def test_assignment_changes_round_places_and_listing_at_once_or_not_at_all(
    as_alice: Client, as_bob: Client
) -> None:
    form = publish(VISIT).form
    survey = Survey.objects.create(code="s", name="Survey")
    Round.objects.create(survey=survey, code="spring", name="Spring")
    address = "/api/v1/forms/visit/assignment/"

    def patch(client: Client, body: dict[str, object]) -> Any:
        return client.patch(address, body, content_type="application/json")

    bad = patch(as_alice, {"round": "spring", "places": ["XX"]})
    form.refresh_from_db()
    assert (bad.status_code, bad.json()["code"], form.round) == (400, "place_unknown", None)
    assert patch(as_bob, {"round": "spring"}).status_code == 403
    good = patch(as_alice, {"round": "spring", "listed": False})

    expected = {"form_id": "visit", "round": "spring", "places": [], "listed": False}
    assert (good.json(), as_bob.get(address).json()) == (expected, expected)


@pytest.mark.parametrize("path", ["", "1/", "1/tests/"])
def test_drafts_are_for_who_may_publish(as_bob: Client, path: str) -> None:
    assert as_bob.get(f"{DRAFTS}{path}").status_code == 403
