"""What a workbook lacks in a language."""

from surveys.xforms.sheets import Sheets, sheet
from surveys.xforms.translations import by_language, untranslated

EN, TG = "label::English (en)", "label::Tajik (tg)"
HINT_EN, HINT_TG = "hint::English (en)", "hint::Tajik (tg)"


def test_empty_cell_beside_a_filled_one_is_missing_in_labels_hints_and_choices() -> None:
    survey = sheet(
        "survey",
        ["type", "name", EN, TG, HINT_EN, HINT_TG],
        [
            {"type": "text", "name": "a", EN: "A?", TG: " "},
            {"type": "text", "name": "b", EN: "B?", TG: "Б?", HINT_EN: "", HINT_TG: "чӣ"},
            {"type": "calculate", "name": "c"},
        ],
    )
    choices = sheet("choices", ["list_name", "name", EN, TG], [{"name": "1", TG: "Ҳа"}])

    missing = untranslated(Sheets(survey=survey, choices=choices))

    assert [(m.language, m.what, m.sheet, m.row, m.name, m.instead) for m in missing] == [
        ("Tajik (tg)", "label", "survey", 2, "a", "A?"),
        ("English (en)", "hint", "survey", 3, "b", "чӣ"),
        ("English (en)", "label", "choices", 2, "1", "Ҳа"),
    ]
    assert by_language(missing) == {"English (en)": 2, "Tajik (tg)": 1}


def test_form_of_one_language_lacks_nothing() -> None:
    survey = sheet("survey", ["type", "name", "label"], [{"type": "text", "name": "a"}])

    assert untranslated(Sheets(survey=survey)) == []
