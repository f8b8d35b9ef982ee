"""`POST push`: one result for each record, whatever its neighbours are (`sync.md` 2)."""

import base64
import gzip
import json
import os
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from surveys.submissions.models import Quarantined, Submission
from surveys.xforms.models import Form
from sync.api.views import PUSHES
from sync.auth import forget_callers
from sync.enrol import Enrolled, revoke_device, rotate_token
from sync.models import Device
from tests.openrosa.conftest import make_record
from tests.sync.api.device import JsonTablet


def record(instance_id: str = "", **said: str) -> str:
    return make_record(instance_id, **said).decode()


def item(instance_id: str = "", key: str = "c1", **said: str) -> dict[str, Any]:
    return {"key": key, "instance": record(instance_id, **said)}


def outcomes(results: list[dict[str, Any]]) -> list[str]:
    return [each["outcome"] for each in results]


def test_sync_2_a_record_is_stored_as_the_tablet_that_sent_it(
    tablet: JsonTablet, form: Form, enrolled: Enrolled
) -> None:
    (result,) = tablet.push(item("uuid:1"))

    assert result == {"key": "c1", "outcome": "created", "instance_id": "uuid:1"}
    stored = Submission.objects.get()
    assert bytes(stored.raw_xml) == make_record("uuid:1")
    assert stored.device_id == enrolled.device.pk
    assert stored.answers is None


def test_sync_2_results_come_in_the_order_of_the_items(tablet: JsonTablet, form: Form) -> None:
    results = tablet.push(*[item(f"uuid:{n}", key=f"c{n}") for n in range(100)])
    assert [each["key"] for each in results] == [f"c{n}" for n in range(100)]
    assert set(outcomes(results)) == {"created"}


def test_sync_2_the_same_push_again_is_all_duplicates(tablet: JsonTablet, form: Form) -> None:
    items = [item("uuid:1"), item("uuid:2")]
    assert outcomes(tablet.push(*items)) == ["created", "created"]
    assert outcomes(tablet.push(*items)) == ["duplicate", "duplicate"]
    assert Submission.objects.count() == 2


def test_sync_2_the_same_record_twice_in_one_push(tablet: JsonTablet, form: Form) -> None:
    assert outcomes(tablet.push(item("uuid:1"), item("uuid:1"))) == ["created", "duplicate"]


def test_sync_2_an_edit_is_told_as_one_and_may_come_first(tablet: JsonTablet, form: Form) -> None:
    edit = item("uuid:2", name="Vali", deprecated_id="uuid:1")
    assert outcomes(tablet.push(edit, item("uuid:1"))) == ["edited", "created"]


def test_sync_2_another_content_under_the_same_id_is_quarantined(
    tablet: JsonTablet, form: Form
) -> None:
    _, result = tablet.push(item("uuid:1"), item("uuid:1", name="Vali"))

    assert result["outcome"] == "quarantined"
    assert result["instance_id"] == "uuid:1"
    assert (result["problem"]["code"], result["problem"]["retry"]) == ("instance_conflict", False)
    assert Quarantined.objects.get().instance_id == "uuid:1"


def test_sync_2_a_form_we_do_not_know_is_rejected_and_its_bytes_are_kept(
    tablet: JsonTablet, form: Form
) -> None:
    (result,) = tablet.push(item("uuid:1", form_id="elsewhere"))

    assert result["outcome"] == "rejected"
    assert (result["problem"]["code"], result["problem"]["retry"]) == ("form_unknown", False)
    assert bytes(Quarantined.objects.get().raw) == make_record("uuid:1", form_id="elsewhere")


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"instance": "<data id='visit'"}, "xml_malformed"),
        ({"instance": ""}, "xml_malformed"),
        ({"instance": "<data/>"}, "form_id_missing"),
        ({"instance": "<!DOCTYPE x [<!ENTITY a 'b'>]><x id='visit'>&a;</x>"}, "xml_forbidden"),
        ({"instance": "<a>" * 300 + "</a>" * 300}, "xml_too_deep"),
        ({}, "item_malformed"),
        ({"instance": 7}, "item_malformed"),
        (None, "item_malformed"),
        ([], "item_malformed"),
        ("<data/>", "item_malformed"),
    ],
)
def test_sync_2_one_bad_item_never_fails_another(
    tablet: JsonTablet, form: Form, broken: Any, code: str
) -> None:
    results = tablet.push(item("uuid:1"), broken, item("uuid:2"))

    assert outcomes(results) == ["created", "rejected", "created"]
    assert (results[1]["problem"]["code"], results[1]["problem"]["retry"]) == (code, False)
    assert results[1]["key"] == 1
    assert Quarantined.objects.get().reason == code


def test_sync_2_an_item_that_is_no_json_leaves_the_others_whole(
    tablet: JsonTablet, form: Form
) -> None:
    good = json.dumps(item("uuid:1")).encode()
    answer = tablet.post("push", b'{"items": [{"key": NaN}, ' + good + b"]}")
    assert outcomes(answer.json()["results"]) == ["rejected", "created"]


def test_sync_2_version_unknown_is_taken_and_left_to_the_worker_to_flag(
    tablet: JsonTablet, form: Form
) -> None:
    assert outcomes(tablet.push(item("uuid:1", version="1999"))) == ["created"]
    assert Submission.objects.get().form_version is None


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"items": 7}', b'{"items": [', b"\xff\xfe{", b'"x"']
)
def test_sync_2_an_envelope_that_cannot_be_read_is_a_problem(
    tablet: JsonTablet, body: bytes
) -> None:
    answer = tablet.post("push", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "request_malformed")
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("count", [101, 10_000])
def test_sync_2_too_many_items_are_refused_with_the_limits(tablet: JsonTablet, count: int) -> None:
    answer = tablet.post("push", {"items": [{}] * count}, zipped=True)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (413, "push_too_large")
    assert (problem["max_items"], problem["max_mb"]) == (100, 8)
    assert not Quarantined.objects.exists()


def test_sync_2_too_many_bytes_are_refused_with_the_limits(tablet: JsonTablet) -> None:
    words = base64.b64encode(os.urandom(6_400_000)).decode()
    answer = tablet.post("push", {"items": [{"instance": words}]}, zipped=True)
    assert (answer.status_code, answer.json()["code"]) == (413, "push_too_large")


def test_sync_2_a_gzip_bomb_is_refused_with_the_limits(tablet: JsonTablet) -> None:
    answer = tablet.post("push", {"items": [{"instance": " " * 100_000_000}]}, zipped=True)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (413, "inflated_too_large")
    assert (problem["limit_mb"], problem["ratio"]) == (20, 100)


def test_sync_2_a_gzip_body_cut_off_stores_nothing(tablet: JsonTablet, form: Form) -> None:
    whole = gzip.compress(json.dumps({"items": [item("uuid:1")]}).encode())
    answer = tablet.post("push", whole[:-9], headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (400, "gzip_malformed")
    assert not Submission.objects.exists()


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_sync_2_another_encoding_is_refused(tablet: JsonTablet, encoding: str) -> None:
    answer = tablet.post("push", b"{}", headers={"Content-Encoding": encoding})
    assert (answer.status_code, answer.json()["code"]) == (415, "encoding_unsupported")


def test_sync_2_another_type_than_json_is_refused(tablet: JsonTablet) -> None:
    answer = tablet.client.post(
        "/api/v1/sync/push", {"a": "b"}, headers={"Authorization": f"Bearer {tablet.token}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_push_may_be_zipped(tablet: JsonTablet, form: Form) -> None:
    assert outcomes(tablet.push(item("uuid:1"), zipped=True)) == ["created"]


def test_announced_files_are_told_to_be_missing(tablet: JsonTablet, form: Form) -> None:
    sent = {**item("uuid:1"), "attachments": [{"name": "sig.png", "size": 5, "sha256": "ab" * 32}]}
    (result,) = tablet.push(sent)
    (file,) = result["attachments"]
    assert (file["name"], file["state"]) == ("sig.png", "missing")


def test_what_the_tablet_says_of_itself_is_kept(tablet: JsonTablet, enrolled: Enrolled) -> None:
    sent_at = datetime.now(UTC) - timedelta(hours=3)
    answer = tablet.post(
        "push",
        {
            "sent_at": sent_at.isoformat(),
            "health": {"app": "collector 0.3.0", "battery": 41, "free_mb": 820, "unsent": 17,
                       "oldest_unsent": "2014-05-29T09:00:00+05:00",
                       "forms": [{"form_id": "rmp_registration", "version": "2014050101"}]},
        },
    )  # fmt: skip
    assert answer.json()["results"] == []
    device = Device.objects.get(pk=enrolled.device.pk)
    assert (device.app, device.battery, device.free_mb) == ("collector 0.3.0", 41, 820)
    assert device.unsent == 17
    assert device.oldest_unsent_at.isoformat() == "2014-05-29T07:00:00+00:00"  # by our clock
    assert device.forms == [{"form_id": "rmp_registration", "version": "2014050101"}]
    assert abs(abs(device.clock_drift_seconds) - 3 * 3600) < 60


@pytest.mark.parametrize(
    "health",
    [None, 7, [], "x", {"battery": 900, "unsent": -1, "free_mb": 1e300, "forms": "all", "app": 7},
     {"oldest_unsent": "yesterday", "battery": True, "forms": [7, {}]}],
)  # fmt: skip
def test_no_tablet_fails_because_of_its_battery(tablet: JsonTablet, health: Any) -> None:
    body = {"sent_at": "0001-01-01T00:00:00+14:00", "health": health}
    assert tablet.post("health", body).status_code == 200
    assert tablet.post("push", {**body, "items": []}).status_code == 200
    assert Device.objects.get().battery is None


def test_health_alone_is_answered_with_the_time(tablet: JsonTablet) -> None:
    answer = tablet.post("health", {"health": {"battery": 12}})
    told = datetime.fromisoformat(answer.json()["server_time"])
    assert abs((timezone.now() - told).total_seconds()) < 60
    assert Device.objects.get().battery == 12


def test_answers_are_zipped_and_carry_few_headers(tablet: JsonTablet, form: Form) -> None:
    items = {"items": [item(f"uuid:{n}") for n in range(20)]}
    answer = tablet.post("push", items, headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(answer.content))["results"]) == 20
    named = {"Content-Type", "Content-Encoding", "Content-Length", "Cache-Control", "X-Request-Id"}
    assert set(answer.headers) <= named


@pytest.mark.parametrize("refused", ["gzip;q=0", "br;q=0, gzip;q=0", "identity"])
def test_an_encoding_the_tablet_refuses_is_not_used(
    refused: str, tablet: JsonTablet, form: Form
) -> None:
    items = {"items": [item(f"uuid:{n}") for n in range(20)]}

    pushed = tablet.post("push", items, headers={"Accept-Encoding": refused})
    pulled = tablet.get("pull", headers={"Accept-Encoding": refused})

    assert len(pushed.json()["results"]) == 20
    assert pulled.json()["reset"]


def test_sync_2_a_media_type_may_be_written_in_capitals(tablet: JsonTablet, form: Form) -> None:
    answer = tablet.client.generic(
        "POST",
        "/api/v1/sync/push",
        json.dumps({"items": [item("uuid:1")]}),
        "Application/JSON; Charset=UTF-8",
        headers={"Authorization": f"Bearer {tablet.token}"},
    )

    assert outcomes(answer.json()["results"]) == ["created"]


def test_push_is_for_tablets_alone(client: Client, db: None) -> None:
    nobody = JsonTablet(client).post("push", {})
    assert (nobody.status_code, nobody.json()["code"]) == (401, "login_required")
    assert nobody["WWW-Authenticate"] == "Bearer"
    stranger = JsonTablet(client, "nonsense").post("push", {})
    assert (stranger.status_code, stranger.json()["code"]) == (403, "token_unknown")


def test_every_wrong_address_or_method_is_a_problem_in_json(tablet: JsonTablet) -> None:
    sent = {"Authorization": f"Bearer {tablet.token}"}
    nowhere = tablet.client.get("/api/v1/sync/nowhere", headers=sent)
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    assert nowhere["Content-Length"] == str(len(nowhere.content))
    slashed = tablet.post("push/", {})
    assert (slashed.status_code, slashed.json()["code"]) == (404, "not_found")
    read = tablet.client.get("/api/v1/sync/push", headers=sent)
    assert (read.status_code, read.json()["code"]) == (405, "method_not_allowed")
    assert "POST" in read["Allow"]
    for answer in (nowhere, slashed, read):
        assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.django_db(transaction=True)
def test_sync_2_each_item_is_committed_by_itself(tablet: JsonTablet, form: Form) -> None:
    """Autocommit: no transaction is open around the items, or one failure would undo others."""
    tablet.push(item("uuid:1"))
    assert not connection.in_atomic_block
    assert not connection.settings_dict["ATOMIC_REQUESTS"]


def test_sync_2_what_a_revoked_tablet_pushes_is_quarantined(
    tablet: JsonTablet, form: Form, enrolled: Enrolled
) -> None:
    revoke_device(device=enrolled.device)
    forget_callers()

    (result,) = tablet.push(item("uuid:1"))

    assert (result["outcome"], result["instance_id"]) == ("quarantined", "uuid:1")
    assert result["problem"]["code"] == "device_revoked"
    assert bytes(Quarantined.objects.get().raw) == make_record("uuid:1")
    assert not Submission.objects.exists()


def test_sync_1_a_replaced_token_may_still_push(
    tablet: JsonTablet, form: Form, enrolled: Enrolled
) -> None:
    rotate_token(device=enrolled.device)
    forget_callers()
    assert outcomes(tablet.push(item("uuid:1"))) == ["created"]


@pytest.mark.django_db(transaction=True)
def test_sync_2_while_the_database_is_away_the_whole_push_is_503(
    tablet: JsonTablet, form: Form
) -> None:
    tablet.push()  # the server knows the tablet
    port = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = "1"
    try:
        answer = tablet.post("push", {"items": [item("uuid:1"), item("uuid:2")]})
    finally:
        connection.settings_dict["PORT"] = port
        connection.close()

    assert (answer.status_code, answer.json()["code"]) == (503, "database_away")
    assert int(answer["Retry-After"]) >= 1
    assert outcomes(tablet.push(item("uuid:1"), item("uuid:2"))) == ["created", "created"]


def test_sync_2_a_push_too_many_is_told_when_to_come_again_and_nothing_is_lost(
    tablet: JsonTablet, form: Form
) -> None:
    with ExitStack() as others:
        for _ in range(PUSHES.at_once):
            others.enter_context(PUSHES.take())
        answer = tablet.post("push", {"items": [item("uuid:1")]})

    assert (answer.status_code, answer.json()["code"]) == (503, "server_busy")
    assert 2 <= int(answer["Retry-After"]) == answer.json()["retry_after"] <= 8
    assert not Submission.objects.exists()
    assert outcomes(tablet.push(item("uuid:1"))) == ["created"]


def test_sync_2_a_push_that_fails_gives_its_turn_back(tablet: JsonTablet) -> None:
    for _ in range(PUSHES.at_once + 1):
        with pytest.raises(RuntimeError), PUSHES.take():
            raise RuntimeError
    assert tablet.push() == []


def test_a_server_called_by_a_strange_name_says_so(tablet: JsonTablet) -> None:
    answer = tablet.post("uploads/", b"", headers={"Host": "elsewhere.example"})
    assert answer.status_code < 500
