"""What a form may declare of entity lists (openrosa.md E1, E6), and what never reaches one."""

from pathlib import Path

import pytest

from surveys.xforms.findings import Finding, XlsformError
from surveys.xforms.saved import saved_answers, saved_properties
from surveys.xforms.schema import EntityDeclaration, Schema, read_schema
from surveys.xforms.xlsform import xlsform_to_xform
from tests.xlsforms import workbook

FORMS = Path("data/forms")


def schema_of(table: str) -> Schema:
    converted = xlsform_to_xform(workbook(table))
    return read_schema(converted.xform, privacy=converted.privacy)


def findings(table: str) -> list[Finding]:
    with pytest.raises(XlsformError) as refused:
        xlsform_to_xform(workbook(table))
    return refused.value.findings


def places(found: list[Finding]) -> list[str]:
    return [each.place for each in found]


MANY = """
| survey   |              |          |            |                    |               |
|          | type         | name     | label      | save_to            |               |
|          | text         | card     | Card       | households#card_no |               |
|          | text         | known    | Known?     |                    |               |
|          | begin_group  | shg      | Group      |                    |               |
|          | text         | shg_name | Its name   | groups#title       |               |
|          | end_group    |          |            |                    |               |
|          | begin_repeat | member   | Member     |                    |               |
|          | text         | who      | Who?       | people#who         |               |
|          | begin_group  | more     | More       |                    |               |
|          | integer      | age      | Age        | people#age         |               |
|          | end_group    |          |            |                    |               |
|          | begin_repeat | trip     | Trip       |                    |               |
|          | text         | city     | City       | trips#city         |               |
|          | end_repeat   |          |            |                    |               |
|          | end_repeat   |          |            |                    |               |
| entities |              |          |            |                    |               |
|          | list_name    | label    | entity_id  | create_if          | update_if     |
|          | households   | ${card}  |            |                    |               |
|          | groups       | ${known} | ${known}   | ${known} = ''      | ${known} != '' |
|          | people       | ${who}   |            |                    |               |
|          | trips        |          | ${city}    |                    |               |
"""


def test_E6_a_form_declares_several_entities_in_groups_and_repeats() -> None:
    schema = schema_of(MANY)

    assert set(schema.entities) == {
        EntityDeclaration("households", creates=True, updates=False, path="meta/entity"),
        EntityDeclaration("groups", creates=True, updates=True, path="shg/meta/entity"),
        EntityDeclaration("people", creates=True, updates=False, path="member/meta/entity"),
        EntityDeclaration("trips", creates=False, updates=True, path="member/trip/meta/entity"),
    }
    assert saved_answers(schema) == {
        "": {"card": "card_no"},
        "shg": {"shg_name": "title"},
        "member": {"who": "who", "more/age": "age"},
        "member/trip": {"city": "city"},
    }
    assert saved_properties(schema) == {
        "households": ("card_no",),
        "groups": ("title",),
        "people": ("who", "age"),
        "trips": ("city",),
    }


@pytest.mark.parametrize(
    ("cells", "creates", "updates"),
    [
        ("| ${a} |      |      |      |", True, False),
        ("| ${a} |      | 1=1  |      |", True, False),
        ("|      | ${b} |      |      |", False, True),
        ("|      | ${b} |      | 1=1  |", False, True),
        ("| ${a} | ${b} | 1=1  | 1=1  |", True, True),
    ],
)
def test_E6_a_form_creates_updates_or_does_either(cells: str, creates: bool, updates: bool) -> None:
    schema = schema_of(f"""
    | survey   |           |       |           |           |           |
    |          | type      | name  | label     | save_to   |           |
    |          | text      | a     | A         | size      |           |
    |          | text      | b     | B         |           |           |
    | entities |           |       |           |           |           |
    |          | list_name | label | entity_id | create_if | update_if |
    |          | trees     {cells}
    """)

    (declared,) = schema.entities
    assert (declared.list_name, declared.creates, declared.updates) == ("trees", creates, updates)
    assert saved_answers(schema) == {"": {"a": "size"}}


@pytest.mark.parametrize("table", [MANY, MANY.replace("list_name", "dataset  ")])
def test_E1_what_the_converter_writes_is_a_version_that_collect_opens(table: str) -> None:
    assert 'entities-version="2025.1' in xlsform_to_xform(workbook(table)).xform.decode()


ONE = """
| survey   |             |       |            |           |
|          | type        | name  | label      | save_to   |
|          | text        | a     | A          | {saved}   |
|          | text        | b     | B          | {also}    |
| entities |             |       |            |           |
|          | list_name   | label |            |           |
|          | {list_name} | ${{a}} |           |           |
"""


@pytest.mark.parametrize(
    ("saved", "also", "list_name", "place"),
    [
        ("name", "", "trees", "survey, row 2, column save_to"),
        ("Label", "", "trees", "survey, row 2, column save_to"),
        ("__id", "", "trees", "survey, row 2, column save_to"),
        ("the size", "", "trees", "survey, row 2, column save_to"),
        ("size", "size", "trees", "survey, row 3, column save_to"),
        ("size", "Size", "trees", "survey, row 3, column save_to"),
        ("size", "", "my trees", "entities, row 2, column list_name"),
        ("size", "", "__trees", "entities, row 2, column list_name"),
        ("size", "", "tre.es", "entities, row 2, column list_name"),
        ("size", "", "", "entities, row 2, column list_name"),
    ],
)
def test_names_that_lists_cannot_have_are_refused_at_their_cell(
    saved: str, also: str, list_name: str, place: str
) -> None:
    found = findings(ONE.format(saved=saved, also=also, list_name=list_name))
    assert place in places(found)


def test_lists_that_differ_only_in_case_are_refused() -> None:
    found = findings(MANY.replace("trips#", "People#").replace("| trips  ", "| People "))
    assert places(found) == ["entities, row 5, column list_name"]
    assert "are one list" in found[0].words


def test_entity_without_its_label_is_refused_on_the_entities_sheet() -> None:
    (found,) = findings(MANY.replace("| ${who}   |", "|          |"))
    assert found.place == "entities, row 4, column list_name"
    assert "label" in found.words


LEGAL = """
| survey   |             |        |             |              |
|          | type        | name   | label       | calculation  | save_to |
|          | text        | card   | Card        |              | card_no |
|          | begin_group | legal  | Legal aid   |              |         |
|          | text        | topic  | Topic       |              | {topic} |
|          | end_group   |        |             |              |         |
|          | calculate   | risk   |             | {risk}       | {saved} |
|          | calculate   | shown  |             | ${{risk}}    | {shown} |
| entities |             |        |             |              |         |
|          | list_name   | label  | create_if   |              |         |
|          | households  | {label} | {create_if} |             |         |
"""
FINE = {"topic": "", "risk": "1", "saved": "", "shown": "", "label": "${card}", "create_if": ""}


def legal(**changes: str) -> str:
    return LEGAL.format(**{**FINE, **changes})


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"topic": "topic"}, "survey, row 4, column save_to"),
        ({"risk": "${topic} != ''", "saved": "risk"}, "survey, row 6, column save_to"),
        ({"risk": "${topic} != ''", "shown": "risk"}, "survey, row 7, column save_to"),
        ({"label": "concat(${card}, ${topic})"}, "entities, row 2, column label"),
        ({"create_if": "${topic} != ''"}, "entities, row 2, column create_if"),
        ({"risk": "${topic}", "create_if": "${shown}=1"}, "entities, row 2, column create_if"),
    ],
)
def test_nothing_about_legal_aid_reaches_a_list(changes: dict[str, str], place: str) -> None:
    found = findings(legal(**changes))

    assert places(found) == [place]
    assert "legal/topic" in found[0].words
    assert "named people only" in found[0].words


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"saved": "risk", "shown": "shown"},
        {"risk": "${topic}"},
        {"risk": "'/data/legal/topic'", "saved": "risk"},
    ],
)
def test_form_with_legal_aid_may_save_everything_else(changes: dict[str, str]) -> None:
    schema = schema_of(legal(**changes))
    assert [f.path for f in schema.fields if f.restricted] == ["legal/topic"]


def test_group_that_its_author_restricts_is_as_legal_aid() -> None:
    table = (
        legal(topic="topic")
        .replace("legal ", "story ")
        .replace("| save_to |", "| save_to | privacy |")
    )
    marked = table.replace("| Legal aid   |              |         |", "| Said | | | sensitive |")
    assert places(findings(marked)) == ["survey, row 4, column save_to"]


@pytest.mark.parametrize("name", ["registration", "service", "followup"])
def test_forms_of_the_programme_pass(name: str) -> None:
    assert xlsform_to_xform((FORMS / f"{name}.xlsx").read_bytes()).xform
