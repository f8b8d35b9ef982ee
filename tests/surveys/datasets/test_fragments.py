"""Answers as JSON texts of PostgreSQL, whatever stands in them and wherever they lie."""

import json
from typing import Any

import pytest

from surveys.cleaning.models import CleanRow
from surveys.datasets.fragments import MOST_LYING_OPEN, Fragments
from surveys.datasets.texts import SEPARATOR
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


@pytest.mark.parametrize("column", ["values", "verbatim"])
@pytest.mark.parametrize("more", [0, MOST_LYING_OPEN])
def test_every_answer_comes_back_as_it_is_stored(form: Form, column: str, more: int) -> None:
    make_record(form)
    CleanRow.objects.update(**{column: HARD})
    keys = [*HARD, "not there", *(f"q{at}" for at in range(more))]
    (text,) = CleanRow.objects.values_list(Fragments(column, *keys), flat=True)
    found = [json.loads(part) for part in text.split(SEPARATOR)]
    assert found == [*HARD.values(), None, *[None] * more]
