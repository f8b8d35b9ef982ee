"""Texts with places for values: written as their JSON would be, and read back the same."""

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.datasets.texts import SEPARATOR, Inside, Place, Slot, Writer, as_texts, pieces_of

SLOTS = {"id": Slot("id"), "age": Slot(answer="age"), "name": Slot(), "form": Slot(constant="50%")}


scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.just(SEPARATOR)


@given(st.text(), scalars, st.lists(st.text()))
def test_values_come_out_as_they_went_in(name: str, value: Any, several: list[str]) -> None:
    pieces = pieces_of({name: (Place("id"),), f"{name}'": {"%s": (Place("age"),)}})
    written = Writer.of(pieces, SLOTS).write(as_texts([value, several]))
    assert json.loads(written) == {name: value, f"{name}'": {"%s": several}}


def test_what_is_withheld_is_not_read_and_what_is_constant_stands_there() -> None:
    writer = Writer.of(pieces_of({"a": (Place("name"),), "b": (Place("form"),)}), SLOTS)
    assert writer.reads == []
    assert json.loads(writer.write([])) == {"a": None, "b": "50%"}


@pytest.mark.parametrize(("value", "written"), [(37, "35-39"), (12, None), (None, None)])
def test_value_is_changed_and_then_converted_unless_it_is_gone(value: Any, written: Any) -> None:
    slots = {"age": Slot(answer="age", change=lambda age: age // 5 * 5 if age > 17 else None)}
    place = Place("age", convert=lambda age: f"{age}-{age + 4}")
    writer = Writer.of(pieces_of({"age": (place,)}), slots)
    assert json.loads(writer.write(as_texts([value]))) == {"age": written}


def test_rows_of_a_repeat_stand_where_they_belong() -> None:
    tree = {"members": (Inside("m"),), "link": ('"at(', Place("id", bare=True), ')"')}
    writer = Writer.of(pieces_of(tree), SLOTS)
    write = partial(writer.write, as_texts([None, "x1"]))
    assert json.loads(write({"m": '{"n":1},{"n":2}'})) == {
        "members": [{"n": 1}, {"n": 2}],
        "link": "at(x1)",
    }
    assert json.loads(write())["members"] == []
