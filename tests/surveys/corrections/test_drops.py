"""A whole record that is dropped counts nowhere, and comes back exactly when that is revoked."""

from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client

from backend.accounts.models import User
from surveys.cleaning.models import CleanRow, DeletedRecord
from surveys.corrections.decide import decide_corrections
from surveys.corrections.models import Correction, Errand
from surveys.corrections.propose import Because, Wish, propose_corrections
from surveys.corrections.visible import visible_corrections
from surveys.corrections.work import run_errands
from surveys.datasets.build import build_waiting_exports, request_export
from surveys.entities.models import Entity
from surveys.households.models import LinkKey, Membership
from surveys.indicators.compute import compute_indicators
from surveys.lifecycle.delete import restore_record
from surveys.lifecycle.drop import settle_drops
from surveys.places.models import Place
from surveys.submissions.models import Submission
from tests.conftest import make_user
from tests.surveys.corrections.test_decide import problem, renamed
from tests.surveys.corrections.test_sheet import errors_of, log_of, rows_in, sheet_of, upload
from tests.surveys.datasets.odata.conftest import with_token
from tests.surveys.household_forms import arrive, drain

CALL = Because("The family was interviewed for training only")
FORM = "rmp_registration"


def propose(record: CleanRow, by: User) -> Correction:
    wish = Wish(record.pk, "", action="drop")
    return propose_corrections(record_id=record.pk, wishes=[wish], because=CALL, by=by)[0]


def decide(correction: Correction, move: str, by: User) -> None:
    decide_corrections(correction_id=correction.pk, move=move, by=by, why="It was for training")
    settle_drops()
    drain()


def state_of(correction: Correction) -> str:
    return Correction.objects.get(pk=correction.pk).state


def doors(record: CleanRow, bob: User) -> dict[str, bool]:
    """Whether each place that shows records shows this one."""
    key, client = str(record.pk), with_token(bob)
    listed = client.get(f"/api/v1/forms/{FORM}/records/").json()
    feed = client.get(f"/v1/projects/1/forms/{FORM}.svc/Submissions").json()
    export = request_export(form_id=FORM, kind="csv", by=bob)
    assert build_waiting_exports(only=export.pk) == 1
    export.refresh_from_db()
    assert export.state == "ready", (export.state, export.error)
    with ZipFile(export.path) as files:
        csv = b"".join(files.read(name) for name in files.namelist()).decode()
    compute_indicators()
    families = client.get("/api/v1/indicators/O3.1/households/", {"status": "dropped"}).json()
    return {
        "list": key in str(listed),
        "csv": key in csv,
        "odata": key in str(feed),
        "indicator": str(record.household_id) in str(families),
        "household": Membership.objects.filter(record_id=record.pk).exists(),
        "linkage": LinkKey.objects.filter(record_id=record.pk).exists(),
        "tablets": Entity.objects.filter(deleted_at=None).exists(),
    }


def rows(record: CleanRow) -> list[tuple[Any, ...]]:
    found = CleanRow.objects.filter(record_id=record.pk).order_by("pk")
    names = ("pk", "repeat", "parent_id", "index", "values", "verbatim", "place", "household_id")
    return list(found.values_list(*names))


@pytest.mark.django_db(transaction=True)
def test_dropped_record_is_behind_no_door_and_revoking_opens_all(
    record: CleanRow, gulnara: User, alice: User, bob: User, as_bob: Client
) -> None:
    before, raw = rows(record), bytes(Submission.objects.get().raw_xml)
    all_open = doors(record, bob)
    correction = propose(record, gulnara)
    settle_drops()
    assert doors(record, bob) == all_open
    assert set(all_open.values()) == {True}

    decide(correction, "approve", alice)
    assert (state_of(correction), rows(record)) == ("applied", [])
    assert set(doors(record, bob).values()) == {False}
    gone = as_bob.get(f"/api/v1/forms/{FORM}/records/", {"deleted": "1"}).json()["results"]
    assert [each["id"] for each in gone] == [str(record.pk)]
    assert bytes(Submission.objects.get().raw_xml) == raw

    decide(correction, "revoke", alice)
    assert (state_of(correction), rows(record)) == ("revoked", before)
    assert doors(record, bob) == all_open
    assert not DeletedRecord.objects.exists()
    assert settle_drops() == 0


def test_whoever_proposed_it_may_not_approve_it_and_supervisors_neither(
    record: CleanRow, gulnara: User, alice: User
) -> None:
    own = propose(record, alice)
    problem("correction_own", decide, own, "approve", alice)
    problem("not_allowed", decide, own, "approve", gulnara)
    assert state_of(own) == "proposed"
    assert settle_drops() == 0


def test_second_proposal_waits_for_the_first_and_a_dropped_record_takes_none(
    record: CleanRow, gulnara: User, alice: User
) -> None:
    correction = propose(record, gulnara)
    problem("correction_waiting", propose, record, alice)
    decide(correction, "approve", alice)
    problem("not_found", propose, record, gulnara)


def test_other_corrections_outlive_a_drop(record: CleanRow, gulnara: User, alice: User) -> None:
    wish = Wish(record.pk, "main/housing/rooms", 7)
    (other,) = propose_corrections(record_id=record.pk, wishes=[wish], because=CALL, by=gulnara)
    decide(other, "approve", alice)
    corrected = rows(record)
    correction = propose(record, gulnara)
    decide(correction, "approve", alice)
    decide(correction, "revoke", alice)
    assert rows(record) == corrected
    assert CleanRow.objects.get(pk=record.pk).values["rooms"] == 7


def test_edit_of_a_dropped_record_leaves_it_dropped_until_that_is_revoked(
    record: CleanRow, gulnara: User, alice: User
) -> None:
    correction = propose(record, gulnara)
    decide(correction, "approve", alice)
    sent = Submission.objects.get()
    arrive(renamed(bytes(sent.raw_xml), "uuid:later", replaces=sent.instance_id))
    drain()
    assert rows(record) == []
    decide(correction, "revoke", alice)
    assert CleanRow.objects.get(pk=record.pk).submission.deprecated_id == sent.instance_id


def test_record_that_was_restored_overtakes_its_drop(
    record: CleanRow, gulnara: User, alice: User
) -> None:
    correction = propose(record, gulnara)
    decide(correction, "approve", alice)
    restore_record(record_id=record.pk, by=alice)
    assert state_of(correction) == "overtaken"
    decide(correction, "revoke", alice)
    assert (state_of(correction), len(rows(record)) > 0) == ("revoked", True)


def test_dropped_record_is_seen_gone_by_who_saw_it_and_by_nobody_else(
    record: CleanRow, gulnara: User, alice: User
) -> None:
    correction = propose(record, gulnara)
    decide(correction, "approve", alice)
    Correction.objects.update(place=Place.objects.create(code="KG", level=0, path="KG"))
    near = make_user("near", User.Role.SUPERVISOR, place_codes=["KG"])
    far = make_user("far", User.Role.SUPERVISOR, place_codes=["TJ"])
    assert visible_corrections(near).get() == correction
    assert not visible_corrections(far).exists()
    Correction.objects.update(restricted=True)
    assert not visible_corrections(near).exists()


def test_page_and_log_propose_and_show_it(
    record: CleanRow, as_gulnara: Client, as_alice: Client, gulnara: User
) -> None:
    asked = as_gulnara.get(f"/records/{FORM}/{record.pk}/").content.decode()
    assert f"/corrections/drop/{record.pk}/" in asked
    page = f"/corrections/drop/{record.pk}/"
    assert as_gulnara.post(page, {"reason": "", "source": "office"}).status_code == 400
    as_gulnara.post(page, {"reason": "Only for training", "source": "office"})
    listed = as_alice.get("/corrections/").content.decode()
    assert "Drop the record" in listed
    made = Correction.objects.get()
    as_alice.post("/corrections/decide/", {"correction": made.pk, "move": "approve"})
    assert settle_drops() == 1
    listed = as_alice.get("/corrections/?state=in_force").content.decode()
    assert "the whole record" in listed
    (row,) = rows_in(log_of(as_alice).content)
    assert (row["record"], row["path"], row["action"]) == (str(record.pk), None, "drop")
    said = {"record": str(record.pk), "path": "", "action": "drop", "new": "", "source": "office"}
    again = sheet_of({**row, "path": "", "new": "", "old": ""})
    assert as_gulnara.post("/corrections/import/", {"file": upload(again)}).status_code == 302
    run_errands()
    assert not Errand.objects.exclude(state="done").exists()
    assert Correction.objects.count() == 1
    assert errors_of(sheet_of({**said, "reason": "Again"}), gulnara)[0][2] == "not_found"


def test_sheet_and_api_propose_it(record: CleanRow, as_gulnara: Client) -> None:
    said = {"record": str(record.pk), "path": "", "action": "drop", "new": "", "source": "office"}
    sheet = sheet_of({**said, "reason": "Only for training"})
    assert as_gulnara.post("/corrections/import/", {"file": upload(sheet)}).status_code == 302
    run_errands()
    made = Correction.objects.get()
    assert (made.path, made.action, made.record_id) == ("", "drop", record.pk)
    for wrong in ({"path": "", "action": "replace", "new": "1"}, {"path": "", "action": "okay"}):
        body = {"record": str(record.pk), "changes": [wrong], "reason": "Only for training"}
        answer = as_gulnara.post("/api/v1/corrections/", body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "value_invalid")
