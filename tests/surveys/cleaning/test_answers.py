"""An instance's XML to rows: types, verbatim text, repeats, and what the form does not know."""

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from surveys.cleaning.answers import Answers, make_plan, read_answers
from surveys.cleaning.write import row_ids
from tests.surveys.household_forms import REGISTRATION, SERVICE, family_of, registration

PLAN = make_plan(REGISTRATION)
RECORD_ID = UUID(int=7)


def read(inside: str) -> Answers:
    return read_answers(etree.fromstring(f"<data>{inside}</data>"), PLAN)


def test_real_record_becomes_a_root_row_and_a_row_for_each_repeat() -> None:
    answers = read_answers(etree.fromstring(registration("uuid:1")), PLAN)

    assert [row.repeat for row in answers.rows] == [
        "", "roster/member", "roster/member/trip", "roster/member",
    ]  # fmt: skip
    assert answers.root.values["hh_size"] == 2
    assert answers.root.verbatim["hh_size"] == "2"
    man, _, age = family_of("KG-06-00123")
    assert answers.rows[1].values == {"name": man, "age": age}
    assert answers.rows[2].parent is answers.rows[1]
    assert answers.rows[3].parent is answers.root
    assert answers.flags == []


def test_rows_are_numbered_among_their_siblings_and_named_after_their_place() -> None:
    answers = read(
        "<roster>"
        "<member><age>1</age><trip><year>2001</year></trip><trip><year>2002</year></trip></member>"
        "<member><age>2</age><trip><year>2003</year></trip></member>"
        "</roster>"
    )
    ids = row_ids(answers.rows, RECORD_ID)
    assert [index for _, index in ids] == [0, 1, 1, 2, 2, 1]
    assert ids[0][0] == RECORD_ID
    assert len({row_id for row_id, _ in ids}) == 6
    assert ids == row_ids(answers.rows, RECORD_ID)


def test_text_is_kept_as_sent_beside_its_value() -> None:
    answers = read("<hh_size> 5.0 </hh_size><head_name>и\u0306</head_name>")
    assert answers.root.verbatim == {"hh_size": " 5.0 ", "head_name": "и\u0306"}
    assert answers.root.values == {"hh_size": 5, "head_name": "й"}


def test_unreadable_answer_is_verbatim_only_and_flagged_at_its_path() -> None:
    answers = read("<hh_size>много</hh_size>")
    assert answers.root.values == {}
    assert answers.root.verbatim == {"hh_size": "много"}
    assert [(f.code, f.path) for f in answers.flags] == [("value_unreadable", "hh_size")]


def test_blank_answers_are_no_answers_but_show_that_they_were_asked() -> None:
    answers = read("<hh_size/><head_name>  \n </head_name><place><card_no></card_no></place>")
    assert answers.root.values == {}
    assert answers.root.verbatim == {"hh_size": "", "head_name": "", "card_no": ""}


def test_repeat_without_any_answer_gives_no_row() -> None:
    answers = read(
        "<roster><member><name/><trip/></member><member><name>Б</name></member></roster>"
    )
    assert [row.values for row in answers.rows] == [{}, {"name": "Б"}]
    assert row_ids(answers.rows, RECORD_ID)[1][1] == 1


def test_repeat_that_only_holds_a_filled_repeat_gives_a_row() -> None:
    answers = read("<roster><member><name/><trip><year>2001</year></trip></member></roster>")
    assert [row.repeat for row in answers.rows] == ["", "roster/member", "roster/member/trip"]


def test_unknown_nodes_are_kept_under_their_path_and_flagged() -> None:
    answers = read(
        "<new>x</new><place><new>y</new></place>"
        "<other><pet>cat</pet><pet>dog</pet></other><meta><instanceName>n</instanceName></meta>"
    )
    assert answers.root.verbatim == {
        "/new": "x",
        "/place/new": "y",
        "/other/pet": "cat",
        "/other/pet[2]": "dog",
        "/meta/instanceName": "n",
    }
    assert {(f.code, f.path) for f in answers.flags} == {
        ("node_unknown", "new"),
        ("node_unknown", "place/new"),
        ("node_unknown", "other/pet"),
    }


def test_question_that_comes_twice_counts_once_and_loses_nothing() -> None:
    answers = read("<hh_size>5</hh_size><hh_size>6</hh_size>")
    assert answers.root.values == {"hh_size": 5}
    assert answers.root.verbatim == {"hh_size": "5", "/hh_size": "6"}
    assert [f.code for f in answers.flags] == ["node_repeated"]


def test_namespaces_do_not_hide_answers() -> None:
    answers = read('<x:hh_size xmlns:x="urn:x">5</x:hh_size>')
    assert answers.root.values == {"hh_size": 5}


def test_answered_legal_question_makes_the_record_restricted() -> None:
    plan = make_plan(SERVICE)
    asked = etree.fromstring("<data><legal><topic>alimony</topic></legal></data>")
    skipped = etree.fromstring("<data><legal><topic/></legal></data>")
    assert read_answers(asked, plan).restricted
    assert not read_answers(skipped, plan).restricted


def test_node_that_no_form_has_restricts_the_record_where_only_legal_aid_is_asked() -> None:
    plan = make_plan(SERVICE)
    inside = etree.fromstring("<data><legal><court><named>x</named></court></legal></data>")
    empty = etree.fromstring("<data><legal><court><named> </named></court></legal></data>")
    beside = etree.fromstring("<data><court><named>x</named></court></data>")
    assert read_answers(inside, plan).restricted
    assert not read_answers(empty, plan).restricted
    assert not read_answers(beside, plan).restricted


def test_named_files_are_known_by_the_field_that_names_them() -> None:
    assert read("<photo>и\u0306.jpg</photo>").media == {"й.jpg": "photo"}


def test_hostile_record_gives_a_bounded_number_of_flags() -> None:
    answers = read("<pet>cat</pet>" * 20_000)
    assert len(answers.flags) == 100
    assert len(answers.root.verbatim) == 20_000


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))
NODES = st.recursive(
    TEXTS,
    lambda inner: st.lists(st.tuples(st.sampled_from([*PLAN.children, "x", "member"]), inner)),
    max_leaves=20,
)


def build(element: "etree._Element", inside: object) -> "etree._Element":
    if isinstance(inside, str):
        element.text = inside.replace("\ufffe", "").replace("\uffff", "")
        return element
    assert isinstance(inside, list)
    for name, below in inside:
        build(etree.SubElement(element, name), below)
    return element


@settings(max_examples=50)
@given(NODES)
def test_whatever_arrives_no_text_is_lost(inside: object) -> None:
    root = build(etree.Element("data"), inside)
    answers = read_answers(root, PLAN)
    groups = {"place", "roster", "member", "trip"}
    sent = sorted(
        node.text
        for node in root.iterdescendants()
        if node.text and node.text.strip() and node.tag not in groups
    )
    kept = sorted(text for row in answers.rows for text in row.verbatim.values())
    assert [text for text in sent if text not in kept] == []
