"""A form over its versions: which columns, under which names, how private."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.datasets.columns import RESERVED, dataset_of
from surveys.xforms.schema import Choice, Field, Repeat, Schema
from tests.surveys.datasets.records import RU, SCHEMA


def text(key: str, repeat: str = "", **said: object) -> Field:
    return replace(Field(key, key, key, "string", repeat), **said)  # type: ignore[arg-type]


def schema(*fields: Field, repeats: tuple[Repeat, ...] = (), version: str = "1") -> Schema:
    return Schema("f", version, "F", ("",), fields, repeats)


def test_older_questions_come_first_and_stay() -> None:
    dataset = dataset_of([schema(text("b"), text("c"), version="2"), schema(text("a"), text("b"))])
    assert [c.name for c in dataset.root.columns] == ["a", "b", "c"]
    assert (dataset.version, dataset.versions) == ("2", ("2", "1"))
    assert dataset.schema_version == "2.3"


def test_stricter_class_of_two_versions_holds() -> None:
    newer, older = text("a", privacy="quasi"), text("a", privacy="direct", restricted=True)
    (column,) = dataset_of([schema(newer), schema(older)]).root.columns
    assert (column.field.privacy, column.field.restricted) == ("direct", True)


def test_choice_that_was_taken_away_keeps_its_label() -> None:
    newer = text("a", choices=(Choice("x", {"": "New"}),))
    older = text("a", choices=(Choice("y", {"": "Gone"}), Choice("x", {"": "Old"})))
    (column,) = dataset_of([schema(newer), schema(older)]).root.columns
    assert column.choice_labels("") == {"x": "New", "y": "Gone"}


def test_label_missing_in_a_language_is_taken_from_another() -> None:
    choices = (Choice("x", {"ru": "", "en": "X"}), Choice("y", {}))
    (column,) = dataset_of([schema(text("a", choices=choices))]).root.columns
    assert column.choice_labels("ru") == {"x": "X", "y": "y"}


@pytest.mark.parametrize("name", ["id", "place", "labels", "cursor", "unmask"])
def test_question_named_like_a_key_or_a_word_of_the_query_gets_another_name(name: str) -> None:
    dataset = dataset_of([schema(text(name), text(f"{name}_answer"))])
    assert [c.name for c in dataset.root.columns] == [f"{name}_answer", f"{name}_answer_answer"]


@given(st.lists(st.sampled_from(["id", "id_answer", "id_answer_2", "a", "place"]), unique=True))
def test_names_of_columns_are_never_used_twice(keys: list[str]) -> None:
    names = [c.name for c in dataset_of([schema(*map(text, keys))]).root.columns]
    assert len(set(names)) == len(keys)
    assert not RESERVED & set(names)


def test_repeat_that_moved_is_a_table_of_its_own() -> None:
    newer = schema(text("a", "g/member"), repeats=(Repeat("g/member", "member", ""),))
    older = schema(text("a", "member"), repeats=(Repeat("member", "member", ""),), version="0")
    dataset = dataset_of([newer, older])
    assert [(t.name, t.path) for t in dataset.repeats] == [
        ("member", "member"),
        ("g_member", "g/member"),
    ]
    assert [t.columns[0].field.repeat for t in dataset.repeats] == ["member", "g/member"]


@pytest.mark.parametrize("asked", ["ru", " RU ", "Русский", "Русский (ru)", "русский (RU)"])
def test_language_is_found_by_code_or_name(asked: str) -> None:
    assert dataset_of([SCHEMA]).language(asked) == RU


@pytest.mark.parametrize("asked", ["fr", "", "r", "default", "(ru)"])
def test_language_the_form_has_not_is_not_guessed(asked: str) -> None:
    assert dataset_of([SCHEMA]).language(asked) is None


def test_form_of_one_language_calls_it_default() -> None:
    assert dataset_of([schema(text("a"))]).language("default") == ""
