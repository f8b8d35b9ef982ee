from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.xforms.compare import Change, compare_schemas
from surveys.xforms.schema import Choice, EntityDeclaration, Field, Repeat, Schema

YES = Choice("y", {"ru": "Да", "en": "Yes"})
NO = Choice("n", {"ru": "Нет", "en": "No"})
AGE = Field("age", "g/age", "age", "integer", "", {"ru": "Возраст"})
WILL = Field("will", "g/will", "will", "select_one", "", {"ru": "Будете?"}, (YES, NO))
TOWN = Field("town", "town", "town", "select_one", "", {"ru": "Город"}, choices_file="towns.csv")
KID = Field("kid", "kids/kid", "kid", "string", "kids", {"ru": "Имя"}, entity_property="kid")
FIELDS = (AGE, WILL, TOWN, KID)


def form(*fields: Field) -> Schema:
    return Schema(
        form_id="f",
        version="1",
        title="F",
        languages=("ru", "en"),
        fields=fields or FIELDS,
        repeats=(Repeat("kids", "kids", ""),),
        entities=(EntityDeclaration("people", creates=True, updates=False),),
    )


def changed(old: Field, **new: object) -> list[Change]:
    after = tuple(replace(f, **new) if f is old else f for f in FIELDS)  # type: ignore[arg-type]
    return compare_schemas(form(), form(*after))


@pytest.mark.parametrize(
    ("old", "new", "kind", "breaks"),
    [
        (AGE, {"type": "string"}, "type_changed", True),
        (AGE, {"type": "decimal"}, "type_changed", False),
        (AGE, {"repeat": "kids", "path": "kids/age"}, "moved_between_tables", True),
        (AGE, {"path": "h/age"}, "moved", False),
        (AGE, {"required": True}, "required", False),
        (AGE, {"labels": {"ru": "Сколько лет?"}}, "label_changed", False),
        (AGE, {"privacy": "quasi"}, "privacy_changed", False),
        (AGE, {"name": "years", "path": "g/years"}, "renamed", True),
        (WILL, {"choices": (YES,)}, "choice_removed", True),
        (WILL, {"choices": (YES, NO, Choice("d", {}))}, "choice_added", False),
        (WILL, {"choices": (Choice("y", {"ru": "Нет"}), NO)}, "choice_label_changed", True),
        (
            WILL,
            {"choices": (Choice("y", {"ru": "Да", "en": "Yeah"}), NO)},
            *("choice_label_changed", False),
        ),
        (WILL, {"choices": (), "choices_file": "will.csv"}, "list_changed", True),
        (TOWN, {"choices_file": "cities.csv"}, "list_changed", True),
        (KID, {"entity_property": "child"}, "entity_property_removed", True),
    ],
)
def test_change_is_named_and_judged(
    old: Field, new: dict[str, object], kind: str, breaks: bool
) -> None:
    changes = [c for c in changed(old, **new) if c.kind != "added"]

    assert [(c.kind, c.breaks) for c in changes] == [(kind, breaks)]


def test_question_that_is_gone_breaks_and_a_new_one_does_not() -> None:
    new = Field("new", "new", "new", "string", "")

    changes = compare_schemas(form(), form(WILL, TOWN, KID, new))

    assert {(c.kind, c.path, c.breaks) for c in changes} == {
        ("added", "new", False),
        ("removed", "g/age", True),
    }


def test_repeat_entity_list_and_language_that_are_gone_are_told() -> None:
    after = replace(form(), repeats=(), entities=(), languages=("ru",))

    assert [(c.kind, c.breaks) for c in compare_schemas(form(), after)] == [
        ("repeat_removed", True),
        ("entity_list_removed", True),
        ("language_removed", False),
    ]


def test_two_questions_of_one_name_are_not_mistaken_for_a_move() -> None:
    twice = (replace(AGE, path="h/age"), replace(AGE, path="i/age"))

    kinds = {c.kind for c in compare_schemas(form(AGE), form(*twice))}

    assert "moved" not in kinds


@given(st.permutations(FIELDS))
def test_order_alone_is_no_change(fields: list[Field]) -> None:
    assert compare_schemas(form(), form(*fields)) == []


def test_change_reads_as_a_sentence() -> None:
    assert str(Change("removed", "g/age", "is gone", breaks=True)) == "g/age: is gone"
    assert str(Change("language_removed", "", "gone", breaks=False)) == "gone"
