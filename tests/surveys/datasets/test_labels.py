"""What a path of an answer is called."""

from dataclasses import replace

import pytest

from surveys.datasets.columns import dataset_of
from surveys.datasets.labels import asked_in, label_of
from surveys.xforms.schema import Field, Repeat
from tests.surveys.datasets.records import EN, RU, SCHEMA, labels

NESTED = replace(
    SCHEMA,
    fields=(
        *SCHEMA.fields,
        Field("year", "member/trip/year", "year", "integer", "member/trip", labels("Year", "Год")),
    ),
    repeats=(
        *SCHEMA.repeats,
        Repeat("member/trip", "trip", "member", labels("Trip", "Поездка")),
    ),
)


@pytest.mark.parametrize(
    ("path", "language", "label"),
    [
        ("place/village", RU, "Село"),
        ("place/village", EN, "Village"),
        ("place/village", "no such", "Село"),
        ("hh_size", RU, "hh_size"),
        ("member[2]/age", RU, "Член семьи 2 · age"),
        ("member[2]", EN, "Member 2"),
        ("member", RU, "Член семьи"),
        ("member/trip", RU, "Поездка"),
        ("member[2]/trip[1]/year", RU, "Член семьи 2 · Поездка 1 · Год"),
        ("member/trip/year", EN, "Year"),
        ("gone/long/ago", RU, "gone/long/ago"),
        ("", RU, ""),
    ],
)
def test_path_is_named_as_the_form_names_it(path: str, language: str, label: str) -> None:
    assert label_of(dataset_of([NESTED]), path, language) == label


def test_reference_to_another_answer_is_not_shown_as_code() -> None:
    told = labels("Name of member ${m_line}", "${inc_label}: сколько?")
    assert asked_in(told, EN) == "Name of member …"
    assert asked_in(told, RU) == "…: сколько?"
