"""What was kept as text is told as the reader's language writes it."""

import pytest
from django.utils import translation

from backend.moments import written_moment
from backend.percents import written_percent
from backend.templatetags.written import own_name


@pytest.mark.parametrize(
    ("text", "english", "tajik"),
    [
        ("2014-06-05", "2014-06-05", "05.06.2014"),
        ("2014-06-06T18:45:00.000", "2014-06-06 18:45", "06.06.2014 18:45"),
        ("2014-13-45", "2014-13-45", "2014-13-45"),
        ("not a day", "not a day", "not a day"),
        ("", "", ""),
    ],
)
def test_day_or_moment_is_written_in_the_language_of_the_reader(
    text: str, english: str, tajik: str
) -> None:
    with translation.override("en"):
        assert written_moment(text) == english
    with translation.override("tg"):
        assert written_moment(text) == tajik


@pytest.mark.parametrize(
    ("language", "whole", "tenths"),
    [
        ("en", "12%", "1,234.5%"),
        ("ru", "12\xa0%", "1\xa0234,5\xa0%"),
        ("ky", "12\xa0%", "1\xa0234,5\xa0%"),
    ],
)
def test_share_is_written_one_way_in_a_language(language: str, whole: str, tenths: str) -> None:
    with translation.override(language):
        assert written_percent(0.1249) == whole
        assert written_percent(12.345, 1) == tenths


def test_moment_with_an_offset_is_told_by_the_clock_here() -> None:
    with translation.override("en"):
        assert written_moment("2014-06-06T13:45:00.000+00:00") == "2014-06-06 18:45"


def test_language_of_a_form_is_called_by_its_own_name() -> None:
    assert own_name("Kyrgyz (ky)") == "Кыргызча"
    assert own_name("Tajik (tg)") == "Тоҷикӣ"
    assert own_name("Pashto (ps)") == "Pashto (ps)"
    assert own_name("English") == "English"
    assert own_name("") == ""
