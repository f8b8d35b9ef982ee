"""Corrections by API: the log, proposing, deciding; what of it each role sees."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow
from surveys.corrections.models import Correction
from tests.conftest import _client_of as client_of
from tests.conftest import make_user
from tests.surveys.corrections.interviews import INCOME, MEMBER, publish_moved, rows_of
from tests.surveys.household_forms import drain

CORRECTIONS = "/api/v1/corrections/"
AMOUNT = f"{INCOME}/inc_amount"
INCOMES = "/api/v1/forms/rmp_registration/repeats/income/records/"
REASON = "comparing with the paper list"


def post(client: Client, where: str, status: int, **said: Any) -> Any:
    answer = client.post(where, json.dumps(said), content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def propose(client: Client, row: CleanRow, status: int = 201, **more: Any) -> Any:
    change = {"row": str(row.pk), "path": AMOUNT, "new": 12345} | more.pop("change", {})
    said = {"record": str(row.record_id), "changes": [change], "reason": "Telephoned", **more}
    return post(client, CORRECTIONS, status, **said)


def decide(client: Client, pk: str, move: str, status: int = 200, **said: Any) -> Any:
    return post(client, f"{CORRECTIONS}{pk}/{move}/", status, **said)


def listed(client: Client, **query: str) -> Any:
    answer = client.get(CORRECTIONS, query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_supervisor_proposes_manager_approves_and_the_layers_tell_the_truth(
    as_gulnara: Client, as_alice: Client, as_bob: Client, source: CleanRow
) -> None:
    sent = source.verbatim["inc_amount"]
    (made,) = propose(as_gulnara, source, source="field_call")["corrections"]
    assert (made["state"], made["old"], made["new"]) == ("proposed", sent, "12345")
    (approved,) = decide(as_alice, made["id"], "approve")["corrections"]
    assert approved["state"] == "approved"
    drain()

    def answer(layer: str) -> Any:
        rows = as_bob.get(INCOMES, {"layer": layer}).json()["results"]
        return next(r for r in rows if r["id"] == str(source.pk))["inc_amount"]

    assert (answer("raw"), answer("corrected"), answer("analysis")) == (sent, 12345, 12345)
    (seen,) = listed(as_bob)
    assert (seen["state"], seen["reason"], seen["applied_at"] is not None) == (
        "applied", None, True,
    )  # fmt: skip
    assert [s["step"] for s in seen["steps"]] == ["proposed", "approved"]
    assert [s["why"] for s in seen["steps"]] == [None, None]


@pytest.mark.parametrize("group", ["income", "money"], ids=["asked then", "asks now"])
def test_question_that_a_later_version_moved_is_corrected_and_approved_by_either_path(
    as_gulnara: Client, as_alice: Client, source: CleanRow, group: str
) -> None:
    publish_moved("inc_amount", "money/inc_amount")
    path = f"{INCOME}/money/inc_amount" if group == "money" else f"{INCOME}/inc_amount"
    (made,) = propose(as_gulnara, source, change={"path": path, "new": 12345})["corrections"]
    assert (made["path"], made["masked"]) == (f"{INCOME}/inc_amount", False)
    assert made["old"] == source.verbatim["inc_amount"]
    decide(as_alice, made["id"], "approve")
    drain()
    source.refresh_from_db()
    assert source.values["inc_amount"] == 12345


def test_answer_that_a_correction_removed_is_not_there_because_it_was_not_asked(
    as_gulnara: Client, as_alice: Client, as_bob: Client, source: CleanRow
) -> None:
    change = {"path": f"{INCOME}/inc_known", "new": "refused"}
    (made,) = propose(as_gulnara, source, change=change)["corrections"]
    decide(as_alice, made["id"], "approve")
    drain()
    rows = as_bob.get(INCOMES, {"missing": "1"}).json()["results"]
    row = next(r for r in rows if r["id"] == str(source.pk))
    assert (row["inc_amount"], row["missing"]["inc_amount"]) == (None, "not_asked")


def test_names_are_masked_in_the_log_and_shown_with_a_reason(
    as_alice: Client, as_gulnara: Client, record: CleanRow
) -> None:
    member = rows_of(record, MEMBER)[0]
    change = {"path": f"{MEMBER}/m_name", "new": "Асанова Өмүр"}
    assert propose(as_gulnara, member, 403, change=change)["code"] == "field_masked"
    (made,) = propose(as_gulnara, member, change=change, unmask=REASON)["corrections"]
    assert made["new"] == "Асанова Өмүр"

    (seen,) = listed(as_alice)
    assert (seen["masked"], seen["old"], seen["new"]) == (True, None, None)
    assert decide(as_alice, made["id"], "approve", 403)["code"] == "field_masked"
    (shown,) = listed(as_alice, unmask=REASON)
    assert shown["new"] == "Асанова Өмүр"
    decide(as_alice, made["id"], "approve", unmask=REASON)


def test_stale_proposal_is_told_what_stands_there_now(as_gulnara: Client, source: CleanRow) -> None:
    said = propose(as_gulnara, source, 409, change={"old": "1"})
    assert (said["code"], said["now"]) == ("correction_stale", source.verbatim["inc_amount"])


def test_faults_of_the_form_name_row_and_question(as_gulnara: Client, source: CleanRow) -> None:
    said = propose(as_gulnara, source, 422, change={"new": -1})
    (fault,) = said["errors"]
    assert (fault["code"], fault["row"], fault["field"]) == (
        "constraint_broken", str(source.pk), AMOUNT,
    )  # fmt: skip
    assert Correction.objects.count() == 0


@pytest.mark.parametrize(("who", "status"), [("bob", 403), ("charlie", 403), ("root", 201)])
def test_who_may_propose(
    request: pytest.FixtureRequest, source: CleanRow, who: str, status: int
) -> None:
    propose(request.getfixturevalue(f"as_{who}"), source, status)


def test_list_is_narrowed_by_its_words(as_gulnara: Client, source: CleanRow) -> None:
    (made,) = propose(as_gulnara, source)["corrections"]
    assert [c["id"] for c in listed(as_gulnara, state="waiting", path=AMOUNT)] == [made["id"]]
    assert listed(as_gulnara, state="applied") == []
    assert listed(as_gulnara, record=str(uuid4())) == []
    assert [c["id"] for c in listed(as_gulnara, bundle=made["bundle"])] == [made["id"]]
    for wrong in ({"state": "x"}, {"record": "x"}, {"path": "\0"}, {"shoe": "1"}):
        assert as_gulnara.get(CORRECTIONS, wrong).status_code == 400


def test_other_oblast_sees_no_correction(as_gulnara: Client, source: CleanRow) -> None:
    propose(as_gulnara, source)
    far = client_of(make_user("far", User.Role.MANAGER, place_codes=["KG99"]))
    assert listed(far) == []
    assert propose(far, source, 404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"reason": ""}, "reason_missing"),
        ({"reason": "x"}, "reason_missing"),
        ({"source": "dream"}, "request_malformed"),
        ({"change": {"action": "erase"}}, "request_malformed"),
        ({"change": {"row": str(uuid4())}}, "value_invalid"),
        ({"change": {"new": {"a": 1}}}, "correction_invalid"),
        ({"change": {"new": None}}, "value_invalid"),
    ],
)
def test_proposal_that_makes_no_sense_is_refused_by_name(
    as_gulnara: Client, source: CleanRow, said: dict[str, Any], code: str
) -> None:
    status = 422 if code == "correction_invalid" else 400
    assert propose(as_gulnara, source, status, **said)["code"] == code


def test_unknown_move_is_refused(as_alice: Client, source: CleanRow) -> None:
    assert decide(as_alice, str(uuid4()), "bless", 400)["code"] == "value_invalid"
    assert decide(as_alice, str(uuid4()), "approve", 404)["code"] == "not_found"


def test_list_needs_as_many_queries_for_twenty_as_for_one(
    as_gulnara: Client, source: CleanRow
) -> None:
    (made,) = propose(as_gulnara, source)["corrections"]
    listed(as_gulnara)
    one = _queries(as_gulnara)
    found = Correction.objects.get(pk=made["id"])
    for _ in range(20):
        found.pk = uuid4()
        found.save(force_insert=True)
        found.steps.create(step="proposed", by=found.proposed_by, at=found.proposed_at)
    assert _queries(as_gulnara) == one


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as found:
        listed(client)
    return len(found)
