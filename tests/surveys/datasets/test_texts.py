"""Texts with places for values: written as their JSON would be, and read back the same."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.datasets.texts import SEPARATOR, Inside, Place, Slot, Writer, as_texts, pieces_of

SLOTS = {"id": Slot("id"), "age": Slot(answer="age"), "name": Slot(), "form": Slot(constant="50%")}


def written(writer: Writer, values: list[Any], inside: dict[str, str] | None = None) -> Any:
    """What is written of a row that has these values and no others, in the order they are read."""
    template = writer.template(range(len(values)), len(values))
    return json.loads(template.write(as_texts(values), inside or {}))


scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.just(SEPARATOR)


@given(st.text(), scalars, st.lists(st.text()))
def test_values_come_out_as_they_went_in(name: str, value: Any, several: list[str]) -> None:
    pieces = pieces_of({name: (Place("id"),), f"{name}'": {"%s": (Place("age"),)}})
    row = written(Writer.of(pieces, SLOTS), [value, several])
    assert row == {name: value, f"{name}'": {"%s": several}}


def test_what_a_row_has_not_is_null_and_stands_in_the_text_already() -> None:
    slots = {"id": Slot("id"), "age": Slot(answer="age", change=lambda age: age + 1)}
    pieces = pieces_of({"a": (Place("age"),), "%": (Place("id"),), "b": (Place("age"),)})
    writer = Writer.of(pieces, slots)
    assert json.loads(writer.template([None, 1, None], 2).write(["7", '"x"'], {})) == {
        "a": None,
        "%": "x",
        "b": None,
    }
    assert json.loads(writer.template([0, None, 0], 1).write(["7"], {})) == {
        "a": 8,
        "%": None,
        "b": 8,
    }
    assert json.loads(writer.template([0, 1, 0], 2).write(["null", "1"], {}))["a"] is None


def test_what_is_withheld_is_not_read_and_what_is_constant_stands_there() -> None:
    writer = Writer.of(pieces_of({"a": (Place("name"),), "b": (Place("form"),)}), SLOTS)
    assert writer.reads == []
    assert written(writer, []) == {"a": None, "b": "50%"}


@pytest.mark.parametrize(("value", "said"), [(37, "35-39"), (12, None), (None, None)])
def test_value_is_changed_and_then_converted_unless_it_is_gone(value: Any, said: Any) -> None:
    slots = {"age": Slot(answer="age", change=lambda age: age // 5 * 5 if age > 17 else None)}
    place = Place("age", convert=lambda age: f"{age}-{age + 4}")
    writer = Writer.of(pieces_of({"age": (place,)}), slots)
    assert written(writer, [value]) == {"age": said}


def test_rows_of_a_repeat_stand_where_they_belong() -> None:
    tree = {"members": (Inside("m"),), "link": ('"at(', Place("id", bare=True), ')"')}
    writer = Writer.of(pieces_of(tree), SLOTS)
    template = writer.template([None, 0], 1)
    assert json.loads(template.write(['"x1"'], {"m": '{"n":1},{"n":2}'})) == {
        "members": [{"n": 1}, {"n": 2}],
        "link": "at(x1)",
    }
    assert json.loads(template.write(['"x1"'], {}))["members"] == []
