"""The entity block of an instance (openrosa.md E6, E9)."""

from uuid import UUID

import pytest
from lxml import etree

from surveys.entities.block import ID_INVALID, LABEL_BLANK, EntityAction, read_entities
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
    return read_entities(etree.fromstring(f"<data>{inside}</data>"), SCHEMA)


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
