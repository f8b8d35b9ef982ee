"""A push of plain answers: checked against the form, kept verbatim, stored as an instance."""

import json
from typing import Any
from uuid import uuid4

import pytest
from lxml import etree

from backend.audit.models import AuditEvent
from surveys.cleaning.models import CleanRow
from surveys.entities.models import Entity, EntityList
from surveys.lifecycle.process import process_waiting
from surveys.submissions.models import Quarantined, Submission
from surveys.xforms.models import FormMedia, FormVersion
from sync.auth import forget_callers
from sync.enrol import Enrolled, revoke_device
from tests.sync.api.device import JsonTablet
from tests.xlsforms import publish

VISIT = """
| survey | | | | | |
| | type | name | label | required | constraint | constraint_message |
| | today | today |
| | integer | rooms | How many? | yes | . <= 20 | At most 20 |
| | text | words | Words |
| | image | photo | Photo |
"""
FOLLOW_UP = """
| survey | | | | |
| | type | name | label | required | calculation |
| | today | today |
| | select_one_from_file households.csv | household | Which? | yes |
| | calculate | card | | | instance('households')/root/item[name = ${household}]/card |
| | text | remark | Remark |
| entities |
| | list_name | entity_id | label |
| | households | ${household} | ${card} |
"""


@pytest.fixture
def visit(db: None) -> FormVersion:
    return publish(VISIT)


def item(instance_id: str = "uuid:1", form_id: str = "visit", **answers: Any) -> dict[str, Any]:
    return {"key": "c2", "form_id": form_id, "version": "1", "instance_id": instance_id,
            "answers": {"today": "2014-06-02", **answers}}  # fmt: skip


def test_sync_2_plain_answers_are_stored_as_an_instance_and_verbatim(
    tablet: JsonTablet, visit: FormVersion, enrolled: Enrolled
) -> None:
    answers = b'{ "rooms": 3,\n "words": "\\u04af\\u0439",  "today": "2014-06-02" }'
    sent = b'{"form_id": "visit", "instance_id": "uuid:1", "answers": ' + answers + b"}"

    (result,) = tablet.post("push", b'{"items": [' + sent + b"]}").json()["results"]

    assert result == {"key": 0, "outcome": "created", "instance_id": "uuid:1"}
    stored = Submission.objects.get()
    assert bytes(stored.answers) == answers
    assert (stored.form_version, stored.device_id) == (visit, enrolled.device.pk)
    root = etree.fromstring(bytes(stored.raw_xml))
    assert (root.findtext("rooms"), root.findtext("words")) == ("3", "үй")
    process_waiting()
    assert CleanRow.objects.get().values["rooms"] == 3


def test_sync_2_the_same_answers_again_are_a_duplicate_whatever_the_day(
    tablet: JsonTablet, visit: FormVersion
) -> None:
    sent = item(rooms=3)
    del sent["answers"]["today"]
    assert tablet.push(sent)[0]["outcome"] == "created"
    Submission.objects.update(raw_xml=b"<data id='visit'/>", sha256=b"")  # as built another day
    assert tablet.push(sent)[0]["outcome"] == "duplicate"


def test_sync_2_other_answers_under_the_same_id_are_quarantined(
    tablet: JsonTablet, visit: FormVersion
) -> None:
    results = tablet.push(item(rooms=3), item(rooms=4))
    assert [each["outcome"] for each in results] == ["created", "quarantined"]
    assert results[1]["problem"]["code"] == "instance_conflict"


def test_sync_2_answers_that_break_the_form_are_quarantined_with_every_path(
    tablet: JsonTablet, visit: FormVersion
) -> None:
    sent = item(rooms=30, height=2)
    (result,) = tablet.push(sent)

    assert (result["outcome"], result["instance_id"]) == ("quarantined", "uuid:1")
    problem = result["problem"]
    assert (problem["code"], problem["retry"], problem["count"]) == ("answers_invalid", False, 2)
    assert sorted(problem["errors"], key=lambda error: error["path"]) == [
        {"path": "height", "code": "question_unknown"},
        {"path": "rooms", "code": "constraint_broken", "detail": "At most 20"},
    ]
    assert not Submission.objects.exists()
    kept = Quarantined.objects.get()
    assert (kept.reason, kept.form_id, kept.instance_id) == ("answers_invalid", "visit", "uuid:1")
    assert json.loads(bytes(kept.raw)) == sent


def test_sync_2_corrected_answers_may_come_under_the_same_id(
    tablet: JsonTablet, visit: FormVersion
) -> None:
    assert tablet.push(item())[0]["outcome"] == "quarantined"
    assert tablet.push(item(rooms=3))[0]["outcome"] == "created"


def test_sync_2_answers_to_an_unknown_form_are_rejected_and_kept(
    tablet: JsonTablet, visit: FormVersion
) -> None:
    (result,) = tablet.push(item(form_id="elsewhere", rooms=3))
    assert (result["outcome"], result["problem"]["code"]) == ("rejected", "form_unknown")
    assert Quarantined.objects.get().form_id == "elsewhere"


def test_sync_2_an_unknown_version_is_checked_by_the_newest_and_left_to_be_flagged(
    tablet: JsonTablet, visit: FormVersion
) -> None:
    (result,) = tablet.push({**item(rooms=3), "version": "1999"})
    assert result["outcome"] == "created"
    stored = Submission.objects.get()
    assert (stored.version, stored.form_version) == ("1999", None)


def test_sync_2_an_old_version_is_checked_by_its_own_rules(
    tablet: JsonTablet, visit: FormVersion
) -> None:
    publish(VISIT.replace(". <= 20", ". <= 2"), version="2")
    old, new = item("uuid:1", rooms=3), {**item("uuid:2", rooms=3), "version": "2"}
    assert [r["outcome"] for r in tablet.push(old, new)] == ["created", "quarantined"]


@pytest.mark.parametrize(
    "answers",
    [
        b'{"rooms": 3, "rooms": 4}', b'{"rooms": 1' + b"0" * 5000 + b"}", b'{"rooms": NaN}',
        b'{"rooms": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"words": "\\ud800"}', b'{"rooms": 1e99999999999999999999}',
    ],
)  # fmt: skip
def test_sync_2_hostile_answers_fail_alone(
    tablet: JsonTablet, visit: FormVersion, answers: bytes
) -> None:
    good = json.dumps(item("uuid:2", rooms=3)).encode()
    bad = b'{"form_id": "visit", "instance_id": "uuid:1", "answers": ' + answers + b"}"
    answer = tablet.post("push", b'{"items": [' + bad + b"," + good + b"]}")
    outcomes = [each["outcome"] for each in answer.json()["results"]]
    assert outcomes[0] in {"rejected", "quarantined"}
    assert outcomes[1] == "created"
    assert Quarantined.objects.count() == 1


def test_answers_without_an_id_get_one_from_their_content(
    tablet: JsonTablet, visit: FormVersion
) -> None:
    sent = {"form_id": "visit", "answers": {"rooms": 3}}
    first, again = tablet.push(sent, sent)
    assert (first["outcome"], again["outcome"]) == ("created", "duplicate")
    assert first["instance_id"] == again["instance_id"]


def test_answers_may_edit_a_record(tablet: JsonTablet, visit: FormVersion) -> None:
    edit = {**item("uuid:2", rooms=4), "deprecated_id": "uuid:1"}
    assert [r["outcome"] for r in tablet.push(item(rooms=3), edit)] == ["created", "edited"]


def test_files_of_answers_that_were_quarantined_may_come_too(
    tablet: JsonTablet, visit: FormVersion
) -> None:
    file = {"name": "p.jpg", "size": 5, "sha256": "ab" * 32}
    (result,) = tablet.push({**item(photo="p.jpg"), "attachments": [file]})
    assert result["outcome"] == "quarantined"
    assert result["attachments"][0]["upload"].startswith("/api/v1/sync/uploads/")


def test_answers_of_a_revoked_tablet_are_quarantined(
    tablet: JsonTablet, visit: FormVersion, enrolled: Enrolled
) -> None:
    revoke_device(device=enrolled.device)
    forget_callers()
    (result,) = tablet.push(item(rooms=3))
    assert (result["outcome"], result["problem"]["code"]) == ("quarantined", "device_revoked")


@pytest.fixture
def household(db: None) -> Entity:
    publish(FOLLOW_UP, form_id="followup")
    households, _ = EntityList.objects.get_or_create(name="households")
    data = {"card": "KG-06-00123", "odd name": "x", "n": 3}
    return Entity.objects.create(id=uuid4(), entity_list=households, label="A", data=data)


def test_what_the_household_list_knows_is_looked_up(tablet: JsonTablet, household: Entity) -> None:
    chosen = item(form_id="followup", household=str(household.pk))
    assert tablet.push(chosen)[0]["outcome"] == "created"
    root = etree.fromstring(bytes(Submission.objects.get().raw_xml))
    assert root.findtext("card") == "KG-06-00123"
    entity = root.find("meta/entity")
    assert (entity.get("id"), entity.get("update")) == (str(household.pk), "1")
    assert entity.get("baseVersion") == "1"


def test_a_branch_of_the_tablet_is_kept_and_hides_no_household(
    tablet: JsonTablet, household: Entity
) -> None:
    branch = str(uuid4())
    said = {"baseVersion": 2, "trunkVersion": 1, "branchId": branch}
    sent = item(form_id="followup", household=str(household.pk), meta={"entity": said})
    assert tablet.push(sent)[0]["outcome"] == "created"
    root = etree.fromstring(bytes(Submission.objects.get().raw_xml))
    assert root.findtext("card") == "KG-06-00123"
    entity = root.find("meta/entity")
    assert [entity.get(name) for name in said] == ["2", "1", branch]


def test_a_household_registered_in_the_same_push_is_taken_on_trust(
    tablet: JsonTablet, household: Entity
) -> None:
    unknown = str(uuid4())
    sent = item(form_id="followup", household=unknown, card="KG-06-00999",
                meta={"entity": {"baseVersion": 1}})  # fmt: skip
    assert tablet.push(sent)[0]["outcome"] == "created"
    root = etree.fromstring(bytes(Submission.objects.get().raw_xml))
    assert root.findtext("card") == "KG-06-00999"
    assert root.find("meta/entity").get("id") == unknown
    event = AuditEvent.objects.get(action="submission.answers_unchecked")
    assert "card" in event.details["paths"]


def test_a_list_that_comes_as_a_plain_file_is_read(tablet: JsonTablet, db: None) -> None:
    version = publish(
        """
        | survey | | | |
        | | type | name | label |
        | | today | today |
        | | select_one_from_file towns.csv | town | Town |
        """
    )
    FormMedia.objects.create(
        form=version.form, name="towns.csv", content=b"name,label\nosh,Osh\n", md5="1",
        content_type="text/csv",
    )  # fmt: skip
    results = tablet.push(item("uuid:1", town="osh"), item("uuid:2", town="rome"))
    assert [each["outcome"] for each in results] == ["created", "quarantined"]
    (error,) = results[1]["problem"]["errors"]
    assert (error["path"], error["code"]) == ("town", "not_a_choice")
