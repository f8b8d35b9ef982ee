"""The entity block of an instance (openrosa.md E6, E9)."""

from dataclasses import replace
from uuid import UUID

import pytest
from lxml import etree

from surveys.entities.block import (
    ID_INVALID,
    LABEL_BLANK,
    TOO_MANY,
    EntityAction,
    read_entities,
)
from surveys.xforms.saved import saved_answers
from surveys.xforms.schema import EntityDeclaration, Field, Repeat, Schema

ID = "0c4a4f0e-1111-4aaa-8bbb-000000000002"
SCHEMA = Schema(
    form_id="trees",
    version="1",
    title="Trees",
    languages=("",),
    fields=(
        Field("species", "species", "species", "string", "", entity_property="species"),
        Field("height", "facts/height", "height", "integer", "", entity_property="height"),
        Field("bird", "nest/bird", "bird", "string", "nest", entity_property="bird"),
    ),
    repeats=(Repeat("nest", "nest", ""),),
    entities=(
        EntityDeclaration("trees", creates=True, updates=False),
        EntityDeclaration("nests", creates=True, updates=False, path="nest/meta/entity"),
    ),
)


def read(inside: str) -> tuple[EntityAction, ...]:
    return read_entities(etree.fromstring(f"<data>{inside}</data>"), saved_answers(SCHEMA))


def entity(attributes: str, label: str = "An oak") -> str:
    return f"<meta><entity dataset='trees' {attributes}><label>{label}</label></entity></meta>"


def test_create_names_list_id_label_and_saved_answers() -> None:
    (action,) = read(
        "<species> oak </species><facts><height>3</height></facts>"
        + entity(f"create='1' id='{ID}'")
    )
    assert action == EntityAction(
        position=0,
        list_name="trees",
        id=UUID(ID),
        creates=True,
        updates=False,
        label="An oak",
        properties={"species": "oak", "height": "3"},
    )


@pytest.mark.parametrize("written", [f"uuid:{ID}", ID.upper(), f" {ID} "])
def test_id_may_be_written_in_several_ways(written: str) -> None:
    assert read(entity(f"create='1' id='{written}'"))[0].id == UUID(ID)


@pytest.mark.parametrize("written", ["", "oak", ID[:-1], ID.replace("-", "")])
def test_bad_id_is_a_problem(written: str) -> None:
    (action,) = read(entity(f"create='1' id='{written}'"))
    assert (action.id, action.problem) == (None, ID_INVALID)


def test_blank_label_on_create_is_a_problem_but_not_on_update() -> None:
    assert read(entity(f"create='1' id='{ID}'", "  "))[0].problem == LABEL_BLANK
    assert read(entity(f"update='1' id='{ID}'", ""))[0].problem == ""


@pytest.mark.parametrize(
    ("written", "truth"), [("1", True), ("true", True), ("", False), ("0", False), ("yes", False)]
)
def test_only_one_and_true_are_true(written: str, truth: bool) -> None:
    assert read(entity(f"create='{written}' id='{ID}'"))[0].creates is truth


def test_entities_in_repeats_have_the_answers_of_their_own_row() -> None:
    nest = "<nest><bird>{}</bird><meta><entity dataset='nests' create='1' id='{}'/></meta></nest>"
    actions = read(
        "<species>oak</species>"
        + nest.format("owl", ID)
        + nest.format("tit", ID[:-1] + "3")
        + entity(f"create='1' id='{ID[:-1]}4'")
    )
    assert [(a.position, a.list_name, a.properties) for a in actions] == [
        (0, "nests", {"bird": "owl"}),
        (1, "nests", {"bird": "tit"}),
        (2, "trees", {"species": "oak"}),
    ]


def test_entity_outside_meta_is_only_a_question_of_that_name() -> None:
    assert read("<entity>oak</entity>") == ()


def test_E6_update_says_on_which_version_and_branch_it_was_made() -> None:
    branch = ID[:-1] + "9"
    (action,) = read(
        entity(f"update='1' id='{ID}' baseVersion=' 4 ' trunkVersion='3' branchId='{branch}'")
    )
    assert (action.base_version, action.trunk_version, action.branch_id) == (4, 3, UUID(branch))
    assert (action.creates, action.updates, action.problem) == (False, True, "")


@pytest.mark.parametrize("written", ["", " ", "0", "-3", "3.0", "１", "1e9", "9" * 10, "three"])
def test_E9_version_that_is_no_count_is_none(written: str) -> None:
    (action,) = read(entity(f"update='1' id='{ID}' baseVersion='{written}' branchId='{written}'"))
    assert (action.base_version, action.trunk_version, action.branch_id) == (None, None, None)
    assert action.problem == ""


def test_blank_node_is_there_and_an_absent_one_is_not() -> None:
    (action,) = read("<species> </species>" + entity(f"update='1' id='{ID}'"))
    assert action.properties == {"species": ""}


def test_upsert_without_a_label_is_no_problem_yet() -> None:
    assert read(entity(f"create='1' update='1' id='{ID}'", ""))[0].problem == ""


def test_label_and_values_are_cut_to_what_a_tablet_can_hold() -> None:
    (action,) = read(
        f"<species>{'x' * 20_000}</species>" + entity(f"create='1' id='{ID}'", "y" * 999)
    )
    assert (len(action.label), len(action.properties["species"])) == (500, 10_000)


def test_E9_what_comes_after_a_thousand_entities_is_one_problem() -> None:
    actions = read(entity(f"create='1' id='{ID}'") * 5000)
    assert len(actions) == 1001
    assert [action.problem for action in actions[-2:]] == ["", TOO_MANY]


def test_restricted_question_is_never_saved() -> None:
    fields = (replace(SCHEMA.fields[0], restricted=True), *SCHEMA.fields[1:])
    assert saved_answers(replace(SCHEMA, fields=fields))[""] == {"facts/height": "height"}
