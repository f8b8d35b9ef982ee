"""Conditions of DuckDB mean what the filter says, to the last digit."""

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.datasets.snapshots.conditions import Part, among, condition, joined

INT64 = st.integers(-(2**63), 2**63 - 1)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
DATABASE = duckdb.connect()


def holds(part: Part, value: Any, type_: str) -> bool:
    sql = f"SELECT count(*) FROM (SELECT CAST(? AS {type_}) AS a) WHERE {part.sql}"
    (row,) = DATABASE.execute(sql, [value, *part.words]).fetchall()
    return bool(row[0])


@given(
    answer=INT64,
    asked=st.one_of(
        INT64.map(Decimal),
        st.decimals(-100, 100, places=2),
        st.sampled_from([Decimal("1e299"), Decimal("-1e299"), Decimal(2**63), Decimal("0.5")]),
    ),
    how=st.sampled_from(list(COMPARE)),
)
def test_whole_number_is_compared_exactly(answer: int, asked: Decimal, how: str) -> None:
    part = condition("a", "number", how, asked, whole=True)
    assert holds(part, answer, "BIGINT") is COMPARE[how](answer, asked)


@given(answer=INT64, near=st.integers(-1, 1), half=st.booleans())
def test_neighbors_of_nineteen_digits_are_told_apart(answer: int, near: int, half: bool) -> None:
    asked = Decimal(answer) + near + (Decimal("0.5") if half else 0)
    for how, compare in COMPARE.items():
        part = condition("a", "number", how, asked, whole=True)
        assert holds(part, answer, "BIGINT") is compare(answer, asked)
    part = condition("a", "number", "in", [asked, asked + Decimal("0.25")], whole=True)
    assert holds(part, answer, "BIGINT") is (Decimal(answer) == asked)


@pytest.mark.parametrize(
    ("kind", "how", "value", "answer", "found"),
    [
        ("text", "contains", "өЗГ", "Өзгөн", True),
        ("text", "contains", "%", "Өзгөн", False),
        ("text", "gt", "Я", "я", True),
        ("text", "in", ["a'b", "x"], "a'b", True),
        ("text", "in", [], "x", False),
        ("number", "in", [Decimal("0.1")], 0.1, True),
        ("boolean", "", True, True, True),
        ("text", "isnull", True, None, True),
        ("text", "isnull", False, None, False),
        ("text", "", None, "x", True),
    ],
)
def test_condition_finds_what_it_says(
    kind: str, how: str, value: Any, answer: Any, found: bool
) -> None:
    types = {"text": "VARCHAR", "number": "DOUBLE", "boolean": "BOOLEAN"}
    assert holds(condition("a", kind, how, value), answer, types[kind]) is found


def test_all_of_several_must_hold_and_none_is_no_limit() -> None:
    parts = [among("a", [1, 2], "BIGINT"), condition("a", "number", "gt", Decimal(1), whole=True)]
    assert [holds(joined(parts), value, "BIGINT") for value in (1, 2, 3)] == [False, True, False]
    assert holds(joined([]), 1, "BIGINT")
