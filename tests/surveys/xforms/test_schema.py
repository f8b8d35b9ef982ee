import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.xforms.document import XFormError
from surveys.xforms.schema import (
    Choice,
    EntityDeclaration,
    Field,
    Repeat,
    Schema,
    read_schema,
    schema_from_json,
    schema_to_json,
)
from surveys.xforms.xlsform import xlsform_to_xform
from tests.xlsforms import workbook

FORMS = Path(__file__).parents[3] / "data" / "forms"


def read(table: str) -> Schema:
    converted = xlsform_to_xform(workbook(table))
    return read_schema(converted.xform, privacy=converted.privacy)


def programme(name: str) -> Schema:
    converted = xlsform_to_xform((FORMS / f"{name}.xlsx").read_bytes())
    return read_schema(converted.xform, privacy=converted.privacy)


@pytest.fixture(scope="module")
def registration() -> Schema:
    return programme("registration")


@pytest.fixture(scope="module")
def service() -> Schema:
    return programme("service")


def field(schema: Schema, name: str) -> Field:
    (found,) = [f for f in schema.fields if f.name == name]
    return found


# --- The programme's forms ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "form_id", "asked", "all_fields"),
    [
        ("registration", "rmp_registration", 120, 146),
        ("service", "rmp_service", 31, 39),
        ("followup", "rmp_followup", 59, 82),
    ],
)
def test_programme_form_has_the_questions_its_readme_counts(
    name: str, form_id: str, asked: int, all_fields: int
) -> None:
    schema = programme(name)

    assert (schema.form_id, schema.version) == (form_id, "2014050101")
    assert sum(not f.calculated for f in schema.fields) == asked
    assert len(schema.fields) == all_fields


def test_languages_begin_with_the_default_one(registration: Schema) -> None:
    assert registration.languages == (
        *("Russian (ru)", "English (en)"),
        *("Kyrgyz (ky)", "Tajik (tg)"),
    )


def test_labels_and_choices_stand_in_every_language(registration: Schema) -> None:
    sex = field(registration, "head_sex")

    assert sex.labels["Tajik (tg)"] == "Ҷинси сардор"
    assert sex.choices == (
        Choice(
            "female",
            {
                "Russian (ru)": "Женский",
                "English (en)": "Female",
                "Kyrgyz (ky)": "Аял",
                "Tajik (tg)": "Зан",
            },
        ),
        sex.choices[1],
    )
    assert field(registration, "m_name").labels["English (en)"] == "Name of member ${m_line}"


def test_filtered_choices_are_all_there(registration: Schema) -> None:
    assert len(field(registration, "district").choices) == 117
    assert [c.name for c in field(registration, "LcsEN_em_Begged").choices] == [
        *("10", "20", "30"),
        "9999",
    ]


def test_repeat_is_a_table_with_the_groups_inside_it(registration: Schema) -> None:
    assert [(r.name, r.path, r.parent) for r in registration.repeats] == [
        ("member", "main/roster/member", ""),
        ("income", "main/income_module/income", ""),
    ]
    assert field(registration, "mig_country").repeat == "main/roster/member"
    assert field(registration, "mig_country") in registration.table("main/roster/member")
    assert registration.repeats[0].labels["Kyrgyz (ky)"] == "Үй-бүлө мүчөсү"


@pytest.mark.parametrize(
    ("name", "type_", "calculated"),
    [
        ("start", "dateTime", True),
        ("today", "date", True),
        ("deviceid", "string", True),
        ("audit", "file", True),
        ("card_no", "string", False),
        ("gps", "geopoint", False),
        ("head_birth_year", "integer", False),
        ("m_birth_date", "date", False),
        ("land_sotka", "decimal", False),
        ("heating", "select_multiple", False),
        ("signature", "image", False),
        ("vuln_score", "integer", True),
    ],
)
def test_types_of_the_registration(
    registration: Schema, name: str, type_: str, calculated: bool
) -> None:
    found = field(registration, name)

    assert (found.type, found.calculated) == (type_, calculated)


def test_notes_and_instance_ids_are_no_fields(registration: Schema) -> None:
    names = {f.name for f in registration.fields}

    assert not names & {"consent_text", "fcs_note", "instanceID", "instanceName", "entity"}


def test_entities_and_what_they_take(registration: Schema, service: Schema) -> None:
    assert registration.entities == (EntityDeclaration("households", creates=True, updates=False),)
    assert service.entities == (EntityDeclaration("households", creates=False, updates=True),)
    assert field(registration, "card_no").entity_property == "card_no"
    assert field(service, "service_type").entity_property == "last_service"


def test_household_is_chosen_from_an_entity_list(service: Schema) -> None:
    household = field(service, "household")

    assert (household.type, household.choices_file) == ("select_one", "households.csv")
    assert service.entity_lists == ("households",)
    assert household.key == "pick_household"  # a record has a household of its own


def test_card_number_is_the_household_key(registration: Schema, service: Schema) -> None:
    for schema in (registration, service):
        assert [f.name for f in schema.fields if f.role == "household_key"] == ["card_no"]


@pytest.mark.parametrize(
    ("privacy", "names"),
    [
        ("direct", "username address gps phone resp_name head_name head_name_lat id_last4"),
        ("direct", "m_name signature audit"),
        ("quasi", "card_no enum_code village village_other head_birth_year m_birth_date m_age"),
        ("sensitive", "head_ethnicity id_doc m_disab mig_ban legal_know legal_need comments"),
        ("sensitive", "partner_other income_source_other"),
        ("open", "hh_size country oblast district head_sex consent_share income_kgs FCSStap vuln"),
        ("open", "phone_owner safe_call n_migrants vulnerable inc_amount"),
    ],
)
def test_classes_of_the_registration_by_default(
    registration: Schema, privacy: str, names: str
) -> None:
    assert {n: field(registration, n).privacy for n in names.split()} == dict.fromkeys(
        names.split(), privacy
    )
    assert not any(f.restricted for f in registration.fields)


def test_legal_aid_is_restricted_by_default(service: Schema) -> None:
    restricted = {f.path for f in service.fields if f.restricted}

    assert restricted == {f.path for f in service.fields if f.path.startswith("legal/")}
    assert field(service, "legal_outcome").privacy == "sensitive"
    assert field(service, "shg_name").privacy == "open"


# --- What else a form may hold --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "read_as"),
    [
        ("text", "string"),
        ("integer", "integer"),
        ("decimal", "decimal"),
        ("date", "date"),
        ("time", "time"),
        ("dateTime", "dateTime"),
        ("geopoint", "geopoint"),
        ("geotrace", "geotrace"),
        ("geoshape", "geoshape"),
        ("barcode", "barcode"),
        ("image", "image"),
        ("audio", "audio"),
        ("video", "video"),
        ("file", "file"),
        ("acknowledge", "string"),
        ("rank yn", "select_multiple"),
        ("select_one yn", "select_one"),
        ("select_multiple yn", "select_multiple"),
        ("select_multiple_from_file x.csv", "select_multiple"),
        ("start-geopoint", "geopoint"),
        ("background-audio", "audio"),
        ("hidden", "string"),
        ("phonenumber", "string"),
    ],
)
def test_every_type_of_question_has_its_type(type_: str, read_as: str) -> None:
    schema = read(f"""
    | survey  |           |      |       |
    |         | type      | name | label |
    |         | {type_}   | a    | A     |
    |         | text      | b    | B     |
    | choices |           |      |       |
    |         | list_name | name | label |
    |         | yn        | y    | Yes   |
    """)

    assert field(schema, "a").type == read_as


def test_range_has_the_type_of_its_step() -> None:
    schema = read("""
    | survey |       |      |       |                       |
    |        | type  | name | label | parameters            |
    |        | range | a    | A     | start=0 end=9 step=1  |
    |        | range | b    | B     | start=0 end=1 step=.1 |
    """)

    assert [f.type for f in schema.fields] == ["integer", "decimal"]


def test_form_in_one_language_without_a_name() -> None:
    schema = read("""
    | survey  |               |      |        |
    |         | type          | name | label  |
    |         | select_one yn | a    | Ready? |
    | choices |               |      |        |
    |         | list_name     | name | label  |
    |         | yn            | y    | Yes    |
    """)

    assert schema.languages == ("",)
    assert schema.fields[0].labels == {"": "Ready?"}
    assert schema.fields[0].choices == (Choice("y", {"": "Yes"}),)


def test_label_missing_in_a_language_is_left_out_there() -> None:
    schema = read("""
    | survey |      |      |                     |                     |
    |        | type | name | label::English (en) | label::Russian (ru) |
    |        | text | a    | Name                |                     |
    |        | text | b    | Age                 | Возраст             |
    """)

    assert field(schema, "a").labels == {"English (en)": "Name"}


def test_repeat_in_a_repeat_knows_its_parent() -> None:
    schema = read("""
    | survey |              |       |        |
    |        | type         | name  | label  |
    |        | begin_group  | g     | G      |
    |        | begin_repeat | woman | Woman  |
    |        | text         | w     | W      |
    |        | begin_repeat | child | Child  |
    |        | text         | c     | C      |
    |        | end_repeat   |       |        |
    |        | end_repeat   |       |        |
    |        | end_group    |       |        |
    """)

    assert [(r.path, r.parent) for r in schema.repeats] == [
        ("g/woman", ""),
        ("g/woman/child", "g/woman"),
    ]
    assert [f.name for f in schema.table("g/woman/child")] == ["c"]
    assert schema.repeats[1].labels == {"": "Child"}


def test_same_name_in_two_groups_gets_its_group_before_it() -> None:
    schema = read("""
    | survey |             |       |       |
    |        | type        | name  | label |
    |        | begin_group | wife  | Wife  |
    |        | text        | job   | Job   |
    |        | end_group   |       |       |
    |        | begin_group | man   | Man   |
    |        | text        | job   | Job   |
    |        | end_group   |       |       |
    |        | text        | place | Where |
    """)

    assert [f.key for f in schema.fields] == ["wife_job", "man_job", "place_2"]


def test_shown_only_is_no_field_and_shown_with_a_value_is() -> None:
    schema = read("""
    | survey |      |      |       |           |             |
    |        | type | name | label | read_only | calculation |
    |        | note | n    | Hello |           |             |
    |        | text | r    | R     | yes       |             |
    |        | text | c    | C     | yes       | 1 + 1       |
    |        | text | a    | A     |           |             |
    """)

    assert [f.name for f in schema.fields] == ["c", "a"]


def test_files_a_form_needs_are_named_and_last_saved_is_not() -> None:
    schema = read("""
    | survey  |                                  |      |            |              |                    |                       |
    |         | type                             | name | label      | media::image | default            | calculation           |
    |         | text                             | a    | A          | map.png      | ${last-saved#b}    |                       |
    |         | select_one_from_file towns.csv   | b    | B          |              |                    |                       |
    |         | select_one_from_file shops.geojson | c  | C          |              |                    |                       |
    |         | xml-external                     | old  |            |              |                    |                       |
    |         | calculate                        | d    |            |              |                    | pulldata('prices', 'x', 'y', 1) |
    """)  # noqa: E501

    assert set(schema.entity_lists) == {"towns", "prices"}
    assert set(schema.media) == {"map.png", "shops.geojson", "old.xml"}


def test_file_that_an_appearance_searches_is_named() -> None:
    schema = read("""
    | survey  |               |      |        |                  |
    |         | type          | name | label  | appearance       |
    |         | select_one x  | a    | A      | search('fruits') |
    |         | text          | b    | In ${a}? |                |
    | choices |               |      |        |                  |
    |         | list_name     | name | label  |                  |
    |         | x             | key  | word   |                  |
    """)

    assert (schema.fields[0].choices_file, schema.entity_lists) == ("fruits.csv", ("fruits",))
    assert field(schema, "b").labels == {"": "In ${a}?"}


def test_entity_in_a_repeat_is_found_with_its_path() -> None:
    schema = read("""
    | survey   |              |      |       |         |
    |          | type         | name | label | save_to |
    |          | begin_repeat | tree | Tree  |         |
    |          | text         | kind | Kind  | species |
    |          | end_repeat   |      |       |         |
    | entities |              |      |       |         |
    |          | list_name    | label |      |         |
    |          | trees        | ${kind} |    |         |
    """)

    assert schema.entities == (EntityDeclaration("trees", True, False, "tree/meta/entity"),)
    assert field(schema, "kind").entity_property == "species"


# --- Privacy --------------------------------------------------------------------------------------

PRIVATE = """
| survey |             |          |       |             |           |
|        | type        | name     | label | calculation | privacy   |
|        | begin_group | health   | H     |             | sensitive |
|        | text        | drug     | D     |             |           |
|        | integer     | visits   | V     |             | open      |
|        | end_group   |          |       |             |           |
|        | begin_group | legal    | L     |             | {legal}   |
|        | text        | topic    | T     |             |           |
|        | end_group   |          |       |             |           |
|        | begin_repeat | kid     | K     |             | quasi     |
|        | text        | kid_name | N     |             |           |
|        | integer     | toys     | T     |             |           |
|        | end_repeat  |          |       |             |           |
|        | text        | resp_name | N    |             | {name}    |
|        | calculate   | greeting |       | concat('Dear ', ${{resp_name}}) | |
|        | calculate   | twice    |       | ${{visits}} * 2 |       |
"""


def test_column_overrides_the_defaults_and_groups_hand_down() -> None:
    schema = read(PRIVATE.format(legal="", name=""))

    classes = {f.name: (f.privacy, f.restricted) for f in schema.fields}

    assert classes == {
        "drug": ("sensitive", True),
        "visits": ("open", True),
        "topic": ("sensitive", True),
        "kid_name": ("quasi", False),
        "toys": ("quasi", False),
        "resp_name": ("direct", False),
        "greeting": ("sensitive", False),
        "twice": ("open", False),
    }


def test_author_may_open_what_we_would_close() -> None:
    schema = read(PRIVATE.format(legal="open", name="open"))

    assert (field(schema, "topic").privacy, field(schema, "topic").restricted) == ("open", False)
    assert field(schema, "greeting").privacy == "open"


# --- Reading and keeping --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xform", "words"),
    [
        (b"", "not well-formed"),
        (b"<html/>", "no model"),
        (
            b"<h:html xmlns:h='http://www.w3.org/1999/xhtml'><h:head><h:title>T</h:title><model>"
            b"<instance><data/></instance></model></h:head><h:body/></h:html>",
            "no form_id",
        ),
        (
            b"<h:html xmlns:h='http://www.w3.org/1999/xhtml'><h:head><h:title> </h:title><model>"
            b"<instance><data id='f'/></instance></model></h:head><h:body/></h:html>",
            "no title",
        ),
    ],
)
def test_xform_that_no_client_would_open_is_refused(xform: bytes, words: str) -> None:
    """openrosa.md F2."""
    with pytest.raises(XFormError, match=words):
        read_schema(xform)


words = st.text(max_size=8)
labels = st.dictionaries(words, words, max_size=2)
fields = st.builds(
    Field,
    name=words,
    path=words,
    key=words,
    type=words,
    repeat=words,
    labels=labels,
    choices=st.lists(st.builds(Choice, name=words, labels=labels), max_size=2).map(tuple),
    required=st.booleans(),
    restricted=st.booleans(),
)
schemas = st.builds(
    Schema,
    form_id=words,
    version=words,
    title=words,
    languages=st.lists(words, max_size=3).map(tuple),
    fields=st.lists(fields, max_size=3).map(tuple),
    repeats=st.lists(
        st.builds(Repeat, path=words, name=words, parent=words, labels=labels), max_size=2
    ).map(tuple),
    entities=st.lists(
        st.builds(EntityDeclaration, list_name=words, creates=st.booleans(), updates=st.booleans()),
        max_size=2,
    ).map(tuple),
    entity_lists=st.lists(words, max_size=2).map(tuple),
    media=st.lists(words, max_size=2).map(tuple),
)


@given(schemas)
def test_schema_survives_its_json(schema: Schema) -> None:
    assert schema_from_json(json.loads(json.dumps(schema_to_json(schema)))) == schema
