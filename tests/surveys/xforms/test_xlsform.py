from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.xforms.findings import Finding, WorkbookError, XlsformError
from surveys.xforms.xlsform import Converted, xlsform_to_xform
from tests.old_workbook import old_xls
from tests.xlsforms import read_table, workbook, xlsx

FORMS = Path(__file__).parents[3] / "data" / "forms"
SETTINGS = [["form_title", "form_id", "version"], ["Visit", "visit", "1"]]


def convert(table: str) -> Converted:
    return xlsform_to_xform(workbook(table))


def findings(table: str) -> list[Finding]:
    with pytest.raises(XlsformError) as caught:
        convert(table)
    return caught.value.findings


def places(table: str) -> set[tuple[str, int | None, str]]:
    return {(f.sheet, f.row, f.column) for f in findings(table)}


@pytest.mark.parametrize("name", ["registration", "service", "followup"])
def test_programme_form_converts_without_a_warning_and_always_to_the_same_bytes(name: str) -> None:
    content = (FORMS / f"{name}.xlsx").read_bytes()

    first, second = xlsform_to_xform(content), xlsform_to_xform(content)

    assert first == second
    assert first.warnings == ()


def test_title_in_several_languages_is_refused_at_its_columns() -> None:
    sheets = {
        "survey": [["type", "name", "label"], ["text", "a", "A"]],
        "settings": [
            ["form_title::English (en)", "form_title::Русский (ru)", "form_id", "version"],
            ["Visit", "Визит", "visit", "1"],
        ],
    }

    with pytest.raises(XlsformError) as caught:
        xlsform_to_xform(xlsx(sheets))

    assert [(f.sheet, f.row, f.column) for f in caught.value.findings] == [
        ("settings", 1, "form_title::English (en)"),
        ("settings", 1, "form_title::Русский (ru)"),
    ]


def test_old_workbook_under_any_name_converts_like_a_new_one() -> None:
    sheets = read_table("""
    | survey |         |      |       |
    |        | type    | name | label |
    |        | integer | a    | Имя   |
    """) | {"settings": SETTINGS}

    assert xlsform_to_xform(old_xls(sheets)).xform == xlsform_to_xform(xlsx(sheets)).xform


def test_old_workbook_that_is_damaged_is_refused_in_plain_words() -> None:
    broken = old_xls({"survey": [["type"]]})[:1600]

    with pytest.raises(WorkbookError) as caught:
        xlsform_to_xform(broken)

    assert "damaged" in str(caught.value.details["reason"])


BOOK = xlsx({"survey": [["type", "name", "label"], ["text", "a", "A"]], "settings": SETTINGS})
OLD = old_xls({"survey": [["type", "name", "label"], ["text", "a", "A"]], "settings": SETTINGS})


@settings(max_examples=60, deadline=None)
@given(
    book=st.sampled_from([BOOK, OLD]),
    at=st.integers(0, 10_000),
    garbage=st.binary(min_size=1, max_size=20),
)
def test_no_damage_makes_anything_but_a_plain_refusal(book: bytes, at: int, garbage: bytes) -> None:
    at %= len(book)

    try:
        converted = xlsform_to_xform(book[:at] + garbage + book[at + len(garbage) :])
    except (WorkbookError, XlsformError):
        return

    assert converted.xform.startswith(b"<?xml")


@pytest.mark.parametrize("groups", [91, 300, 3_000])
def test_groups_too_deep_for_any_record_are_told_at_their_row(groups: int) -> None:
    rows = [["type", "name", "label"], *(["begin group", f"g{n}", "G"] for n in range(groups))]
    rows += [["text", "a", "A"], *([["end group"]] * groups)]
    with pytest.raises(XlsformError) as caught:
        xlsform_to_xform(xlsx({"survey": rows, "settings": SETTINGS}))
    (finding,) = caught.value.findings
    assert (finding.sheet, finding.row) == ("survey", 92)
    assert str(finding.words).startswith("More than 90 groups")


def test_as_many_groups_as_a_record_may_have_are_converted() -> None:
    rows = [["type", "name", "label"], *(["begin group", f"g{n}", "G"] for n in range(90))]
    rows += [["text", "a", "A"], *([["end group"]] * 90)]
    assert xlsform_to_xform(xlsx({"survey": rows, "settings": SETTINGS})).xform


QUESTION = "|  | text | b | B |"


@pytest.mark.parametrize(
    ("rows", "place", "words"),
    [
        ("| | txet | a | A |", ("survey", 3, "type"), "“txet” is no type"),
        ("| | text | b | A |", ("survey", 3, "name"), "taken by row 2"),
        ("| | text | a b | A |", ("survey", 3, "name"), "cannot be a name"),
        ("| | text | 1a | A |", ("survey", 3, "name"), "cannot be a name"),
        ("| | text | | A |", ("survey", 3, "name"), "no name"),
        ("| | | a | A |", ("survey", 3, "type"), "no type"),
        ("| | text | a | |", ("survey", 3, "label"), "no label"),
        ("| | text | a | Of ${zz}? |", ("survey", 3, "label"), "${zz}"),
        ("| | select_one yn | a | A |", ("survey", 3, "type"), "no list “yn”"),
        ("| | select_multiple | a | A |", ("survey", 3, "type"), "names no list"),
        ("| | calculate | a | |", ("survey", 3, "calculation"), "calculation is missing"),
        ("| | begin_group | g | G |", ("survey", 3, "type"), "never ended"),
        ("| | end_repeat | | |", ("survey", 3, "type"), "not begun"),
        ("| | | | |\n| | txet | a | A |", ("survey", 4, "type"), "“txet”"),
        ("| | select_one_from_file x | a | A |", ("survey", 3, ""), "extensions"),
    ],
)
def test_each_error_names_sheet_row_and_column(
    rows: str, place: tuple[str, int, str], words: str
) -> None:
    found = findings(
        f"""
    | survey | type | name | label |
    {QUESTION}
    {rows}
    """.replace("| survey |", "| survey | | | |\n|  |")
    )

    assert [(f.sheet, f.row, f.column) for f in found] == [place]
    assert words in found[0].words


def test_all_errors_are_told_at_once() -> None:
    assert places("""
    | survey  |               |      |       |           |
    |         | type          | name | label | relevant  |
    |         | txet          | a    | A     |           |
    |         | select_one yn | a    | B     | ${c} = 1  |
    | choices |               |      |       |           |
    |         | list_name     | name | label |           |
    |         | x             | 1    | One   |           |
    |         | x             | 1    | Two   |           |
    """) == {
        ("survey", 2, "type"),
        ("survey", 3, "name"),
        ("survey", 3, "type"),
        ("survey", 3, "relevant"),
        ("choices", 3, "name"),
    }


CHOICES = """
| survey  |                    |      |       |
|         | type               | name | label |
|         | select_multiple yn | a    | A     |
| choices |                    |      |       |
|         | list_name          | name | label |
"""


@pytest.mark.parametrize(
    ("rows", "row", "words"),
    [
        ("| | yn | y | Yes |\n| | yn | y | No |", 3, "in row 2 already"),
        ("| | yn | | Yes |", 2, "no name"),
        ("| | yn | y es | Yes |\n| | yn | n | No |", 2, "no space"),
    ],
)
def test_errors_in_choices_name_their_row(rows: str, row: int, words: str) -> None:
    (found,) = findings(CHOICES + rows)

    assert (found.sheet, found.row, found.column) == ("choices", row, "name")
    assert words in found.words


def test_choices_may_repeat_where_the_author_allows_it() -> None:
    sheets = read_table(CHOICES + "| | yn | y | Yes |\n| | yn | y | No |")
    sheets["settings"] = [
        [*SETTINGS[0], "allow_choice_duplicates"],
        [*SETTINGS[1], "yes"],
    ]

    assert b"<name>y</name>" in xlsform_to_xform(xlsx(sheets)).xform


def test_expression_no_tablet_could_read_is_refused_at_its_cell() -> None:
    (found,) = findings("""
    | survey  |               |      |       |          |                |
    |         | type          | name | label | relevant | choice_filter  |
    |         | integer       | a    | A     |          |                |
    |         | integer       | b    | B     | ${a} = ( |                |
    """)

    assert (found.sheet, found.row, found.column) == ("survey", 3, "relevant")
    assert "cannot be read" in found.words


def test_choice_filter_no_tablet_could_read_is_refused() -> None:
    assert places("""
    | survey  |               |      |       |               |
    |         | type          | name | label | choice_filter |
    |         | select_one yn | a    | A     | name = = 'y'  |
    | choices |               |      |       |               |
    |         | list_name     | name | label |               |
    |         | yn            | y    | Yes   |               |
    """) == {("survey", 2, "choice_filter")}


@pytest.mark.parametrize(
    ("settings", "column"),
    [
        ([["form_title", "version"], ["T", "1"]], "form_id"),
        ([["form_title", "form_id"], ["T", "visit"]], "version"),
        ([["form_title", "form_id", "version"], ["T", "visit", "1" * 201]], "version"),
        (
            [["form_id", "version", "submission_url"], ["v", "1", "https://x.org/a"]],
            "submission_url",
        ),
    ],
)
def test_settings_a_tablet_needs_are_demanded(settings: list[list[str]], column: str) -> None:
    sheets = {"survey": [["type", "name", "label"], ["text", "a", "A"]], "settings": settings}

    with pytest.raises(XlsformError) as caught:
        xlsform_to_xform(xlsx(sheets))

    (found,) = caught.value.findings
    assert (found.sheet, found.row, found.column) == ("settings", 2, column)


def test_form_without_settings_is_refused_for_id_and_version() -> None:
    with pytest.raises(XlsformError) as caught:
        xlsform_to_xform(xlsx({"survey": [["type", "name", "label"], ["text", "a", "A"]]}))

    assert [f.column for f in caught.value.findings] == ["form_id", "version"]


def test_form_that_asks_nothing_is_refused() -> None:
    assert places("| survey | | | |\n| | type | name | label |") == {("survey", 2, "")}


def test_workbook_without_a_survey_sheet_is_refused_by_the_sheets_name() -> None:
    found = findings("| survy | | |\n| | type | name |\n| | text | a |\n| other | |\n| | x |")

    assert [f.sheet for f in found] == ["survey"]
    assert "survy" in found[0].words


def test_survey_without_a_type_column_is_refused() -> None:
    assert ("survey", 1, "type") in places("| survey | | |\n| | name | label |\n| | a | A |")


def test_choices_without_a_name_column_are_refused() -> None:
    assert ("choices", 1, "name") in places("""
    | survey  |               |      |       |
    |         | type          | name | label |
    |         | select_one yn | a    | A     |
    | choices |               |      |       |
    |         | list_name     | code | label |
    |         | yn            | y    | Yes   |
    """)


def test_form_without_a_title_is_published_with_a_warning() -> None:
    sheets = {
        "survey": [["type", "name", "label"], ["text", "a", "A"]],
        "settings": [["form_id", "version"], ["visit", "1"]],
    }

    converted = xlsform_to_xform(xlsx(sheets))

    assert [(w.sheet, w.column) for w in converted.warnings] == [("settings", "form_title")]
    assert b"<h:title>visit</h:title>" in converted.xform


def test_two_columns_of_one_name_are_refused() -> None:
    (found,) = findings("| survey | | | |\n| | type | name | type |\n| | text | a | text |")

    assert "“type”" in found.words
    assert found.row == 1


def test_invisible_characters_are_refused_at_their_cell() -> None:
    sheets = {"survey": [["type", "name", "label"], ["text", "a", "A\a"]]}

    with pytest.raises(XlsformError) as caught:
        xlsform_to_xform(old_xls({**sheets, "settings": SETTINGS}))

    assert ("survey", 2, "label") in {(f.sheet, f.row, f.column) for f in caught.value.findings}


def test_media_in_folders_is_refused() -> None:
    assert places("""
    | survey |      |      |       |              |
    |        | type | name | label | media::image |
    |        | text | a    | A     | pics/a.png   |
    """) == {("survey", 2, "media::image")}


def test_privacy_column_gives_classes_by_path_and_leaves_the_form_alone() -> None:
    table = """
    | survey |             |      |       |           |
    |        | type        | name | label | {header}  |
    |        | begin_group | g    | G     | Sensitive |
    |        | text        | a    | A     | open      |
    |        | end_group   |      |       |           |
    |        | text        | b    | B     |           |
    """

    with_column = convert(table.format(header="privacy"))

    assert with_column.privacy == {"g": "sensitive", "g/a": "open"}
    assert with_column.xform == convert(table.format(header="remarks")).xform


def test_word_that_is_no_privacy_class_is_refused() -> None:
    (found,) = findings("""
    | survey |      |      |       |         |
    |        | type | name | label | privacy |
    |        | text | a    | A     | secret  |
    """)

    assert (found.sheet, found.row, found.column) == ("survey", 2, "privacy")
    assert "direct, quasi, sensitive, open" in found.words


def test_missing_translation_and_misspelt_column_are_warnings() -> None:
    warnings = convert("""
    | survey  |               |      |                    |                    |           |
    |         | type          | name | label::English (en) | label::Russian (ru) | relevence |
    |         | select_one yn | a    | A                  |                    |           |
    | choices |               |      |                    |                    |           |
    |         | list_name     | name | label::English (en) | label::Russian (ru) |           |
    |         | yn            | y    |                    | Да                 |           |
    """).warnings

    assert {(w.sheet, w.row, w.column) for w in warnings} == {
        ("survey", 1, "relevence"),
        ("survey", 2, "label::Russian (ru)"),
        ("choices", 2, "label::English (en)"),
    }


def test_warning_of_the_converter_keeps_its_row() -> None:
    warnings = convert("""
    | survey |       |      |       |
    |        | type  | name | label |
    |        | text  | a    | A     |
    |        | image | b    | B     |
    """).warnings

    assert [(w.sheet, w.row) for w in warnings] == [("survey", 3)]


def test_finding_reads_as_a_sentence_with_its_place() -> None:
    assert str(Finding("Odd.", "survey", 3, "name")) == "survey, row 3, column name: Odd."
    assert str(Finding("Odd.")) == "Odd."
