"""Invented families fill the real questionnaires as a tablet would. No database."""

import csv
import json
import re
from datetime import UTC, datetime
from functools import cache
from io import StringIO
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from surveys.xforms.questionnaire import Questionnaire
from surveys.xforms.xlsform import xlsform_to_xform
from sync.fieldwork.answers import NEAR
from sync.fieldwork.family import make_family, to_latin
from sync.fieldwork.interview import hold_interview, id_for, villages_of
from sync.fieldwork.posts import Record
from sync.fieldwork.sitting import AnswerRefused

DATA = Path("data")
STARTED = datetime(2014, 6, 2, 9, 14, tzinfo=UTC)


@cache
def xform(name: str) -> bytes:
    return xlsform_to_xform((DATA / "forms" / f"{name}.xlsx").read_bytes()).xform


@cache
def registration() -> Questionnaire:
    return Questionnaire(xform("registration"))


def interview(key: str, *, consents: bool | None = None, **given: str) -> Record:
    rng = Random(key)
    family = make_family(rng, village=rng.choice(villages_of(registration())), number=7)
    if consents is not None:
        given["consent"] = "yes" if consents else "no"
    return hold_interview(
        registration(), family, key=key, started=STARTED, device_id="collect:x", given=given
    )


def root_of(record: Record) -> etree._Element:
    return etree.fromstring(record.xml)


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_every_family_answers_within_the_rules_of_the_form(seed: int) -> None:
    root = root_of(interview(f"h{seed}"))

    assert root.get("id") == "rmp_registration"
    assert root.get("version") == "2014050101"
    assert root.findtext("meta/instanceID") == f"uuid:{id_for(f'h{seed}/instance/')}"
    if root.findtext("intro/consent") == "yes":
        members = root.findall("main/roster/member")
        abroad = [m for m in members if m.findtext("m_present") == "abroad"]
        assert len(members) == int(root.findtext("main/roster/hh_size"))
        assert len(abroad) == int(root.findtext("main/roster/n_migrants"))
        assert all(member.find("migrant") is not None for member in abroad)
        assert len(root.findall("main/income_module/income")) == int(
            root.findtext("main/income_module/income_n")
        )


def test_the_same_key_gives_the_same_bytes_and_another_key_another_family() -> None:
    assert interview("a") == interview("a")
    assert interview("a").xml != interview("b").xml


def test_a_refusal_keeps_only_the_intro_and_creates_no_entity() -> None:
    root = root_of(interview("c", consents=False))

    assert root.find("main") is None
    assert root.findtext("intro/refusal_reason")
    assert root.find("meta/entity").get("create") == "0"


def test_a_consenting_family_creates_one_entity_with_card_and_name() -> None:
    record = interview("d", consents=True)
    entity = root_of(record).find("meta/entity")

    assert entity.get("create") == "1"
    assert entity.get("id") == id_for("d/entity")
    card = root_of(record).findtext("main/place/card_no")
    name = root_of(record).findtext("main/head/head_name")
    assert entity.findtext("label") == f"{card} {name}"


def test_an_answer_that_breaks_a_constraint_is_refused() -> None:
    with pytest.raises(AnswerRefused, match="card_no"):
        interview("e", consents=True, card_no="06-123")


def test_an_edit_names_what_it_replaces_and_keeps_the_answers() -> None:
    first = interview("f", consents=True)
    family = make_family(Random("f"), village=villages_of(registration())[0], number=7)
    edit = hold_interview(
        registration(),
        family,
        key="f",
        started=STARTED,
        device_id="collect:x",
        deprecated_id=first.instance_id,
        given={"consent": "yes"},
    )

    assert root_of(edit).findtext("meta/deprecatedID") == first.instance_id
    assert edit.instance_id != first.instance_id
    assert root_of(edit).find("meta/entity").get("id") == id_for("f/entity")


def test_every_answer_stands_in_the_audit_log_and_the_signature_is_a_picture() -> None:
    record = interview("g", consents=True)
    signature = root_of(record).findtext("main/closing/signature")
    events = list(csv.DictReader(StringIO(record.attachments["audit.csv"].decode())))

    assert record.attachments[signature].startswith(b"\x89PNG")
    assert events[0]["event"] == "form start"
    assert {"/data/main/place/card_no"} < {event["node"] for event in events}


@pytest.mark.parametrize("name", ["service", "followup"])
def test_a_later_form_takes_what_it_knows_from_the_household_list(name: str) -> None:
    household = id_for("household")
    family = make_family(Random(1), village=villages_of(registration())[0], number=12)
    row = {
        "name": household,
        "label": "x",
        "__version": "3",
        "__trunkVersion": "3",
        "__branchId": id_for("branch"),
        "card_no": family.card_no,
        "district": family.district,
        "services_n": "2",
        "hh_size": "5",
        "n_migrants": "1",
        "baseline_date": "2014-05-20",
    }
    form = Questionnaire(xform(name), {"households": [row]})

    record = hold_interview(
        form,
        family,
        key="k",
        started=STARTED,
        device_id="collect:x",
        given={"household": household, "service_kind": "livelihood"},
    )

    root = root_of(record)
    entity = root.find("meta/entity")
    assert root.findtext("pick/card_check") == root.findtext("pick/card_no") == family.card_no
    assert entity.get("id") == household
    assert entity.get("baseVersion") == "3"
    assert entity.get("update") == "1"
    if name == "service":
        assert root.findtext("services_n") == "3"


def test_every_point_given_for_a_district_lies_in_that_district() -> None:
    features = json.loads((DATA / "places/admin2_boundaries.geojson").read_text())["features"]
    shapes = {each["properties"]["code"]: each["geometry"] for each in features}

    for code, (latitude, longitude) in NEAR.items():
        corners = [(dx, dy) for dx in (-0.03, 0.03) for dy in (-0.03, 0.03)]
        assert all(_inside(shapes[code], longitude + dx, latitude + dy) for dx, dy in corners)


def _inside(geometry: dict, x: float, y: float) -> bool:
    polygons = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        polygons = [polygons]
    found = False
    for ring in (polygon[0] for polygon in polygons):
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                found = not found
    return found


def test_names_are_written_in_latin_without_a_letter_left_over() -> None:
    assert to_latin("Асан кызы Гүлнара") == "Asan Kyzy Gulnara"
    assert re.fullmatch(r"[A-Za-z ]+", to_latin("Ҷӯраова Ўғилой Щеглова Мавҷуда"))
