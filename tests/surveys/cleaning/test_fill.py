"""Plain answers become the instance a tablet would have sent, or a list of faults."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from surveys.cleaning.answers import make_plan, read_answers
from surveys.cleaning.fill import Filled, Frame, fill
from surveys.cleaning.outline import Outline
from surveys.submissions.instance import parse_instance
from surveys.xforms.questionnaire import Questionnaire, Row, as_list
from surveys.xforms.schema import Schema, read_schema
from surveys.xforms.xlsform import xlsform_to_xform
from sync.fieldwork.family import make_family
from sync.fieldwork.interview import hold_interview, id_for, villages_of
from tests.plain_answers import plain_answers
from tests.xlsforms import workbook

FORMS = Path("data/forms")
STARTED = datetime(2014, 6, 2, 9, 14, tzinfo=UTC)
HOUSEHOLD = id_for("household")


@dataclass(frozen=True)
class Form:
    questionnaire: Questionnaire
    schema: Schema
    outline: Outline

    def fill(
        self, answers: dict[str, Any], *, lists: dict[str, Sequence[Row]] | None = None, **said: Any
    ) -> Filled:
        frame = Frame(
            instance_id="uuid:1",
            version=self.schema.version,
            today="2026-01-02",
            now="2026-01-02T10:00:00.000+05:00",
            lists={name: as_list(rows) for name, rows in (lists or {}).items()},
        )
        for name, value in said.items():
            frame = Frame(**{**{n: getattr(frame, n) for n in Frame.__slots__}, name: value})
        return fill(self.questionnaire, self.outline, answers, frame)

    def faults(self, answers: dict[str, Any], **said: Any) -> list[tuple[str, str]]:
        return [(fault.path, fault.code) for fault in self.fill(answers, **said).faults]


def form_of(xform: bytes) -> Form:
    questionnaire, schema = Questionnaire(xform), read_schema(xform)
    return Form(questionnaire, schema, Outline(questionnaire, schema))


@cache
def shared(name: str) -> Form:
    return form_of(xlsform_to_xform((FORMS / f"{name}.xlsx").read_bytes()).xform)


@cache
def small(table: str) -> Form:
    return form_of(xlsform_to_xform(workbook(table)).xform)


def household_row(card: str, district: str) -> Row:
    return {
        "name": HOUSEHOLD, "label": "x", "__version": "3", "__trunkVersion": "3",
        "__branchId": "", "card_no": card, "district": district, "services_n": "2",
        "hh_size": "5", "n_migrants": "1", "baseline_date": "2014-05-20",
    }  # fmt: skip


def clean_values(xml: bytes, schema: Schema) -> list[tuple[str, dict[str, Any]]]:
    answers = read_answers(parse_instance(xml).root, make_plan(schema))
    assert answers.flags == []
    return [
        (row.repeat, {k: v for k, v in row.values.items() if k != "audit"}) for row in answers.rows
    ]


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_answers_of_a_registration_give_the_clean_values_of_its_instance(seed: int) -> None:
    form = shared("registration")
    rng = Random(seed)
    family = make_family(rng, village=rng.choice(villages_of(form.questionnaire)), number=seed)
    key = f"f{seed}"
    record = hold_interview(
        form.questionnaire, family, key=key, started=STARTED, device_id="collect:x"
    )

    filled = form.fill(plain_answers(record.xml, form.schema), instance_id=record.instance_id)

    assert filled.faults == ()
    assert filled.unchecked == ()
    assert clean_values(filled.xml, form.schema) == clean_values(record.xml, form.schema)
    assert parse_instance(filled.xml).instance_id == record.instance_id


@pytest.mark.parametrize("name", ["service", "followup"])
@pytest.mark.parametrize("seed", range(8))
def test_answers_of_a_later_form_give_the_clean_values_of_its_instance(
    name: str, seed: int
) -> None:
    form = shared(name)
    village = villages_of(shared("registration").questionnaire)[seed]
    family = make_family(Random(seed), village=village, number=12)
    rows = {"households": [household_row(family.card_no, family.district)]}
    with_list = Questionnaire(xlsform_to_xform((FORMS / f"{name}.xlsx").read_bytes()).xform, rows)
    record = hold_interview(
        with_list, family, key=f"k{seed}", started=STARTED, device_id="collect:x",
        given={"household": HOUSEHOLD},
    )  # fmt: skip

    filled = form.fill(plain_answers(record.xml, form.schema), lists=rows)

    assert filled.faults == ()
    assert clean_values(filled.xml, form.schema) == clean_values(record.xml, form.schema)
    entity, sent = (etree.fromstring(x).find("meta/entity") for x in (filled.xml, record.xml))
    assert dict(entity.attrib) == dict(sent.attrib)


def test_a_household_that_is_not_here_yet_is_taken_on_trust() -> None:
    form = shared("service")
    family = make_family(
        Random(1), village=villages_of(shared("registration").questionnaire)[0], number=12
    )
    rows = {"households": [household_row(family.card_no, family.district)]}
    with_list = Questionnaire(xlsform_to_xform((FORMS / "service.xlsx").read_bytes()).xform, rows)
    record = hold_interview(
        with_list, family, key="k", started=STARTED, device_id="x", given={"household": HOUSEHOLD}
    )
    answers = plain_answers(record.xml, form.schema)

    filled = form.fill({**answers, "card_no": family.card_no})

    assert filled.faults == ()
    assert "pick/card_no" in filled.unchecked
    root = etree.fromstring(filled.xml)
    assert root.findtext("pick/card_no") == family.card_no
    assert root.find("meta/entity").get("id") == HOUSEHOLD


# --- Small forms, rule by rule --------------------------------------------------------------------

RULES = """
| survey | | | | | | | | |
| | type | name | label | relevant | constraint | constraint_message | calculation | required |
| | start | start |
| | today | today |
| | begin_group | about | About |
| | integer | age | Age | | . >= 0 and . < 120 | Too old | | yes |
| | date | born | Born | | . <= today() | Not yet |
| | text | job | Job | ${age} >= 15 | | | | yes |
| | end_group |
| | select_one country | country | Country |
| | select_one town | town | Town |
| | text | note | Note | | | | | ${age} > 90 |
| | begin_repeat | child | Child |
| | text | name | Name | | | | | yes |
| | select_multiple sport | sports | Sports |
| | calculate | line | | | | | position(..) |
| | end_repeat |
| | calculate | n | | | | | count(${child}) |
| | calculate | hello | | | | | concat('hi ', ${country}) |
| | calculate | odd | | | | | digest(${note}, 'SHA-256') |
| | note | thanks | Thanks |
| choices |
| | list_name | name | label | country |
| | country | KG | KG |
| | country | TJ | TJ |
| | town | osh | Osh | KG |
| | town | khujand | Khujand | TJ |
| | sport | run | Run |
| | sport | swim | Swim |
"""


def rules() -> Form:
    return small(RULES)


def text_of(filled: Filled, path: str) -> str | None:
    return etree.fromstring(filled.xml).findtext(path)


def test_groups_may_be_named_or_left_out() -> None:
    flat = rules().fill({"age": 10})
    nested = rules().fill({"about": {"age": 10}})
    assert flat.xml == nested.xml == rules().fill({"about/age": 10}).xml
    assert flat.faults == ()


def test_the_same_answers_give_the_same_bytes_whatever_their_order() -> None:
    one = rules().fill({"age": 20, "job": "farmer", "country": "KG"})
    other = rules().fill({"country": "KG", "job": "farmer", "age": 20})
    assert one.xml == other.xml


def test_what_is_not_relevant_is_absent_and_not_required() -> None:
    filled = rules().fill({"age": 10, "job": "farmer"})
    assert filled.faults == ()
    assert etree.fromstring(filled.xml).find("about/job") is None
    assert rules().faults({"age": 20}) == [("about/job", "required_missing")]


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({}, ("about/age", "required_missing")),
        ({"age": None}, ("about/age", "required_missing")),
        ({"age": "ten"}, ("about/age", "not_integer")),
        ({"age": [10]}, ("about/age", "wrong_type")),
        ({"age": 130, "job": "x", "note": "x"}, ("about/age", "constraint_broken")),
        ({"age": 5, "born": "2026-01-03"}, ("about/born", "constraint_broken")),
        ({"age": 5, "born": "3 Jan"}, ("about/born", "not_date")),
        ({"age": 5, "country": "UZ"}, ("country", "not_a_choice")),
        ({"age": 95, "job": "x"}, ("note", "required_missing")),
        ({"age": 5, "height": 7}, ("height", "question_unknown")),
        ({"age": 5, "about": {"town": "osh"}}, ("about/town", "question_unknown")),
        ({"age": 5, "about": 7}, ("about", "wrong_type")),
        ({"age": 5, "about": {"age": 5}}, ("about/age", "answered_twice")),
        ({"age": 5, "child": {"name": "A"}}, ("child", "wrong_type")),
        ({"age": 5, "child": ["A"]}, ("child", "wrong_type")),
        ({"age": 5, "name": "A"}, ("name", "question_unknown")),
        ({"age": 5, "child": [{"name": "A"}, {}]}, ("child[2]/name", "required_missing")),
        ({"age": 5, "child": [{"name": "A", "sports": ["fly"]}]},
         ("child[1]/sports", "not_a_choice")),
        ({"age": 5, "child": [{"name": "A", "x": 1}]}, ("child[1]/x", "question_unknown")),
        ({"age": 5, "child": [{"name": "A"}] * 1001}, ("child", "too_many_repeats")),
    ],
)  # fmt: skip
def test_each_fault_is_told_with_its_path(answers: dict[str, Any], fault: tuple[str, str]) -> None:
    assert rules().faults(answers) == [fault]


def test_a_broken_rule_is_told_in_the_words_of_the_form() -> None:
    (fault,) = rules().fill({"age": 130, "job": "x", "note": "x"}).faults
    assert fault.detail == "Too old"


def test_every_fault_is_told_at_once() -> None:
    answers = {"age": "ten", "country": "UZ", "height": 1, "child": [{}]}
    assert {code for _, code in rules().faults(answers)} == {
        "not_integer", "not_a_choice", "question_unknown", "required_missing",
    }  # fmt: skip


def test_today_is_the_tablets_own_day_where_it_says_so() -> None:
    assert rules().faults({"age": 5, "born": "2014-06-02", "today": "2014-06-01"}) == [
        ("about/born", "constraint_broken")
    ]
    assert rules().faults({"age": 5, "born": "2014-06-02", "start": "2014-06-02T09:00:00Z"}) == []
    assert text_of(rules().fill({"age": 5}), "today") == "2026-01-02"


def test_repeats_unfold_and_are_counted() -> None:
    filled = rules().fill({"age": 5, "child": [{"name": "A"}, {"name": "B", "sports": ["swim"]}]})
    root = etree.fromstring(filled.xml)
    assert [c.findtext("name") for c in root.findall("child")] == ["A", "B"]
    assert [c.findtext("line") for c in root.findall("child")] == ["1", "2"]
    assert root.findtext("n") == "2"
    assert root.findall("child")[1].findtext("sports") == "swim"


def test_a_calculation_is_ours_and_one_we_do_not_know_is_the_tablets() -> None:
    filled = rules().fill({"age": 5, "country": "KG", "hello": "forged", "odd": "abc"})
    assert (text_of(filled, "hello"), text_of(filled, "odd")) == ("hi KG", "abc")
    assert filled.unchecked == ("odd",)


def test_ids_of_the_record_stand_in_its_meta() -> None:
    filled = rules().fill({"age": 5}, deprecated_id="uuid:0", version="9")
    instance = parse_instance(filled.xml)
    assert (instance.instance_id, instance.deprecated_id) == ("uuid:1", "uuid:0")
    assert (instance.form_id, instance.version) == ("visit", "9")


FILTERED = """
| survey  |                    |         |         |                      |                 |
|         | type               | name    | label   | choice_filter        | repeat_count    |
|         | select_one country | country | Country |                      |                 |
|         | select_one town    | town    | Town    | country = ${country} |                 |
|         | integer            | size    | Size    |                      |                 |
|         | begin_repeat       | member  | Member  |                      | ${size}         |
|         | text               | name    | Name    |                      |                 |
|         | end_repeat         |         |         |                      |                 |
| choices |                    |         |         |                      |                 |
|         | list_name          | name    | label   | country              |                 |
|         | country            | KG      | KG      |                      |                 |
|         | country            | TJ      | TJ      |                      |                 |
|         | town               | osh     | Osh     | KG                   |                 |
|         | town               | khujand | Khujand | TJ                   |                 |
"""


@pytest.mark.parametrize(
    ("answers", "faults"),
    [
        ({"country": "KG", "town": "osh"}, []),
        ({"country": "KG", "town": "khujand"}, [("town", "not_a_choice")]),
        ({"size": 1, "member": [{"name": "A"}]}, []),
        ({"size": 2, "member": [{"name": "A"}]}, [("member", "too_few_repeats")]),
        ({"size": 1}, [("member", "too_few_repeats")]),
        ({"size": 1, "member": [{}, {}]}, [("member", "too_many_repeats")]),
        ({"member": [{}]}, [("member", "too_many_repeats")]),
        ({"size": 0}, []),
    ],
)
def test_choice_filters_and_repeat_counts_hold(
    answers: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    assert small(FILTERED).faults(answers) == faults


AHEAD = """
| survey |           |       |       |              |              |         |
|        | type      | name  | label | calculation  | relevant     | default |
|        | calculate | twice |       | ${later} * 2 |              |         |
|        | calculate | quad  |       | ${twice} * 2 |              |         |
|        | integer   | later | Later |              |              | 3       |
|        | text      | why   | Why   |              | ${quad} > 10 |         |
"""


def test_calculations_may_look_ahead() -> None:
    root = etree.fromstring(small(AHEAD).fill({"why": "because"}).xml)
    found = [root.findtext(name) for name in ("twice", "quad", "later", "why")]
    assert found == ["6", "12", "3", "because"]


def test_calculations_in_a_circle_end() -> None:
    """No such form is published any more, but some may have been."""
    xform = xlsform_to_xform(workbook(AHEAD)).xform
    circle = re.sub(rb"calculate=\"[^\"]*/later *\* 2\"", b'calculate="../quad + 1"', xform)
    assert circle != xform
    assert form_of(circle).fill({"why": "because"}).faults == ()


def test_a_default_gives_way_to_an_answer_and_to_none() -> None:
    form = small("""
    | survey |         |      |       |         |
    |        | type    | name | label | default |
    |        | integer | rooms | Rooms | 3      |
    """)
    assert text_of(form.fill({}), "rooms") == "3"
    assert text_of(form.fill({"rooms": 5}), "rooms") == "5"
    assert not text_of(form.fill({"rooms": None}), "rooms")


ENTITY = """
| survey   |                |          |       |            |
|          | type           | name     | label | save_to    |
|          | text           | card     | Card  | card       |
| entities |                |          |       |            |
|          | list_name      | label    |       |            |
|          | households     | ${card}  |       |            |
"""


def test_a_new_entity_has_an_id_of_its_own_or_the_tablets() -> None:
    form = small(ENTITY)
    made = etree.fromstring(form.fill({"card": "A"}).xml).find("meta/entity")
    again = etree.fromstring(form.fill({"card": "A"}).xml).find("meta/entity")
    other = etree.fromstring(form.fill({"card": "A"}, instance_id="uuid:2").xml).find("meta/entity")
    assert made.get("id") == again.get("id") != other.get("id")
    assert made.findtext("label") == "A"
    given = form.fill({"card": "A", "meta": {"entity": {"id": HOUSEHOLD, "branchId": "\x00"}}})
    assert etree.fromstring(given.xml).find("meta/entity").get("id") == HOUSEHOLD


def test_an_edit_keeps_the_entity_of_its_record() -> None:
    form = small(ENTITY)
    first = etree.fromstring(form.fill({"card": "A"}).xml).find("meta/entity").get("id")
    edit = form.fill({"card": "B"}, instance_id="uuid:2", deprecated_id="uuid:1")
    assert etree.fromstring(edit.xml).find("meta/entity").get("id") == first


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.text(max_size=8)
        | st.sampled_from(
            ["age", "about", "child", "name", "meta", "entity", "country", "town", "n", "sports",
             "born", "start", "today", "about/age", "instanceID", "thanks", "id"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=15,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["age", "about", "child", "meta", "country"]), JSON) | JSON)
@settings(deadline=None)
def test_any_json_object_gives_an_instance(answers: Any) -> None:
    if not isinstance(answers, dict):
        return
    for form in (rules(), small(ENTITY)):
        filled = form.fill(answers)
        assert parse_instance(filled.xml).instance_id == "uuid:1"
        assert filled.xml == form.fill(answers).xml
