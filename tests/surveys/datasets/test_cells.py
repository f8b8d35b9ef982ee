"""What slots read of a row, whatever stands in its answers, by values and by texts."""

import json
from typing import Any

import pytest
from django.db.models import TextField
from django.db.models.functions import Cast

from surveys.cleaning.models import CleanRow
from surveys.datasets.cells import Cells, CutCells
from surveys.datasets.texts import Slot
from surveys.xforms.models import Form
from tests.surveys.datasets.records import make_record

HARD: dict[str, Any] = {
    "control": 'a\x1fb\x1e\n"\\',
    "%s": "100 %",
    "it's": [1, {"a": None}],
    "long": "ҳ" * 40_000,
    "number": 12345678901234567890,
    "no": False,
}
KEYS = [*HARD, "not there", "country"]
SLOTS = [Slot("version"), Slot(), *(Slot(answer=key) for key in KEYS), Slot(constant="x")]


@pytest.mark.parametrize("answers", [HARD, dict(reversed(HARD.items())), {"country": "KG"}, {}])
def test_every_answer_comes_back_as_it_is_stored(form: Form, answers: dict[str, Any]) -> None:
    make_record(form)
    CleanRow.objects.update(values=answers)
    expected = ["1", None, *map(answers.get, KEYS), "x"]
    cells = Cells(SLOTS, Cast("values", TextField()))
    (row,) = CleanRow.objects.values_list(*cells.expressions)
    flat = cells.values(row)
    assert [flat[place] for place in cells.places] == expected
    cut = CutCells(SLOTS)
    (row,) = CleanRow.objects.values_list(*cut.expressions)
    assert [json.loads(text) for text in cut.texts(row)] == expected


def test_rows_of_other_questions_are_read_by_their_own(form: Form) -> None:
    """The place of an answer is remembered by the questions that a row has."""
    for answers in ({"a": 1, "b": 2}, {"b": 3}, {"a": 4}, {"a": 5, "b": 6, "c": 7}):
        make_record(form, answers)
    cells = CutCells([Slot(answer="b"), Slot(answer="a")])
    rows = CleanRow.objects.order_by("received_at", "id").values_list(*cells.expressions)
    found = sorted(cells.texts(row) for row in rows)
    assert found == [("2", "1"), ("3", "null"), ("6", "5"), ("null", "4")]


def test_cut_answers_follow_the_answers(form: Form) -> None:
    make_record(form, {"a": 1})
    cells = CutCells([Slot(answer="a")])
    CleanRow.objects.update(values={"a": "Өзгөн"})
    assert [cells.texts(row) for row in CleanRow.objects.values_list(*cells.expressions)] == [
        ('"Өзгөн"',)
    ]


def test_nothing_has_a_text_of_its_own_where_a_file_wants_one(form: Form) -> None:
    make_record(form, {"a": 1})
    slots = [Slot("household_id"), Slot(answer="a"), Slot(answer="b"), Slot(), Slot(constant="x")]
    cells = CutCells(slots, nothing="")
    (row,) = CleanRow.objects.values_list(*cells.expressions)
    assert cells.texts(row) == ("", "1", "", "", '"x"')
    whole = Cells(slots, Cast("values", TextField()))
    (row,) = CleanRow.objects.values_list(*whole.expressions)
    assert whole.texts(row) == ["", "1", "", "", '"x"']
