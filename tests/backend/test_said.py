"""A sentence of a pure module: English as it is, and in another language where a page shows it."""

import copy
import json
import pickle

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from backend.problems import Problem
from backend.said import Said

NESTED = Said("moved from {old} to {new}", old=Said("the main table"), new="a")


def shouted(message: str) -> str:
    return message.upper().replace("{OLD}", "{old}").replace("{NEW}", "{new}")


def test_it_is_the_english_sentence() -> None:
    assert NESTED == "moved from the main table to a"
    assert json.dumps({"words": NESTED}) == '{"words": "moved from the main table to a"}'


def test_a_part_of_a_sentence_is_translated_with_it_and_a_name_is_not() -> None:
    assert NESTED.through(shouted) == "MOVED FROM THE MAIN TABLE TO a"


COPIES = [
    copy.deepcopy,
    lambda s: pickle.loads(pickle.dumps(s)),
    lambda s: Said.from_json(s.as_json()),
]


@pytest.mark.parametrize("again", COPIES)
def test_a_copy_of_it_can_still_be_translated(again) -> None:
    assert again(NESTED) == NESTED
    assert again(NESTED).through(shouted) == "MOVED FROM THE MAIN TABLE TO a"


@given(st.text())
def test_what_somebody_typed_may_hold_anything(typed: str) -> None:
    said = Said("“{text}” is no month like 2014-06", text=typed)

    kept = json.loads(json.dumps(said.as_json()))

    assert said == f"“{typed}” is no month like 2014-06"
    assert Said.from_json(kept) == said
    assert Said.from_json(typed) == Said.as_is(typed).through(str) == typed


def test_a_problem_tells_its_reason_in_the_language_of_the_page() -> None:
    problem = Problem("table_refused", table="cpi", reason=Said("The file is larger than 5 MB."))

    with translation.override("ru"):
        in_russian = problem.words

    assert "The file is larger than 5 MB." in problem.words
    assert "5 MB" not in in_russian
    assert "5 МБ" in in_russian
    assert problem.as_json()["reason"] == "The file is larger than 5 MB."
